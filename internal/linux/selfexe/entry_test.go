package selfexe

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"bantam/internal/testenv"
)

// TestServer starts a program by the entry point that sets the timer slack alone.
func TestServer(t *testing.T) {
	prog := built(t, "server")
	for args, want := range map[string]string{
		"slack": "4000000 <nil>\n",
		"run":   fmt.Sprintf("%d \"\" %d [\"run\"] []\n", runtime.NumCPU(), os.Getpagesize()),
	} {
		cmd := exec.Command(prog, args)
		cmd.Env = []string{}
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("%s: %v: %swant %s", args, err, out, want)
		}
	}
}

// built builds the program with an entry point.
func built(t *testing.T, entry string) string {
	goTool := testenv.Program(t, "go")
	prog := filepath.Join(t.TempDir(), entry)
	build := exec.Command(goTool, "build", "-ldflags", "-E bantam/internal/linux/selfexe."+entry, "-o", prog, "./testdata/entry")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return prog
}

// TestEntry starts a program by its entry points: the verbs that start containers get one processor and nobody
// else hears of it.
func TestEntry(t *testing.T) {
	page := os.Getpagesize()
	type call struct {
		args, env []string
		want      string
	}
	own := map[string][]call{
		"entry": {{[]string{"create", "x"}, nil, fmt.Sprintf(`1 "1" %d ["create" "x"] []`, page)}},
		"lazy": {
			{[]string{"start", "x"}, nil, fmt.Sprintf(`1 "1" %d ["start" "x"] []`, page)},
			{[]string{"load", "start1"}, nil, fmt.Sprintf(`%d "" %d ["load" "start1"] []`, runtime.NumCPU(), page)},
			{[]string{"load", "stark"}, nil, fmt.Sprintf(`%d "" %d ["load" "stark"] []`, runtime.NumCPU(), page)},
			{[]string{"load", "exec.tar"}, nil, fmt.Sprintf(`%d "" %d ["load" "exec.tar"] []`, runtime.NumCPU(), page)},
		},
	}
	for _, entry := range []string{"entry", "lazy"} {
		prog := built(t, entry)
		for _, c := range append(own[entry], []call{
			{[]string{"run", "x"}, []string{"A=1", "B=2"}, fmt.Sprintf(`1 "1" %d ["run" "x"] ["A=1" "B=2"]`, page)},
			{[]string{"--root", "/x", "exec", "x"}, []string{"A=1"}, fmt.Sprintf(`1 "1" %d ["--root" "/x" "exec" "x"] ["A=1"]`, page)},
			{[]string{"run"}, nil, fmt.Sprintf(`1 "1" %d ["run"] []`, page)},
			{[]string{"run"}, []string{"GOMAXPROCS=3", "A=1"}, fmt.Sprintf(`3 "3" %d ["run"] ["GOMAXPROCS=3" "A=1"]`, page)},
			{[]string{"state"}, []string{"A=1"}, fmt.Sprintf(`%d "" %d ["state"] ["A=1"]`, runtime.NumCPU(), page)},
			{[]string{"import", "running.tar"}, nil, fmt.Sprintf(`%d "" %d ["import" "running.tar"] []`, runtime.NumCPU(), page)},
		}...) {
			cmd := exec.Command(prog, c.args...)
			cmd.Env = append([]string{}, c.env...)
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != c.want+"\n" {
				t.Errorf("%s: %v with %v: %v: %swant %s", entry, c.args, c.env, err, out, c.want)
			}
		}
	}
}
