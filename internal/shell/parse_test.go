package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bantam/internal/userland/applet"
)

// parseAll parses a script and returns its printed commands, or the error.
func parseAll(text string, internal bool) (out string, failed string) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *syntaxError:
			failed = e.text
		default:
			panic(e)
		}
	}()
	p := &parser{src: text, line: 1, internal: internal}
	for {
		c, end := p.parseLine()
		if end {
			return out, ""
		}
		if c != nil {
			out += printed(c) + "\n"
		}
	}
}

// scripts are the test scripts of this package.
func scripts(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	var list []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Split(string(data), "\n==\n")...)
	}
	return list
}

// TestPrinted: what is printed is parsed to the same.
func TestPrinted(t *testing.T) {
	list := append(scripts(t),
		"a=1 b='x y' cmd \"$a\" 'q'\\''q' $b >f 2>&1 <<E &\nbody $x `y` \\$ \"quote\"\nE\n",
		"f() { case $1 in a|'b c') x;; *) ;; esac; } >&2",
		"if a; then b & else c; fi; while :; do break; done; until x; do y; done",
		"for i; do echo $i; done; for j in a b; do :; done; ! { a | b; } || (c && d)",
		"echo ${x:-a b} \"${x:-a}b\" ${x#'*'} ${x%%a*} ${x/a/b} ${x//a} ${x:1:2} ${#x} ${x:?e} $((1 + (2*x))) $((a))",
		"cat <(echo a) >(cat); [[ a && b ]]; function g { :; }",
		"echo a; { b & }; (c &) ; d",
	)
	for _, text := range list {
		first, failed := parseAll(text, false)
		if failed != "" {
			t.Errorf("%q: %s", text, failed)
			continue
		}
		// The first time, an escape may become a quote.
		second, failed := parseAll(first, true)
		if failed == "" {
			first, second = second, ""
			second, failed = parseAll(first, true)
		}
		if failed != "" {
			t.Errorf("%q is printed as %q: %s", text, first, failed)
		} else if second != first {
			t.Errorf("%q is printed as %q and then as %q", text, first, second)
		}
	}
}

// FuzzParse: any text is parsed or refused, and what is printed can be parsed again.
func FuzzParse(f *testing.F) {
	for _, s := range scripts(f) {
		f.Add(s)
	}
	for _, s := range []string{"((((((", "${x", "$(", "`", "<<A", "a\\", "case x in", "$((1", "'", "\"$(\"", "f()", "<<A <<B\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		out, failed := parseAll(text, false)
		if failed != "" || strings.IndexByte(text, 0) >= 0 {
			return
		}
		if _, failed := parseAll(out, true); failed != "" {
			t.Errorf("%q is printed as %q: %s", text, out, failed)
		}
	})
}

// newShell is a shell for unit tests, without files.
func newShell() *shell {
	call := &applet.Call{Name: "sh"}
	call.SetEnviron(nil)
	sh := &shell{call: call, shared: &shared{tty: -1}, name0: "sh", pid: 1, optInd: 1, cwd: -1, umask: -1, ifs: " \t\n"}
	sh.vars.own = map[string]*variable{}
	for name, value := range map[string]string{"x": "a b*c", "e": "", "n": "42", "p": "[a-c]?\\*", "r": "r+1"} {
		sh.vars.own[name] = &variable{value, isSet}
	}
	sh.args = []string{"one", "two words", ""}
	return sh
}

// FuzzArith: any expression has a value or is refused, soon.
func FuzzArith(f *testing.F) {
	for _, s := range []string{
		"1+2*3", "n++", "--n", "x=5,x", "1?2:3", "0x1f|017", "16#ff", "2**10", "1<<70", "-9223372036854775808/-1", "r",
		"((((", "!~-+1", "a=b=c=3", "1&&0||1", "n+++n", "5%0", "1 ? 2", "@", "64#_", "08",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<10 {
			return
		}
		sh := newShell()
		start := time.Now()
		sh.protect(func() { sh.arith(text) })
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q takes %v", text, d)
		}
	})
}

// FuzzExpand: any word without commands in it expands.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{
		"$x \"$x\" ${x#a*} ${x%%*c} ${x/b/$n} ${x//[a-c]/-} ${x:1:2} ${#x} ${nope:-d e} ${e:=v}", "\"$@\" $* \"$*\" ${@#o} ${1+$@}",
		"~ ~root a:~ $p ${p#$p} '*' \\* ${x/$p/y}", "$((n+1)) ${x:$((n-41))} ${x: -1}", "${x:?} ${#@} $# $? $- $$", "${!x} ${x!}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<9 || strings.ContainsAny(text, "`<>/") || strings.Contains(strings.ReplaceAll(text, "$((", ""), "$(") {
			return
		}
		sh := newShell()
		start := time.Now()
		sh.protect(func() {
			p := &parser{src: text, line: 1}
			for !p.atEnd() {
				if p.next(0) == tokWord {
					sh.expandWords([]*word{p.lastWord}, nil)
					sh.expandOne(p.lastWord)
					sh.expandPattern(p.lastWord)
				}
			}
		})
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q takes %v", text, d)
		}
	})
}
