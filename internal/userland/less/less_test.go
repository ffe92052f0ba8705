package less

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// TestMain is the applet if it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	os.Exit(applet.Table{{Name: "less", Applet: &Less}, {Name: "more", Applet: &More}}.Main("test", os.Args[1:]))
}

func start(t *testing.T, columns, rows int, dir string, args ...string) *testenv.Terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, []string{"RUN_APPLET=1"}
	return testenv.NewTerminal(t, columns, rows, cmd)
}

// lines are numbered ones.
func lines(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// screen are the lines from..to and the status below.
func screen(from, to int, status string) string {
	return strings.TrimPrefix(lines(to), lines(from-1)) + status + "\n"
}

func TestMoving(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", lines(100))
	p := start(t, 40, 11, dir, "less", "file")
	is := func(from, to int, status string) {
		t.Helper()
		want := screen(from, to, status)
		p.Until(want, func(s string) bool { return s == want })
	}
	end := strings.TrimPrefix(lines(100), lines(91)) + "~\n(END)\n"
	is(1, 10, "file")
	p.Type(" ")
	is(11, 20, ":")
	p.Type("j")
	is(12, 21, ":")
	p.Type("d")
	is(17, 26, ":")
	p.Type("k")
	is(16, 25, ":")
	p.Type("u")
	is(11, 20, ":")
	p.Type("b")
	is(1, 10, "file")
	p.Type("\x1b[6~\x1b[B\x1b[A\x1b[5~")
	is(1, 10, "file")
	p.Type("G")
	p.Until("the end", func(s string) bool { return s == end })
	p.Type("  jj")
	p.Until("the end", func(s string) bool { return s == end })
	p.Type("g")
	is(1, 10, "file")
	p.Type("50g")
	is(50, 59, ":")
	p.Type("5j")
	is(55, 64, ":")
	p.Type("50p")
	is(51, 60, ":")
	p.Type("3k")
	is(48, 57, ":")
	p.Type("ma")
	p.Type("g'a")
	is(48, 57, ":")
	p.Type("'b")
	p.Wait("Mark not set")
	p.Type("=")
	p.Wait("file lines 48-57/100 57%")
	p.Type("-M")
	p.Wait("file lines 48-57/100 57%")
	p.Type("-M-N")
	p.Wait("     48 line 48\n     49 line 49\n")
	p.Type("-N")
	is(48, 57, ":")
	p.Resize(40, 6)
	is(48, 52, ":")
	p.Resize(40, 11)
	is(48, 57, ":")
	p.Type("q")
	if p.Exit() != 0 || p.Modes().Lflag&syscall.ICANON == 0 {
		t.Error("the terminal is still raw")
	}
}

func TestSearch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", lines(100)+"{\nx\n}\n")
	p := start(t, 40, 11, dir, "less", "file")
	p.Wait("line 10\nfile")
	p.Type("/e 5\r")
	p.Wait("line 5\nline 6\n")
	p.Type("n")
	p.Wait("line 50\nline 51\n")
	if !strings.Contains(p.Output(), "lin\x1b[7me 5\x1b[m0") {
		t.Errorf("nothing is highlighted: %q", p.Output())
	}
	p.Type("3n")
	p.Wait("line 53\nline 54\n")
	p.Type("N")
	p.Wait("line 52\nline 53\n")
	p.Type("?e 2$\r")
	p.Wait("line 2\nline 3\n")
	p.Type("/zzz\r")
	p.Wait("No matches found")
	p.Type("/\\(\r")
	p.Wait("bad regex")
	p.Type("-I/LINE 77\r")
	p.Wait("line 77\nline 78\n")
	p.Type("G{")
	p.Wait("No bracket in top line")
	p.Type("/{\r")
	p.Wait("{\nx\n}\n~\n")
	p.Type("kkk}")
	p.Wait("No bracket in bottom line")
	p.Type(":q")
	p.Exit()
}

func TestFilesAndLongLines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", strings.Repeat("0123456789", 5)+"\nsecond\n"+lines(20))
	write(t, dir, "b", "tab\tx\x01y\x7f ä日 \xff \x1b[31mred\x1b[m\n")
	p := start(t, 30, 8, dir, "less", "-N", "a", "b")
	p.Wait("      1 0123456789012345678901\n      1 2345678901234567890123\n      1 456789\n      2 second\n")
	p.Wait("a (file 1 of 2)")
	p.Type("-Sj")
	p.Wait("      2 second\n      3 line 1\n")
	p.Type("k")
	p.Wait("      1 0123456789012345678901\n      2 second\n")
	p.Type("-N-S:n")
	p.Wait("tab     xAy? ä日 ? [[31mred[[m\n~\n~\n")
	p.Type("-R")
	p.Wait("tab     xAy? ä日 ? red\n~\n")
	p.Type("-~")
	p.Until("no tildes", func(s string) bool { return !strings.Contains(s, "~") })
	p.Type(":n")
	p.Wait("No next file")
	p.Type(":p")
	p.Wait("0123456789")
	p.Type(":p")
	p.Wait("No previous file")
	p.Type(":enofile\r")
	p.Wait("Cannot read this file")
	p.Type("Eb\r")
	p.Wait("tab     x")
	p.Type("scopy\r")
	p.Wait("Done")
	p.Type("q")
	p.Exit()
	a, _ := os.ReadFile(filepath.Join(dir, "copy"))
	b, _ := os.ReadFile(filepath.Join(dir, "b"))
	if string(a) != string(b) || len(a) == 0 {
		t.Errorf("%q", a)
	}
}

