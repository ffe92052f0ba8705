package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// completed are the candidates for the last word of a line, without their explanations.
func completed(t *testing.T, line string) []string {
	t.Helper()
	_, out, errs := bantam(t, append([]string{"__complete"}, strings.Split(line, " ")...)...)
	if errs != "" {
		t.Fatalf("%s: %s", line, errs)
	}
	var list []string
	for _, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		name, _, _ := strings.Cut(l, "\t")
		list = append(list, name)
	}
	return list
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"ru":                            "run",
		"--ro":                          "--root",
		"container insp":                "inspect",
		"help ren":                      "rename",
		"run --log-dri":                 "--log-driver",
		"run --log-driver j":            "json-file journald",
		"run --log-driver=jo":           "--log-driver=journald",
		"run -it --pull ":               "always missing never",
		"run --env-file ":               ":files",
		"run -v ":                       ":files",
		"run --restart unl":             "unless-stopped",
		"run --name x --network h":      "host",
		"--root /nowhere run --restart": "--restart",
		"completion ":                   "bash zsh fish",
		"run box --log-d":               "",
		"stop -t":                       "",
		"run --name ":                   "",
		"nonsense ":                     "",
	} {
		if got := strings.Join(completed(t, line), " "); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if all := completed(t, ""); !slices.Contains(all, "run") || !slices.Contains(all, "container") || slices.Contains(all, "__complete") {
		t.Errorf("verbs: %v", all)
	}
}

// What a shell's script makes of it.
func TestBashCompletion(t *testing.T) {
	bash := testenv.Program(t, "bash")
	program := testenv.Bin(t, "bantam")
	script := `source <("$0" completion bash)
try() { COMP_LINE="bantam $1"; COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<<"$COMP_LINE"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _bantam; echo "${COMPREPLY[*]}"; }
try "comple"; try "run --pull="; try "run --ipc cont"; cd "$1"; try "run --env-file fi"`
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "-c", script, program, dir)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "BANTAM_ROOT="+dir+"/root")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "completion\nalways missing never\ncontainer:\nfile\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCompletionScriptsParse(t *testing.T) {
	for shell, text := range map[string]string{"zsh": zshCompletion, "fish": fishCompletion} {
		t.Run(shell, func(t *testing.T) {
			cmd := exec.Command(testenv.Program(t, shell), "-n", "/dev/stdin")
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// A page says everything that the help says.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	if code, _, errs := bantam(t, "man", dir); code != 0 {
		t.Fatal(errs)
	}
	c := &call{}
	for _, make := range c.commands() {
		cmd := make()
		b, err := os.ReadFile(filepath.Join(dir, manName(cmd.name)+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, o := range cmd.options.Options {
			if !strings.Contains(string(b), roff("--"+o.Name)) {
				t.Errorf("%s: no --%s on its page", cmd.name, o.Name)
			}
		}
	}
	t.Run("groff", func(t *testing.T) {
		cmd := exec.Command(testenv.Program(t, "groff"), "-man", "-ww", "-z", "-Tutf8", dir+"/bantam-run.1", dir+"/bantam.1")
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// Every command line of the documentation names commands and options that there are.
func TestDocsNameWhatThereIs(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no documentation found", err)
	}
	for _, path := range append(files, "../../README.md") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range codeLines(string(b)) {
			words := strings.Fields(line)
			if i := slices.Index(words, "bantam"); i >= 0 {
				checkLine(t, filepath.Base(path), words[i+1:])
			}
		}
	}
}

// codeLines are the lines of the fenced blocks.
func codeLines(text string) (lines []string) {
	inside := false
	for _, l := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(strings.TrimSpace(l), "```"):
			inside = !inside
		case inside || strings.HasPrefix(l, "    "):
			lines = append(lines, strings.TrimPrefix(strings.TrimSpace(l), "$ "))
		}
	}
	return lines
}

func checkLine(t *testing.T, file string, words []string) {
	var version bool
	c := &call{}
	globals := c.globals(&version)
	rest, err := globals.Parse(words)
	if err != nil || len(rest) == 0 {
		return
	}
	cmd, args := c.find(rest)
	if cmd == nil {
		if rest[0] != "help" && !strings.ContainsAny(rest[0], ".`,:…") {
			t.Errorf("%s: bantam %s: there is no such command", file, strings.Join(words, " "))
		}
		return
	}
	for _, w := range args {
		name, _, _ := strings.Cut(w, "=")
		if !strings.HasPrefix(name, "--") || name == "--" || name == "--help" {
			if !cmd.options.Interspersed && !strings.HasPrefix(w, "-") {
				return // from here on it may be the container's
			}
			continue
		}
		if cmd.options.Named(name) == nil {
			t.Errorf("%s: bantam %s has no %s", file, cmd.name, name)
		}
	}
}
