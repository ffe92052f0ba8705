package calculator

import (
	"math/big"
	"math/rand"
	"strings"
	"testing"

	"bantam/internal/userland/applet"
)

func random(r *rand.Rand) (nat, *big.Int) {
	n := r.Intn(400)
	s := make([]byte, n)
	for i := range s {
		s[i] = byte('0' + r.Intn(10))
		if r.Intn(3) > 0 && i > 0 {
			s[i] = s[i-1]
		}
	}
	b, _ := new(big.Int).SetString("0"+string(s), 10)
	return natFrom(string(s)), b
}

func (x nat) shown() string {
	if len(x) == 0 {
		return "0"
	}
	return x.string()
}

func TestNat(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 3000 {
		x, bx := random(r)
		y, by := random(r)
		check := func(what string, got nat, want *big.Int) {
			t.Helper()
			if got.shown() != want.String() {
				t.Fatalf("%s of %s and %s is %s, want %s", what, bx, by, got.shown(), want)
			}
		}
		check("sum", x.add(y), new(big.Int).Add(bx, by))
		check("product", x.mul(y), new(big.Int).Mul(bx, by))
		check("root", x.sqrt(), new(big.Int).Sqrt(bx))
		if len(y) > 0 {
			q, rest := x.div(y)
			bq, br := new(big.Int).QuoRem(bx, by, new(big.Int))
			check("quotient", q, bq)
			check("rest", rest, br)
		}
		if x.compare(y) >= 0 {
			check("difference", x.sub(y), new(big.Int).Sub(bx, by))
		}
		if (x.compare(y) > 0) != (bx.Cmp(by) > 0) {
			t.Fatal(bx, by)
		}
	}
}

// calculated runs a program and returns what it prints.
func calculated(a *applet.Applet, name, program string) string {
	out, errs := applet.Capture(), applet.Capture()
	args := []string{name}
	in := applet.Memory([]byte(program))
	new(applet.Call).Inside(a, args, nil, in, out, errs)
	return string(out.Captured()) + string(errs.Captured())
}

func TestDeep(t *testing.T) {
	for _, program := range []string{
		strings.Repeat("(", 100000), strings.Repeat("- ", 100000), strings.Repeat("{", 100000), "x" + strings.Repeat("=x", 100000),
		"define f(x) {return f(x+1)}\nf(1)\n", "9^9^9^9\n", "scale=99999999\n", "2^99999999\n", "if(1)" + strings.Repeat("if(1)", 100000), "1" + strings.Repeat("^1", 100000),
	} {
		if got := calculated(&Bc, "bc", program); !strings.HasPrefix(got, "bc: ") {
			t.Errorf("%.20s: %.100q", program, got)
		}
	}
	if got := calculated(&Dc, "dc", "[lax1+]sa lax"); !strings.HasPrefix(got, "dc: ") {
		t.Errorf("%q", got)
	}
}

func FuzzBc(f *testing.F) {
	f.Add("a=3;b[1]=2^5;if(a>2)\"x\"else print a,b[1]/3\nscale=3;sqrt(a)\n")
	f.Add("obase=17;ibase=8;17.17;a++;--a;length(1.20);!a&&1||0\n")
	f.Fuzz(func(t *testing.T, program string) {
		for _, word := range []string{"while", "for", "define", "^", "scale"} {
			if strings.Contains(program, word) {
				return
			}
		}
		if len(program) < 100 {
			calculated(&Bc, "bc", program)
		}
	})
}

func FuzzDc(f *testing.F) {
	f.Add("1 2+p[3p]x 5k2vp 1 2>a 3Sala 16o255p 7 3~f")
	f.Fuzz(func(t *testing.T, program string) {
		if len(program) < 60 && !strings.ContainsAny(program, "x<>=!?^k|*") {
			calculated(&Dc, "dc", program)
		}
	})
}