func TestQuitAtEnd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "short", lines(3))
	p := start(t, 30, 8, dir, "less", "-F", "short")
	if p.Exit() != 0 || !strings.HasPrefix(p.Screen(), lines(3)+"~\n") {
		t.Error(p.Screen())
	}
	write(t, dir, "long", lines(20))
	p = start(t, 30, 8, dir, "less", "-E", "long")
	p.Wait("line 7\n")
	p.Type(" ")
	p.Wait("line 14\n")
	p.Type(" ")
	p.Exit()
}

func TestPipe(t *testing.T) {
	cmd := exec.Command("sh", "-c", `{ echo first; sleep .3; echo second; sleep 100; } | "$0" less`, os.Args[0])
	cmd.Env = []string{"RUN_APPLET=1", "PATH=" + os.Getenv("PATH")}
	p := testenv.NewTerminal(t, 30, 8, cmd)
	p.Wait("first\n")
	p.Wait("first\nsecond\n~\n")
	p.Type("G")
	time.Sleep(50 * time.Millisecond)
	p.Type("q")
	time.Sleep(100 * time.Millisecond)
	p.Type("q")
	p.Until("the end", func(string) bool { return p.Modes().Lflag&syscall.ICANON != 0 })
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}

func TestBigFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "big")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	block := strings.Repeat("some text that is no line's end\n", 1<<15)
	for range 100 {
		f.WriteString(block)
	}
	f.WriteString("the needle\nlast\n")
	f.Close()
	p := start(t, 40, 8, dir, "less", "big")
	p.Wait("some text")
	p.Type("G")
	p.Wait("the needle\nlast\n~\n(END)")
	p.Type("g/needle\r")
	p.Wait("the needle\nlast\n~\n")
	p.Type("3000000g")
	p.Wait(":")
	p.Type("=")
	p.Wait(" lines 3000000-3000006/3276802 92%")
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	_, peak, _ := strings.Cut(string(data), "VmHWM:")
	var kb int
	fmt.Sscan(peak, &kb)
	if kb == 0 || kb > 40<<10 {
		t.Errorf("%d KB", kb)
	}
	p.Type("q")
	p.Exit()
}

func TestMore(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", lines(40))
	write(t, dir, "other", strings.Repeat("0123456789", 5)+"\ttab\n")
	p := start(t, 40, 8, dir, "more", "file", "other")
	p.Wait("line 7\n--More-- (15% of 311 bytes)")
	p.Type("x")
	p.Wait("(Enter:next line Space:next p")
	p.Type("\r")
	p.Wait("line 8\n--More--")
	p.Type(" ")
	p.Wait("line 15\n--More--")
	p.Type("r")
	p.Wait("line 40\n0123456789012345678901234567890123456789\n0123456789")
	if p.Exit() != 0 || p.Modes().Lflag&syscall.ICANON == 0 {
		t.Error("the terminal is still raw")
	}
	p = start(t, 40, 8, dir, "more", "file")
	p.Wait("--More--")
	p.Type("q")
	p.Exit()
	p = start(t, 80, 8, dir, "more", "nofile")
	p.Wait("more: can't open 'nofile': No such file or directory")
	if p.Exit() != 1 {
		t.Error("status")
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte("a\tb\n\x1b[1mc\xff\n"), int64(3))
	f.Fuzz(func(t *testing.T, text []byte, off int64) {
		s := &source{eof: true, data: text, size: int64(len(text)), index: []int64{0}}
		for _, chop := range []bool{false, true} {
			p := &pager{src: s, columns: 20, rows: 3, chop: chop, plain: true}
			n := 0
			for at := int64(0); ; n++ {
				row, next, ok := p.row(at)
				if !ok {
					break
				}
				p.draw(row)
				if next <= at {
					t.Fatal("it stays at ", at)
				}
				at = next
			}
			if off >= 0 && off <= s.size {
				if b := p.before(off); b > off {
					t.Fatal(b, off)
				}
				s.number(off)
			}
			if s.line(s.count()+5) > s.size {
				t.Fatal("behind the end")
			}
		}
	})
}
