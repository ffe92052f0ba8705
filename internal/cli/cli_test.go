package cli

import (
	"strings"
	"testing"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/engine"
)

// bantam runs a command line in this process and returns exit code, output and errors.
func bantam(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	c := &call{root: t.TempDir(), version: engine.NewVersion("1.2.3", "abc"), out: &o, err: &e}
	code = c.main(args)
	return code, o.String(), e.String()
}

// The texts and codes are those that docker 28 gave for the same words.
func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"run --foo":              {125, "unknown flag: --foo\n\nUsage:  bantam run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'bantam run --help' for more information\n"},
		"run":                    {1, "bantam: 'bantam run' requires at least 1 argument\n\nUsage:  bantam run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'bantam run --help' for more information\n"},
		"container run":          {1, "bantam: 'bantam run' requires at least 1 argument\n\nUsage:  bantam run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'bantam run --help' for more information\n"},
		"nope":                   {1, "bantam: unknown command: bantam nope\n\nRun 'bantam --help' for more information\n"},
		"container nope":         {1, "bantam: unknown command: bantam container nope\n\nUsage:  bantam container\n\nRun 'bantam container --help' for more information\n"},
		"ps x":                   {1, "bantam: 'bantam ps' accepts no arguments\n\nUsage:  bantam ps [OPTIONS]\n\nRun 'bantam ps --help' for more information\n"},
		"images a b":             {1, "bantam: 'bantam images' requires at most 1 argument\n\nUsage:  bantam images [OPTIONS] [REPOSITORY[:TAG]]\n\nRun 'bantam images --help' for more information\n"},
		"--foo":                  {125, "unknown flag: --foo\n\nUsage:  bantam [OPTIONS] COMMAND [ARG...]\n\nRun 'bantam --help' for more information\n"},
		"help nope":              {1, "unknown help topic: nope\n"},
		"version --format {{":    {1, "failed to parse template: template: :1: unclosed action\n"},
		"run -e =x b":            {125, "invalid argument \"=x\" for \"-e, --env\" flag: invalid environment variable: =x\n\nUsage:  bantam run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'bantam run --help' for more information\n"},
		"run --label =x b":       {125, "invalid argument \"=x\" for \"-l, --label\" flag: invalid label '=x': empty name\n\nUsage:  bantam run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'bantam run --help' for more information\n"},
		"run --detach-keys xx b": {125, "bantam: invalid detach keys (xx): Unknown character: 'xx'\n\nRun 'bantam run --help' for more information\n"},
		"rm nope":                {1, "bantam: No such container: nope\n"},
		"rm -f nope":             {0, "bantam: No such container: nope\n"},
	} {
		code, out, errs := bantam(t, strings.Fields(args)...)
		if code != want.code || errs != want.text || out != "" {
			t.Errorf("%s: code %d\n%s%swant %d\n%s", args, code, out, errs, want.code, want.text)
		}
	}
}

// Every command explains itself, and nothing it declares is missing from its help.
func TestHelp(t *testing.T) {
	c := &call{}
	_, overview, _ := bantam(t)
	for _, make := range c.commands() {
		cmd := make()
		words, text := strings.Fields(cmd.name), overview
		if len(words) > 1 {
			_, text, _ = bantam(t, words[0])
		}
		if n := strings.Count(text, "\n  "+words[len(words)-1]+" "); n != 1 {
			t.Errorf("%s is in the overview %d times", cmd.name, n)
		}
		code, out, _ := bantam(t, append(words, "--help")...)
		_, viaHelp, _ := bantam(t, append([]string{"help"}, words...)...)
		if code != 0 || out != viaHelp || !strings.Contains(out, cmd.short) {
			t.Errorf("%s --help: code %d\n%s", cmd.name, code, out)
		}
		seen := map[byte]bool{}
		for _, o := range cmd.options.Options {
			if !strings.Contains(out, "--"+o.Name) || o.Help == "" {
				t.Errorf("%s: --%s is not explained", cmd.name, o.Name)
			}
			if o.Short != 0 && seen[o.Short] {
				t.Errorf("%s: -%c is declared twice", cmd.name, o.Short)
			}
			seen[o.Short] = true
		}
	}
}

func TestVersion(t *testing.T) {
	if _, out, _ := bantam(t, "--version"); out != "Bantam version 1.2.3, build abc\n" {
		t.Errorf("%q", out)
	}
	if _, out, _ := bantam(t, "version", "-f", "{{.Server.Version}} {{json .Client.GitCommit}}"); out != "1.2.3 \"abc\"\n" {
		t.Errorf("%q", out)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "Less than a second", time.Second: "1 second", 59 * time.Second: "59 seconds", time.Minute: "About a minute", 46 * time.Minute: "46 minutes",
		time.Hour: "About an hour", 3 * time.Hour: "3 hours", 50 * time.Hour: "2 days", 15 * 24 * time.Hour: "2 weeks", 70 * 24 * time.Hour: "2 months", 800 * 24 * time.Hour: "2 years",
	} {
		if got := engine.Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func row(change func(c *engine.Container)) containerRow {
	c := engine.Container{
		Record: &folder.Record{ID: strings.Repeat("ab", 32), Name: "hen", Path: "sh", Args: []string{"-c", "echo \"a long line\""}, Config: folder.Config{Image: "box"}},
		State:  &folder.State{Status: folder.Created},
	}
	change(&c)
	return psRow(&c, false)
}

func TestRows(t *testing.T) {
	r := row(func(c *engine.Container) {})
	if r.ID != "abababababab" || r.Command != `"sh -c 'echo \"a long…"` || r.Status != "Created" {
		t.Errorf("%+v", r)
	}
	r = row(func(c *engine.Container) {
		c.Status, c.ExitCode, c.Finished = folder.Exited, 3, time.Now().Add(-90*time.Second)
	})
	if r.Status != "Exited (3) About a minute ago" || r.State != "exited" {
		t.Errorf("%+v", r)
	}
}
