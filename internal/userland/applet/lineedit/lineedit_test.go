package lineedit

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// TestMain is a program that echoes the lines that it edits if it is told to.
func TestMain(m *testing.M) {
	if os.Getenv("EDIT_LINES") == "" {
		os.Exit(m.Run())
	}
	w := Words{Get: os.Getenv, Commands: func() []string { return []string{"export", "exit", "exec"} }}
	e := Editor{In: 0, Out: 1, Complete: w.Complete}
	e.History.File = os.Getenv("HISTFILE")
	e.History.Limit = 5
	e.History.Load()
	for {
		line, err := e.ReadLine(os.Getenv("PS1"))
		switch err {
		case nil:
			os.Stdout.WriteString("[" + line + "]\n")
			e.History.Add(line)
		case io.EOF:
			os.Stdout.WriteString("EOF\n")
			return
		default:
			os.Stdout.WriteString("error: " + err.Error() + "\n")
		}
	}
}

func start(t *testing.T, columns int, env ...string) *testenv.Terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), "EDIT_LINES=1", "PS1=> "), env...)
	p := testenv.NewTerminal(t, columns, 24, cmd)
	p.Wait("> ")
	return p
}

func TestEditing(t *testing.T) {
	p := start(t, 80)
	for _, c := range []struct{ keys, want string }{
		{"hello", "hello"},
		{"bc\x01a\x05d", "abcd"},
		{"abd\x02c", "abcd"},
		{"ab\x02\x02\x06x", "axb"},
		{"abc\x02\x02\x04", "ac"},
		{"abc\x08d\x7fe", "abe"},
		{"hello world\x02\x02\x0b", "hello wor"},
		{"hello world\x02\x02\x15", "ld"},
		{"hello world\x17there", "hello there"},
		{"a b\x17\x17c\x19", "ca "},
		{"one two\x17\x01\x19 ", "two one "},
		{"ab\x14", "ba"},
		{"abc\x01\x06\x14", "bac"},
		{"ac\x1b[Db\x1b[C\x1b[Cd", "abcd"},
		{"b\x1b[Ha\x1b[Fc", "abc"},
		{"xab\x1b[1~\x1b[3~", "ab"},
		{"one two three\x1bb\x1bb-", "one -two three"},
		{"one two\x1b[1;5D\x1b[1;5Dx\x1b[1;5Cy", "xoney two"},
		{"one two three\x01\x1bd", " two three"},
		{"one two\x1b\x7f", "one "},
		{"äöü日本\x02\x7fx", "äöüx本"},
		{"\xff\xfea", "\xff\xfea"},
		{"\x1b[200~pasted\x1b[201~", "pasted"},
		{"tab\x1b[99~no", "tabno"},
	} {
		p.Type(c.keys + "\r")
		p.Wait("[" + strings.NewReplacer("\xff", "\ufffd", "\xfe", "\ufffd").Replace(c.want) + "]\n> ")
		p.Type("\x0c")
		p.Until("an empty screen", func(s string) bool { return s == ">\n" })
	}
	p.Type("abc\x03")
	p.Wait("> abc^C\nerror: interrupted\n>")
	p.Type("\x04")
	p.Wait("EOF")
	if p.Exit() != 0 {
		t.Error("status")
	}
}

