package regex

import (
	"bytes"
	"fmt"
	"math/rand"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// slotsOf finds a match and returns its slots as text: "(0,2)(1,2)(?,?)".
func slotsOf(re *Regexp, data string, flags Flags) string {
	slots := make([]int, 2*re.Groups()+2)
	if !re.Find([]byte(data), 0, slots, flags) {
		return "-"
	}
	var b strings.Builder
	for i := 0; i < len(slots); i += 2 {
		if slots[i] < 0 {
			b.WriteString("(?,?)")
		} else {
			fmt.Fprintf(&b, "(%d,%d)", slots[i], slots[i+1])
		}
	}
	return b.String()
}

const e = Extended

func TestFind(t *testing.T) {
	for _, c := range []struct {
		pattern string
		flags   Flags
		data    string
		want    string
	}{
		{"", 0, "abc", "(0,0)"},
		{"b", 0, "abc", "(1,2)"},
		{"abcd|bc", e, "abcd", "(0,4)"},
		{"(a|ab)(c|bcd)(d*)", e, "abcd", "(0,4)(0,2)(2,3)(3,4)"},
		{"(a|ab)(bcd|c)(d*)", e, "abcd", "(0,4)(0,2)(2,3)(3,4)"},
		{"x*", 0, "aaa", "(0,0)"},
		{"a*(a|b)", e, "aaab", "(0,4)(3,4)"},
		{"(a*)(b|abc)", e, "abc", "(0,3)(0,0)(0,3)"},
		{"(a*)(b|abc)(c*)", e, "abc", "(0,3)(0,1)(1,2)(2,3)"},
		{"(a+|b+)*", e, "aabba", "(0,5)(4,5)"},
		{"(.*)foo(.*)", e, "afoobfooc", "(0,9)(0,5)(8,9)"},
		{"([^:]*):([^:]*)", e, "ab:cd:ef", "(0,5)(0,2)(3,5)"},
		{"(a{2}){2}", e, "aaaaa", "(0,4)(2,4)"},
		{"(ab|a)(bc)?", e, "abc", "(0,3)(0,1)(1,3)"},
		{"(a|b)?c", e, "c", "(0,1)(?,?)"},
		{`\(a\)\1`, 0, "baa", "(1,3)(1,2)"},
		{`\(.*\)\1`, 0, "abcabcx", "(0,6)(0,3)"},
		{`^\(.*\)-\1$`, 0, "foo-foo", "(0,7)(0,3)"},
		{`(a*)*`, e, "b", "(0,0)(0,0)"},
		{`(a*)+`, e, "aa", "(0,2)(0,2)"},
		{"a.c", IgnoreCase, "xABCx", "(1,4)"},
		{"[[:upper:]]+", e | IgnoreCase, "xyz", "(0,3)"},
		{"^b", 0, "a\nb", "-"},
		{"^b", Newline, "a\nb", "(2,3)"},
		{"a$", Newline, "a\nb", "(0,1)"},
		{"a.b", Newline, "a\nb", "-"},
		{"a.b", 0, "a\nb", "(0,3)"},
		{"^a", NotBOL, "a", "-"},
		{"a$", NotEOL, "a", "-"},
		{`\<b`, 0, "ab b", "(3,4)"},
		{`a\>`, 0, "ab a", "(3,4)"},
		{`\ba\b`, 0, "ba a", "(3,4)"},
		{`\Ba`, 0, "a ba", "(3,4)"},
		{`\w\+`, 0, "  ab_1 ", "(2,6)"},
		{`\W\+`, 0, "ab  c", "(2,4)"},
		{`\s\S`, 0, "a b", "(1,3)"},
		{"a*\\|b", 0, "b", "(0,1)"},
		{"*a", 0, "*a", "(0,2)"},
		{"\\(*a\\)", 0, "*a", "(0,2)(0,2)"},
		{"^*a", 0, "*a", "(0,2)"},
		{"a^b$c", 0, "a^b$c", "(0,5)"},
		{"a{,2}b", e, "aaab", "(1,4)"},
		{"a{2,}", e, "baaa", "(1,4)"},
		{"[]a]*", 0, "]a]b", "(0,3)"},
		{"[^]a]", 0, "]ab", "(2,3)"},
		{"[a-]*", 0, "a-b", "(0,2)"},
		{"[[=a=]b]*", 0, "abc", "(0,2)"},
		{"[[.-.]a]*", 0, "-ab", "(0,2)"},
		{`[\n]*`, 0, `\nx`, "(0,2)"},
		{"()", e, "x", "(0,0)(0,0)"},
		{"a||b", e, "b", "(0,1)"},
		{"a)", e, "a)", "(0,2)"},
		{"a|b|c|dd", e, "xddc", "(1,3)"},
		{`{"a{1`, e | Lenient, `x{"a{1`, "(1,6)"},
		{`[\]\/a\t]+\x21\y`, e | Escapes, "z]/a\t!b", "(1,6)"},
		{`*a`, e | Lenient, "*a", "(1,2)"},
		{"a{2}|{2}", e | Lenient, "x{2}", "(1,4)"},
		{"a.b", 0, "a\x00b", "(0,3)"},
		{"[^a]*z", 0, strings.Repeat("b", 1000) + "az", "(1001,1002)"},
	} {
		re, err := Compile(c.pattern, c.flags)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := slotsOf(re, c.data, c.flags); got != c.want {
			t.Errorf("%q on %q: %s, want %s", c.pattern, c.data, got, c.want)
		}
		if got := re.Match([]byte(c.data), c.flags); got != (c.want != "-") {
			t.Errorf("%q matches %q: %v", c.pattern, c.data, got)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		pattern string
		flags   Flags
		want    Error
	}{
		{"[[.ab.]]", 0, ErrCollate},
		{"[[:foo:]]", 0, ErrClass},
		{`a\`, 0, ErrEscape},
		{`\(a\1\)`, 0, ErrBackref},
		{`\1`, e, ErrBackref},
		{"[a", 0, ErrBracket},
		{"[[:alpha:", 0, ErrBracket},
		{"(a", e, ErrParen},
		{`\(a`, 0, ErrParen},
		{`a\)`, 0, ErrCloseParen},
		{"a{1", e, ErrBrace},
		{`a\{1`, 0, ErrBrace},
		{"a{x}", e, ErrInterval},
		{"a{2,1}", e, ErrInterval},
		{"[b-a]", 0, ErrRange},
		{"*a", e, ErrRepeat},
		{"a|*b", e, ErrRepeat},
		{"(+a)", e, ErrRepeat},
		{"{1}", e, ErrRepeat},
		{`\{1\}`, 0, ErrRepeat},
		{"a{40000}", e, ErrSize},
		{"((a{999}){999}){999}", e, ErrSize},
		{strings.Repeat("(", 1000000), e, ErrSize},
	} {
		if _, err := Compile(c.pattern, c.flags); err != error(c.want) {
			t.Errorf("%.30q: %v, want %v", c.pattern, err, c.want)
		}
	}
}

func TestLines(t *testing.T) {
	const text = "one foo\ntwo\nthree food\n\nbar foo"
	for _, c := range []struct {
		patterns string
		flags    Flags
		want     string
	}{
		{"foo", 0, "0 2 4"},
		{"o", 0, "0 1 2 4"},
		{"^t", 0, "1 2"},
		{"o$", 0, "0 1 4"},
		{"^$", 0, "3"},
		{"", 0, "0 1 2 3 4"},
		{"[^q]foo", 0, "0 2 4"},
		{`\W`, 0, "0 2 4"},
		{`\sb`, 0, ""},
		{"foo", WholeWord, "0 4"},
		{"two", WholeLine, "1"},
		{"two,bar foo", WholeLine, "1 4"},
		{"foo,three food", Literal | WholeLine, "2"},
		{"three food,two", Literal, "1 2"},
		{"FOO", IgnoreCase, "0 2 4"},
		{`\(o\)\1`, 0, "0 2 4"},
		{`\(e\).*\1`, 0, "2"},
		{"[a-z]* foo", 0, "0 2 4"},
		{"\\`b", 0, "4"},
	} {
		re, err := CompileLines(strings.Split(c.patterns, ","), c.flags, '\n')
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for at := 0; at <= len(text); {
			i := re.Line([]byte(text), at)
			if i < 0 {
				break
			}
			got = append(got, fmt.Sprint(strings.Count(text[:i], "\n")))
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				break
			}
			at = i + end + 1
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: lines %s, want %s", c.patterns, s, c.want)
		}
	}
}

// Patterns that are exponential or quadratic elsewhere end soon.
func TestHostile(t *testing.T) {
	start := time.Now()
	long := strings.Repeat("a", 100000)
	for _, pattern := range []string{"(a*)*b", "(a|a)*b", "(a|aa)+$b", "a*a*a*a*a*b", "(.*)(.*)(.*)(.*)x", "(a?){300}a{300}b",
		"(x+x+)+y", "a{0,1000}b", "[ab]*a[ab]{14}c", `(a*)*\1b`} {
		re, err := Compile(pattern, e)
		if err != nil {
			t.Fatal(pattern, err)
		}
		slots := make([]int, 20)
		text := long
		if strings.Contains(pattern, `\`) {
			text = long[:200]
		}
		if re.Find([]byte(text), 0, slots, 0) {
			t.Error(pattern)
		}
	}
	for _, pattern := range []string{"(a*)*", "(a|aa)*", "(a*)(a*)(a*)", "((a)|(aa))*"} {
		re, _ := Compile(pattern, e)
		if !re.Find([]byte(long[:20000]), 0, make([]int, 20), 0) {
			t.Error(pattern)
		}
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

// Random patterns do with GNU sed what they do here.
func TestAgainstSed(t *testing.T) {
	sed, err := exec.LookPath("sed")
	if err != nil {
		t.Skip("no sed")
	}
	n := 400
	if testing.Short() {
		n = 50
	}
	r := rand.New(rand.NewSource(1))
	for range n {
		pattern := randomPattern(r, 3)
		re, err := Compile(pattern, e)
		// glibc loses assertions in repetitions: (\b.){1,2}.
		if err != nil || strings.Contains(pattern, "{") && strings.ContainsAny(pattern, `^$\`) {
			continue
		}
		var lines, script bytes.Buffer
		// The submatches are POSIX's here, and glibc's have known bugs.
		script.WriteString("s/" + pattern + "/<&>/g")
		for range 20 {
			for range r.Intn(10) {
				lines.WriteByte("aabbc d"[r.Intn(7)])
			}
			lines.WriteByte('\n')
		}
		cmd := exec.Command(sed, "-E", script.String())
		cmd.Env = []string{"LC_ALL=C"}
		cmd.Stdin = bytes.NewReader(lines.Bytes())
		out, err := cmd.Output()
		if err != nil {
			continue
		}
		want := strings.Split(string(out), "\n")
		all := strings.Split(lines.String(), "\n")
		for i, line := range all[:len(all)-1] {
			if got := replaceAll(re, line); got != want[i] {
				t.Errorf("%s on %q: %s, want %s", pattern, line, got, want[i])
			}
		}
	}
}

func randomPattern(r *rand.Rand, depth int) string {
	if depth == 0 {
		return []string{"a", "b", "c", "ab", ".", "[ab]", "[^a]", "a", "b", `\b`, "^", "$", `\w`, "", "a*", "b+"}[r.Intn(16)]
	}
	s := ""
	for range 1 + r.Intn(3) {
		p := randomPattern(r, depth-1)
		switch r.Intn(8) {
		case 0:
			p = "(" + p + ")"
		case 1:
			p = "(" + p + ")*"
		case 2:
			p = "(" + p + "|" + randomPattern(r, depth-1) + ")"
		case 3:
			p = "(" + p + ")?"
		case 4:
			p = "(" + p + "){1,2}"
		case 5:
			p = p + "|" + randomPattern(r, depth-1)
		}
		s += p
	}
	return s
}

func replaceAll(re *Regexp, line string) string {
	var b strings.Builder
	data := []byte(line)
	slots := make([]int, 2)
	last := -1
	at := 0
	for at <= len(data) && re.Find(data, at, slots, 0) {
		b.WriteString(line[at:slots[0]])
		if slots[1] > slots[0] || slots[0] != last {
			b.WriteString("<" + line[slots[0]:slots[1]])
			b.WriteString(">")
		}
		last = slots[1]
		if at = slots[1]; slots[0] == slots[1] {
			if at < len(line) {
				b.WriteByte(line[at])
			}
			at++
		}
	}
	return b.String() + line[min(at, len(line)):]
}

func FuzzRegex(f *testing.F) {
	f.Add("(a|ab)(c|bcd)(d*)", "abcd", uint16(1))
	f.Add(`\(a*\)\1[[:alpha:]]`, "aab", uint16(0))
	f.Fuzz(func(t *testing.T, pattern, data string, flags uint16) {
		if len(pattern) > 60 || len(data) > 200 {
			return
		}
		re, err := Compile(pattern, Flags(flags)&0x3ff)
		if err != nil {
			return
		}
		x := Flags(flags)
		slots := make([]int, 2*re.Groups()+2)
		hit := re.Find([]byte(data), 0, slots, x)
		if m := re.Match([]byte(data), x); m != hit {
			t.Fatalf("Find %v, Match %v", hit, m)
		}
		if !hit {
			return
		}
		for i := 0; i < len(slots); i += 2 {
			if slots[i] < 0 && slots[i+1] < 0 {
				continue
			}
			if slots[i] > slots[i+1] || slots[i] < slots[0] || slots[i+1] > slots[1] {
				t.Fatalf("slots %v", slots)
			}
		}
		if re.program.saves {
			return
		}
		if from := re.simulation().leftmost([]byte(data), 0, x); from != slots[0] {
			t.Fatalf("leftmost is %d, found %v", from, slots)
		}
	})
}
