package option

import (
	"slices"
	"strings"
	"testing"
)

type got struct {
	a, b   bool
	name   string
	list   []string
	memory int64
	cpus   int64
	pids   int64
}

func set(g *got, interspersed bool) *Set {
	return &Set{Interspersed: interspersed, Options: []Option{
		Bool(&g.a, "interactive", 'i', "Keep STDIN open"),
		Bool(&g.b, "tty", 't', ""),
		String(&g.name, "name", 0, ""),
		List(&g.list, "env", 'e', nil, ""),
		Bytes(&g.memory, "memory", 'm', ""),
		CPUs(&g.cpus, "cpus", ""),
		Int(&g.pids, "pids-limit", 0, ""),
	}}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		args string
		rest string
		want func(g *got) bool
	}{
		{"-it image -x", "image -x", func(g *got) bool { return g.a && g.b }},
		{"--interactive=false --tty image", "image", func(g *got) bool { return !g.a && g.b }},
		{"-eA=1 -e=B -e C --env=D --env E=2 x", "x", func(g *got) bool {
			return slices.Equal(g.list, []string{"A=1", "B", "C", "D", "E=2"})
		}},
		{"-ie A x", "x", func(g *got) bool { return g.a && slices.Equal(g.list, []string{"A"}) }},
		{"--name= x", "x", func(g *got) bool { return g.name == "" }},
		{"--name -i x", "x", func(g *got) bool { return g.name == "-i" && !g.a }},
		{"-m 64m x", "x", func(g *got) bool { return g.memory == 64<<20 }},
		{"-m 1.5g x", "x", func(g *got) bool { return g.memory == 3<<29 }},
		{"--cpus 1.5 --pids-limit -1 -- -i", "-i", func(g *got) bool { return g.cpus == 1_500_000_000 && g.pids == -1 && !g.a }},
		{"- -i", "- -i", func(g *got) bool { return !g.a }},
	} {
		var g got
		rest, err := set(&g, false).Parse(strings.Fields(c.args))
		if err != nil || strings.Join(rest, " ") != c.rest || !c.want(&g) {
			t.Errorf("%q: rest %q, %v, %+v", c.args, rest, err, g)
		}
	}
}

func TestInterspersed(t *testing.T) {
	var g got
	rest, err := set(&g, true).Parse([]string{"a", "-i", "b", "--", "-t"})
	if err != nil || strings.Join(rest, " ") != "a b -t" || !g.a || g.b {
		t.Errorf("rest %q, %v, %+v", rest, err, g)
	}
}

// The texts are docker 28's.
func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"--foo":                 "unknown flag: --foo",
		"-Z x":                  "unknown shorthand flag: 'Z' in -Z",
		"-iZt":                  "unknown shorthand flag: 'Z' in -Zt",
		"--name":                "flag needs an argument: --name",
		"-e":                    "flag needs an argument: 'e' in -e",
		"-ie":                   "flag needs an argument: 'e' in -e",
		"-m x b":                `invalid argument "x" for "-m, --memory" flag: invalid size: 'x'`,
		"--memory= b":           `invalid argument "" for "-m, --memory" flag: invalid size: ''`,
		"-m 1q":                 `invalid argument "1q" for "-m, --memory" flag: invalid suffix: 'q'`,
		"--cpus x b":            `invalid argument "x" for "--cpus" flag: failed to parse x as a rational number`,
		"--cpus 0.0000000001 b": `invalid argument "0.0000000001" for "--cpus" flag: value is too precise`,
		"--pids-limit x b":      `invalid argument "x" for "--pids-limit" flag: strconv.ParseInt: parsing "x": invalid syntax`,
		"-it=x b":               `invalid argument "x" for "-t, --tty" flag: strconv.ParseBool: parsing "x": invalid syntax`,
		"--=x":                  "bad flag syntax: --=x",
		"--help":                ErrHelp.Text,
		"-h":                    ErrHelp.Text,
	} {
		var g got
		if _, err := set(&g, false).Parse(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}

func TestHelpWraps(t *testing.T) {
	var g got
	s := set(&g, false)
	s.Options[1].Help = strings.Repeat("word ", 30)
	var b strings.Builder
	s.Help(&b)
	for _, l := range strings.Split(b.String(), "\n") {
		if len(l) > width {
			t.Errorf("%d columns: %q", len(l), l)
		}
	}
	if !strings.HasPrefix(b.String(), "  -i, --interactive      Keep STDIN open\n") {
		t.Errorf("help starts %.60q", b.String())
	}
}