func TestWrap(t *testing.T) {
	p := start(t, 20)
	p.Type("0123456789abcdefgh") // as wide as the terminal
	p.Until("the cursor in the next line", func(string) bool { x, y := p.Cursor(); return x == 0 && y == 1 })
	p.Type("ij\x01\x1b[C\x1b[CXY")
	p.Until("two lines", func(s string) bool { return s == "> 01XY23456789abcdef\nghij\n" })
	p.Until("the cursor behind XY", func(string) bool { x, y := p.Cursor(); return x == 6 && y == 0 })
	p.Type("\x0b")
	p.Until("one line", func(s string) bool { return s == "> 01XY\n" })
	p.Type("\x15x日本語日本語日本語x\x02\x02y")
	p.Until("a wide character in the next line as a whole", func(s string) bool { return s == "> x日本語日本語日本y\n語x\n" })
	p.Type("\x05")
	p.Type("\x15" + strings.Repeat("abcdefghij", 4))
	p.Until("three lines", func(s string) bool { return s == "> abcdefghijabcdefgh\nijabcdefghijabcdefgh\nij\n" })
	p.Resize(30, 24)
	p.Type("\x01\x05")
	p.Until("two lines", func(s string) bool { return strings.HasSuffix(s, "> abcdefghijabcdefghijabcdefgh\nijabcdefghij\n") })
	p.Type("\r")
	p.Wait("[" + strings.Repeat("abcdefghij", 4)[:28])
}

func TestPromptMarks(t *testing.T) {
	p := start(t, 20, "PS1=first\n"+Prompt(`\[\e[1m\]> \[\e[m\]`, os.Getenv))
	p.Wait("first\n> ")
	p.Type("0123456789abcdefghi\x02\x02X")
	p.Until("the right place", func(s string) bool { return strings.HasSuffix(s, "> 0123456789abcdefgX\nhi\n") })
	x, y := p.Cursor()
	if x != 0 || y != 2 {
		t.Error(x, y)
	}
}

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	os.WriteFile(file, []byte("old\n\none\ntwo\nthree\nfour\nfive"), 0o600)
	p := start(t, 80, "HISTFILE="+file)
	p.Type("new\x1b[A\x1b[A!\x1b[B\x10\x1b[B\x0e")
	p.Until("the new line again", func(s string) bool { return s == "> new\n" })
	p.Type("\x15" + strings.Repeat("\x1b[A", 9) + "\r")
	p.Wait("[one]\n> ")
	p.Type("\x12o")
	p.Wait("(reverse-i-search)'o': one")
	p.Type("\x12")
	p.Wait("(reverse-i-search)'o': four")
	p.Type("\x12")
	p.Wait("(reverse-i-search)'o': two")
	p.Type("\x12z") // there is none
	p.Wait("(reverse-i-search)'o': two")
	p.Type("\x7f\x7ft\x1b[F+\r")
	p.Wait("> two+\n[two+]\n> ")
	p.Type("\x12fi\r")
	p.Wait("[five]\n")
	for i := range 20 {
		p.Type(strconv.Itoa(i) + "\r")
		p.Wait("[" + strconv.Itoa(i) + "]\n> ")
	}
	p.Type("\x04")
	p.Exit()
	data, _ := os.ReadFile(file)
	if n := strings.Count(string(data), "\n"); n > 20 || !strings.HasSuffix(string(data), "\n18\n19\n") {
		t.Errorf("%q", data)
	}
}

func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"alpha", "alpine", "with space", "it's", "docs/readme", "docs/report", "bin/prog1", "bin/prog2"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		os.WriteFile(filepath.Join(dir, name), nil, 0o755)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Dir = dir
	cmd.Env = []string{"EDIT_LINES=1", "PS1=> ", "PATH=" + dir + "/bin", "HOME=" + dir}
	p := testenv.NewTerminal(t, 40, 24, cmd)
	p.Wait("> ")
	for _, c := range []struct{ keys, want string }{
		{"cat al\tx", "cat alpx"},
		{"cat alph\tx", "cat alpha x"},
		{"cat w\tx", `cat with\ space x`},
		{"cat \"w\tx", `cat "with space" x`},
		{"cat 'w\tx", `cat 'with space' x`},
		{"cat it\tx", `cat it\'s x`},
		{"cat with\\ s\tx", `cat with\ space x`},
		{"cat doc\trea\tx", "cat docs/readme x"},
		{"cd al\tx", "cd alx"},
		{"cd do\tx", "cd docs/x"},
		{"cat ~/alpi\tx", "cat ~/alpine x"},
		{"ls >al\tha\tx", "ls >alpha x"},
		{"ls;pr\t1\tx", "ls;prog1 x"},
		{"expo\tx", "export x"},
		{"A=alpi\tx", "A=alpine x"},
		{"A=1 expo\tx", "A=1 export x"},
		{"cat zzz\tx", "cat zzzx"},
		{"cat ha\x01\x1bf al\tx", "cat alpx ha"},
		{"cat ~roo\tx", "cat ~root/x"},
	} {
		p.Type(c.keys + "\r")
		p.Wait("[" + c.want + "]\n> ")
		p.Type("\x0c")
		p.Until("an empty screen", func(s string) bool { return s == ">\n" })
	}
	p.Type("cat docs/\t\t")
	p.Until("a list", func(s string) bool { return s == "> cat docs/re\nreadme  report\n> cat docs/re\n" })
}

