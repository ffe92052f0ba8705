package vi

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// TestMain is the applet if it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	os.Exit(applet.Table{{Name: "vi", Applet: &Applet}}.Main("test", os.Args[1:]))
}

// start edits a file with the content.
func start(t *testing.T, content string, args ...string) (p *testenv.Terminal, file string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "file")
	if content != "" {
		if err := os.WriteFile(file, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0], append(append([]string{"vi"}, args...), "file")...)
	cmd.Dir = dir
	cmd.Env = []string{"RUN_APPLET=1", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	p = testenv.NewTerminal(t, 80, 10, cmd)
	p.Until("the state", func(s string) bool { return strings.Contains(s, "file") || strings.Contains(s, "more") })
	return p, file
}

// edited types keys, writes the file and returns it.
func edited(t *testing.T, content, keys string) string {
	t.Helper()
	p, file := start(t, content)
	p.Type(keys + "\x1b\x1b:wq\r")
	if status := p.Exit(); status != 0 {
		t.Errorf("status %d", status)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func TestCommands(t *testing.T) {
	const three = "one two three\nsecond line\nthird\n"
	for _, c := range []struct{ content, keys, want string }{
		{"", "ihello\rworld\x1b", "hello\nworld\n"},
		{"a\nb", "", "a\nb\n"},
		{three, "x", "ne two three\nsecond line\nthird\n"},
		{three, "3xX", " two three\nsecond line\nthird\n"},
		{three, "wX", "onetwo three\nsecond line\nthird\n"},
		{three, "dw", "two three\nsecond line\nthird\n"},
		{three, "2dw", "three\nsecond line\nthird\n"},
		{three, "d2w", "three\nsecond line\nthird\n"},
		{three, "$dw", "one two thre\nsecond line\nthird\n"},
		{three, "wde", "one  three\nsecond line\nthird\n"},
		{three, "$db", "one two e\nsecond line\nthird\n"},
		{three, "wd0", "two three\nsecond line\nthird\n"},
		{three, "wd$", "one \nsecond line\nthird\n"},
		{three, "wD", "one \nsecond line\nthird\n"},
		{three, "dd", "second line\nthird\n"},
		{three, "2dd", "third\n"},
		{three, "jdj", "one two three\n"},
		{three, "dG", "\n"},
		{three, "Gdgg", "\n"},
		{three, "jdk", "third\n"},
		{three, "ddp", "second line\none two three\nthird\n"},
		{three, "yyp", "one two three\none two three\nsecond line\nthird\n"},
		{three, "Y2P", "one two three\none two three\none two three\nsecond line\nthird\n"},
		{three, "\"ayyj\"byy\"ap\"bp", "one two three\nsecond line\none two three\nsecond line\nthird\n"},
		{three, "ywP", "one one two three\nsecond line\nthird\n"},
		{three, "xp", "noe two three\nsecond line\nthird\n"},
		{three, "cwnew\x1b", "new two three\nsecond line\nthird\n"},
		{three, "c2wa b\x1b", "a b three\nsecond line\nthird\n"},
		{three, "ccnew\x1b", "new\nsecond line\nthird\n"},
		{three, "wC2\x1b", "one 2\nsecond line\nthird\n"},
		{three, "sO\x1b", "One two three\nsecond line\nthird\n"},
		{three, "Snew\x1b", "new\nsecond line\nthird\n"},
		{three, "A!\x1bI>\x1b", ">one two three!\nsecond line\nthird\n"},
		{three, "obelow\x1bOabove\x1b", "one two three\nabove\nbelow\nsecond line\nthird\n"},
		{three, "ea-\x1b", "one- two three\nsecond line\nthird\n"},
		{three, "J", "one two three second line\nthird\n"},
		{three, "3J", "one two three second line third\n"},
		{three, "rX3l2rY", "XneYYwo three\nsecond line\nthird\n"},
		{three, "wr\r", "one \nwo three\nsecond line\nthird\n"},
		{three, "~3l2~", "One TWo three\nsecond line\nthird\n"},
		{three, "Rabcdefgh\x7f\x7f\x1b", "abcdefthree\nsecond line\nthird\n"[:6] + "o three\nsecond line\nthird\n"},
		{three, "fwx;,x", "one t three\nsecond line\nthird\n"},
		{three, "dtt", "two three\nsecond line\nthird\n"},
		{three, "dft", "wo three\nsecond line\nthird\n"},
		{three, "$dFt", "one two e\nsecond line\nthird\n"},
		{three, "$dTt", "one two te\nsecond line\nthird\n"},
		{three, "5|x", "one wo three\nsecond line\nthird\n"},
		{three, "/line\rx", "one two three\nsecond ine\nthird\n"},
		{three, "d/two\r", "two three\nsecond line\nthird\n"},
		{three, "G?one\rx", "ne two three\nsecond line\nthird\n"},
		{three, "/d\rnx", "one two three\nsecond line\nthir\n"},
		{three, "/t\rNx", "one two three\nsecond line\nhird\n"},
		{three, "/^t.*d\rx", "one two three\nsecond line\nhird\n"},
		{three, "xxxu", "e two three\nsecond line\nthird\n"[:0] + "ne two three\nsecond line\nthird\n"[:0] + "e two three\nsecond line\nthird\n"},
		{three, "xxxuuu", three},
		{three, "ddGdduu", three},
		{three, "dGu", three},
		{three, "xxjU", "e two three\nsecond line\nthird\n"},
		{three, "xxU", three},
		{three, "x..", " two three\nsecond line\nthird\n"},
		{three, "dw.", "three\nsecond line\nthird\n"},
		{three, "ix\x1bj.", "xone two three\nxsecond line\nthird\n"},
		{three, "cwX\x1bw.", "X X three\nsecond line\nthird\n"},
		{three, "x3.", "two three\nsecond line\nthird\n"},
		{three, "majjd'a", "\n"},
		{three, "Gmak''x", "ne two three\nsecond line\nthird\n"},
		{three, ">>", "\tone two three\nsecond line\nthird\n"},
		{three, ">j<<", "one two three\n\tsecond line\nthird\n"},
		{"f(a[1]{2})\n", "%x", "f(a[1]{2}\n"},
		{"f(\n a\n)b\n", "ld%", "fb\n"},
		{"a\nb\n\nc\nd\n\ne\n", "d}", "\nc\nd\n\ne\n"},
		{"a\nb\n\nc\nd\n\ne\n", "}}x}x", "a\nb\n\nc\nd\n\n\n"},
		{"\ta\n", "ii\x1b", "i\ta\n"},
		{"äöü\n", "lx", "äü\n"},
		{"äöü\n", "Ax\x7f\x7fy\x1b", "äöy\n"},
		{"a\x01\xffb\n", "$x", "a\x01\xff\n"},
		{three, "iab\x16\x1bc\x1b", "ab\x1bcone two three\nsecond line\nthird\n"},
		{three, "ix\x1b[Cy\x1b[Bz\x1b", "xoyne two three\nseczond line\nthird\n"},
		{three, ":set ai\ro\tx\rb\x1b", "one two three\n\tx\n\tb\nsecond line\nthird\n"},
		{three, ":set ai et ts=4\ro\tx\rb\r\x1b", "one two three\n    x\n    b\n\nsecond line\nthird\n"},
		{three, "i\t\t\x04x\x1b", "\txone two three\nsecond line\nthird\n"},
	} {
		if got := edited(t, c.content, c.keys); got != c.want {
			t.Errorf("%q on %q gives\n%q, want\n%q", c.keys, c.content, got, c.want)
		}
	}
}

func TestColon(t *testing.T) {
	const five = "a1\nb2\nc3\nd4\ne5\n"
	for _, c := range []struct{ content, keys, want string }{
		{five, ":2,3d\r", "a1\nd4\ne5\n"},
		{five, ":3\rx", "a1\nb2\n3\nd4\ne5\n"},
		{five, ":$d\r:1d\r", "b2\nc3\nd4\n"},
		{five, ":2;+1d\r", "a1\nd4\ne5\n"},
		{five, ":/c/,/d/d\r", "a1\nb2\ne5\n"},
		{five, ":/d/-1d\r", "a1\nb2\nd4\ne5\n"},
		{five, "jmajj:'a,.d\r", "a1\ne5\n"},
		{five, ":%d\r", "\n"},
		{five, ":s/a/X/\r", "X1\nb2\nc3\nd4\ne5\n"},
		{five, ":%s/[a-e]/&x/g\r", "&x1\n&x2\n&x3\n&x4\n&x5\n"},
		{five, ":%s/\\([a-e]\\)\\(.\\)/\\2\\1/\r", "1a\n2b\n3c\n4d\n5e\n"},
		{"aaa\naaa\n", ":s/a/b/g\r", "bbb\naaa\n"},
		{"aaa\naaa\n", ":2s/a/b/\r", "aaa\nbaa\n"},
		{"aaa\n", ":s/a*$/x/g\r", "x\n"},
		{"a/b\n", ":s,/,-,\r", "a-b\n"},
		{"abc\n", ":s/b//\ru", "abc\n"},
		{"abc\nabc\n", ":%s/b/x/\ru", "abc\nabc\n"},
		{"ABC\n", ":set ic\r:s/b/x/\r", "AxC\n"},
		{five, ":2,3y\rGp", five + "b2\nc3\n"},
		{five, ":r file\r", "a1\n" + five + "b2\nc3\nd4\ne5\n"},
		{five, ":0r file\r", five + five},
		{five, ":$r file\r", five + five},
	} {
		if got := edited(t, c.content, c.keys); got != c.want {
			t.Errorf("%q on %q gives\n%q, want\n%q", c.keys, c.content, got, c.want)
		}
	}
}

func TestScreen(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		b.WriteString(itoa(i) + "\n")
	}
	p, _ := start(t, b.String()+strings.Repeat("long", 40)+"\n\ttab\x01\xff\n")
	p.Wait("0\n1\n2\n3\n4\n5\n6\n7\n8\n- file 1/32 3%\n")
	p.Type("\x06")
	p.Wait("8\n9\n10\n11\n12\n13\n14\n15\n16\n- file 9/32 28%\n")
	p.Type("jjj\x05")
	p.Wait("9\n10\n11\n12\n13\n14\n15\n16\n17\n- file 12/32 37%\n")
	p.Type("z\r")
	p.Wait("11\n12\n13\n14\n15\n16\n17\n18\n19\n")
	p.Type("1G25G")
	p.Wait("20\n21\n22\n23\n24\n25\n26\n27\n28\n- file 25/32 78%\n")
	p.Type("G")
	p.Wait("29\n" + strings.Repeat("long", 20) + "\n        tab^A.\n- file 32/32 100%\n")
	p.Until("the cursor at the end of the tab", func(string) bool { x, y := p.Cursor(); return x == 7 || y == 8 })
	p.Type("k$")
	p.Until("the end of the long line", func(string) bool { x, _ := p.Cursor(); return x == 79 })
	p.Type("0ia\x1b")
	p.Wait("along")
	p.Wait("- file [Modified] 31/32 96%")
	p.Type("u")
	p.Wait("Undo [0] restored 1 changes")
	p.Type("\x07")
	p.Wait("- file 31/32 96%")
	p.Resize(40, 6)
	p.Wait(strings.Repeat("long", 10) + "\n        tab")
	p.Type("i")
	p.Wait("I file")
	p.Type("\x1bR")
	p.Wait("R file")
	p.Type("\x1b:set all\r")
	p.Wait("noautoindent noexpandtab noflash noigno")
	p.Type(":q!\r")
	if p.Exit() != 0 || p.Modes().Lflag&syscall.ICANON == 0 || p.Modes().Lflag&syscall.ECHO == 0 {
		t.Error("the terminal is still raw")
	}
	if out := p.Output(); !strings.HasSuffix(out, "\x1b[?1049l") {
		t.Errorf("%q", out[max(len(out)-40, 0):])
	}
}

func TestFiles(t *testing.T) {
	p, file := start(t, "text\n")
	dir := filepath.Dir(file)
	p.Type(":w other\r")
	p.Wait("'other' 1L, 5C")
	p.Type("x:w other\r")
	p.Wait("File exists (:w! overrides)")
	p.Type(":w! other\r")
	p.Wait("'other' 1L, 4C")
	p.Type(":q\r")
	p.Wait("No write since last change (:q! overrides)")
	p.Type(":e other\r")
	p.Wait("No write since last change (:e! overrides)")
	p.Type(":e! other\r")
	p.Wait("'other' 1L, 4C")
	p.Type(":e #\r")
	p.Wait("'file' 1L, 5C")
	p.Type(":r %\r")
	p.Wait("text\ntext\n")
	p.Type("u:w /dev/full\r")
	p.Wait("File exists")
	p.Type(":w! /dev/full\r")
	p.Wait("'/dev/full' No space left on device")
	p.Type(":w /nosuchdir/x\r")
	p.Wait("'/nosuchdir/x' No such file or directory")
	p.Type(":r nofile\r")
	p.Wait("'nofile' No such file or directory")
	p.Type(":e .\r")
	p.Wait("'.' is not a regular file")
	p.Type(":!echo from the shell; exit 3\r")
	p.Wait("from the shell\n\nshell returned 3\n\n[Hit return to continue]")
	p.Type("\r:foo\r")
	p.Wait("'foo' is not implemented")
	p.Type(":99d\r")
	p.Wait("Invalid range")
	p.Type(":s/zzz/y/\r")
	p.Wait("No match")
	p.Type("/zzz\r")
	p.Wait("Pattern not found")
	p.Type(":'xd\r")
	p.Wait("Mark not set")
	p.Type(":n\r")
	p.Wait("No more files to edit")
	p.Type(":f new\r:w\r")
	p.Wait("'new' ")
	p.Type("ZZ")
	p.Exit()
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o640 {
		t.Error("the permissions changed: ", st, err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "other")); string(data) != "ext\n" {
		t.Errorf("%q", data)
	}
}

func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		os.WriteFile(filepath.Join(dir, name), []byte("in "+name+"\n"), 0o600)
	}
	cmd := exec.Command(os.Args[0], "vi", "-c", "set ts=4", "a", "b", "c")
	cmd.Dir, cmd.Env = dir, []string{"RUN_APPLET=1", "EXINIT=set ai"}
	p := testenv.NewTerminal(t, 60, 10, cmd)
	p.Wait("in a\n")
	p.Type(":set\r")
	p.Wait("autoindent noexpandtab")
	p.Type(":q\r")
	p.Wait("2 more file(s) to edit")
	p.Type("x:n\r")
	p.Wait("No write since")
	p.Type(":w\r:n\r")
	p.Wait("in b\n")
	p.Type(":prev\r")
	p.Wait("n a\n")
	p.Type(":n\r:n\r")
	p.Wait("in c\n")
	p.Type(":rew\r")
	p.Wait("- a 1/1")
	p.Type("ix\x1b:wn\r")
	p.Wait("in b\n")
	p.Type("ZQ")
	p.Exit()
	if data, _ := os.ReadFile(filepath.Join(dir, "a")); string(data) != "xn a\n" {
		t.Errorf("%q", data)
	}
}

