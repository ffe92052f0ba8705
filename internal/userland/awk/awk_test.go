package awk

import (
	"strings"
	"testing"

	"bantam/internal/userland/applet"
)

// output runs a program on a text and returns what it prints.
func output(program, text string) string {
	out, errs := applet.Capture(), applet.Capture()

	new(applet.Call).Inside(&Applet, []string{"awk", "--", program}, nil, applet.Memory([]byte(text)), out, errs)
	return string(out.Captured()) + string(errs.Captured())
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]float64{
		"": 0, "12": 12, "-1.5": -1.5, " +7 ": 7, "1e3x": 1000, "1e": 1, "1e+": 1, ".5": 0.5, "5.": 5, ".": 0, "-": 0, "0x1F": 31, "0x": 0, "0xg": 0,
		"123456789012345678901": 123456789012345678901, "0.1": 0.1, "3.141592653589793238": 3.141592653589793, "1e-400": 0, "nan": 0, "inf": 0,
		"18446744073709551615": 18446744073709551615, "99999999999999999999": 99999999999999999999, "0x1P": 1,
	} {
		if got, _ := parseNumber(s); got != want {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// A stack that overflows would end the shell's process.
func TestDeep(t *testing.T) {
	for _, program := range []string{
		"BEGIN{print " + strings.Repeat("(", 100000) + "1",
		"BEGIN{print " + strings.Repeat("- ", 100000) + "1}",
		"BEGIN{print " + strings.Repeat("$", 100000) + "1}",
		"BEGIN{x" + strings.Repeat("=x", 100000) + "}",
		"BEGIN" + strings.Repeat("{", 100000),
		"BEGIN{" + strings.Repeat("if(1)", 100000),
		"BEGIN{x=1" + strings.Repeat("^1", 100000) + "}",
		"BEGIN{x=1" + strings.Repeat("?1:1", 100000) + "}",
		"function f(x) {return f(x+1)} BEGIN{f(1)}",
	} {
		if got := output(program, ""); !strings.Contains(got, "oo deep") {
			t.Errorf("%.30s: %q", program, got)
		}
	}
}

// Programs without loops, calls and commands end by themselves.
func FuzzAwk(f *testing.F) {
	f.Add(`BEGIN{x["a"]=1;printf "%5.2f%s",1.5,x["a"]} /a/,NR==2{$3="x";print $1,NF;sub(/b/,"&&")} END{print length(x)}`, "a b c\nb\n")
	f.Add(`{n=split($0,p,/[ab]+/);print p[n],substr($1,2,1),$NF^2?1:x++ y}`, "1ab2 3\n")
	f.Fuzz(func(t *testing.T, program, text string) {
		for _, word := range []string{"for", "while", "do", "func", "system", "|", ">", "getline", "%*", "close"} {
			if strings.Contains(program, word) {
				return
			}
		}
		if len(program) > 200 || len(text) > 100 {
			return
		}
		output(program, text)
	})
}