func TestPlain(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EDIT_LINES=1", "PS1=> ")
	cmd.Stdin = strings.NewReader("one\ntwo\n\nlast")
	out, err := cmd.Output()
	if want := "> [one]\n> [two]\n> []\n> [last]\n> EOF\n"; err != nil || string(out) != want {
		t.Errorf("%v %q", err, out)
	}
}

func TestPrompt(t *testing.T) {
	get := func(name string) string { return map[string]string{"HOME": "/home/u", "PWD": "/home/u/src/x"}[name] }
	for ps, want := range map[string]string{
		`\w\$ `: "~/src/x" + map[bool]string{true: "#", false: "$"}[os.Geteuid() == 0] + " ", `\W>`: "x>", `\e[1m\[x\]`: "\x1b[1m\x01x\x02",
		`a\nb\\c\041\x41`: "a\nb\\c!A", `\q\`: `q\`, "": "",
	} {
		if got := Prompt(ps, get); got != want {
			t.Errorf("%s is %q, want %q", ps, got, want)
		}
	}
	if promptWidth("\x01\x1b[31m\x02ab\x1b[0m日") != 4 {
		t.Error("width")
	}
}

func TestLastWord(t *testing.T) {
	for line, want := range map[string]struct {
		word  string
		start int
		k     kind
	}{
		"": {"", 0, command}, "l": {"l", 0, command}, "ls ": {"", 3, file}, "ls a": {"a", 3, file}, "cd a": {"a", 3, folder},
		"cd a b": {"b", 5, file}, "ls | gr": {"gr", 5, command}, "ls 2>&1 x": {"x", 8, file}, "echo $(l": {"l", 7, command},
		`a\ b`: {"a b", 0, command}, `x "a b`: {"a b", 3, file}, `x "a b" `: {"", 8, file}, "A=x": {"x", 2, file}, "A=x c": {"c", 4, command},
		"dd if=x": {"x", 6, file}, "if { c": {"c", 5, command}, "cat <a": {"a", 5, file}, `a\`: {"a", 0, command},
	} {
		word, starts, k := lastWord(line)
		if word != want.word || starts[0] != want.start || k != want.k || len(starts) != len(word)+1 {
			t.Errorf("%q: %q %v %v", line, word, starts, k)
		}
	}
}

func FuzzLastWord(f *testing.F) {
	f.Add(`a=b "c\ d' | e`)
	f.Fuzz(func(t *testing.T, line string) {
		word, starts, _ := lastWord(line)
		if len(starts) != len(word)+1 {
			t.Errorf("%q: %q %v", line, word, starts)
		}
		Prompt(line, os.Getenv)
		promptWidth(line)
		if got := text(runes(line)); got != line {
			t.Errorf("%q became %q", line, got)
		}
	})
}

func TestQuote(t *testing.T) {
	if got := []string{quote("a b'c", 0), quote(`a$"b`, '"'), quote("it's", '\'')}; !reflect.DeepEqual(got, []string{`a\ b\'c`, `a\$\"b`, `it'\''s`}) {
		t.Error(got)
	}
}