func TestReadOnly(t *testing.T) {
	p, file := start(t, "text\n", "-R")
	p.Wait("- file [Readonly] 1/1 100%")
	p.Type("x:w\r")
	p.Wait("'file' is read only")
	p.Type("ZZ")
	p.Wait("'file' is read only")
	p.Type(":w!\r")
	p.Wait("'file' 1L, 4C")
	p.Type(":q\r")
	p.Exit()
	if data, _ := os.ReadFile(file); string(data) != "ext\n" {
		t.Errorf("%q", data)
	}
}

func TestSignal(t *testing.T) {
	p, file := start(t, "text\n")
	p.Type("x")
	p.Wait("ext\n")
	p.Cmd.Process.Signal(syscall.SIGTERM)
	p.Exit()
	if p.Modes().Lflag&syscall.ICANON == 0 || !strings.HasSuffix(p.Output(), "\x1b[?1049l") {
		t.Error("the terminal is still raw")
	}
	if data, _ := os.ReadFile(file); string(data) != "text\n" {
		t.Errorf("%q", data)
	}
}

func TestBig(t *testing.T) {
	p, file := start(t, strings.Repeat("a line of text\n", 200000)+strings.Repeat("x", 1<<20))
	p.Type("GD:wq\r")
	p.Exit()
	if st, err := os.Stat(file); err != nil || st.Size() != 200000*15+1 {
		t.Error(st.Size(), err)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("dwp:s/a/b/\ru.")
	f.Fuzz(func(t *testing.T, keys string) {
		if strings.ContainsAny(keys, "!\x1a") || strings.Contains(keys, ":") {
			return // no commands, no files
		}
		e := &editor{c: &applet.Call{Applet: &Applet}, tabstop: usualTabs, reg: defaultReg, editing: true}
		e.screen.columns, e.screen.rows = 20, 5
		e.forget()
		e.t.load("one (two)\n\n\tthree äö\n{\nlast}")
		e.queue = []rune(keys)
		for len(e.queue) > 0 && e.editing {
			if n := len(e.queue); n < 8 {
				e.queue = append(e.queue, 27, 27, 27, 27, 27, 27, 27, 27)
				key, _ := e.key()
				e.press(key)
				return
			}
			key, _ := e.key()
			e.press(key)
			e.follow()
			for i := range e.screen.shown {
				if e.screen.top+i < len(e.t.lines) {
					e.format(e.t.lines[e.screen.top+i])
				}
			}
			if e.t.dot.line >= len(e.t.lines) || e.t.dot.col > len(e.t.lines[e.t.dot.line]) {
				t.Fatalf("%+v", e.t.dot)
			}
		}
	})
}
