package peers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// A case of testdata/commands.txt is a script for docker's command line. It is run with
// docker and with bantam under the name docker, and both must print the same and end alike.
type commandCase struct {
	name, script string
	// differs is why bantam does something else, or empty: then both are the same.
	differs string
}

// TestCommands holds bantam's command line beside docker's.
func TestCommands(t *testing.T) {
	cases := commandCases(t)
	if len(cases) < 100 {
		t.Errorf("there are %d cases: 100 were promised", len(cases))
	}
	dir := folder(t)
	bantam := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	testenv.Bin(t, "bantamd")
	peer := docker(t)
	sides := [2]*side{
		{name: "docker", home: dir + "/docker", env: append(peer.env, "DOCKER_HOST="+peer.prefix[2]), program: peer.prefix[0]},
		{name: "bantam", home: dir + "/bantam", env: []string{"BANTAM_ROOT=" + dir + "/root"}, program: bantam},
	}
	for _, s := range sides {
		s.prepare(t, rootfsFile(t, dir))
	}
	t.Cleanup(func() { sides[1].sh(t, `docker rm -f $(docker ps -aq)`) })
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, got := sides[0].sh(t, c.script), sides[1].sh(t, c.script)
			switch same := want == got; {
			case same && c.differs != "":
				t.Errorf("there is no difference any more (%s)\n%s", c.differs, c.script)
			case !same && c.differs == "":
				t.Errorf("%s\ndocker:\n%s\nbantam:\n%s", c.script, want, got)
			}
		})
	}
}

// commandCases reads the file: "== name", perhaps "~ why bantam differs", then the script.
func commandCases(t *testing.T) (list []commandCase) {
	b, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split("\n"+string(b), "\n== ")[1:] {
		name, script, _ := strings.Cut(text, "\n")
		c := commandCase{name: name}
		if why, rest, ok := strings.Cut(script, "\n"); ok && strings.HasPrefix(why, "~ ") {
			c.differs, script = why[2:], rest
		}
		c.script = strings.TrimSpace(script)
		list = append(list, c)
	}
	return list
}

// side is one of the two engines.
type side struct {
	name, home, program string
	env                 []string
}

// prepare gives the side a folder in which its program is called docker, and the image box.
func (s *side) prepare(t *testing.T, rootfs string) {
	if err := os.MkdirAll(s.home+"/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(s.program, s.home+"/bin/docker"); err != nil {
		t.Fatal(err)
	}
	if s.name == "bantam" { // finds its other programs beside itself
		for _, name := range []string{"bantam-oci", "bantamd"} {
			if err := os.Symlink(filepath.Dir(s.program)+"/"+name, s.home+"/bin/"+name); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.sh(t, "docker import "+rootfs+" box")
}

// unsteady are the parts of an output that differ from run to run.
var unsteady = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b(sha256:)?[0-9a-f]{64}\b`), "ID64"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "ID12"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4} [A-Z]+)?`), "TIME"},
	{regexp.MustCompile(`(Less than a second|About a minute|\d+ (seconds?|minutes))( ago)?`), "AGO"},
}

// caseTime is how long a script may take: a generous limit, nothing is measured.
const caseTime = time.Minute

// sh runs a script in an empty folder, and removes the containers that it leaves.
func (s *side) sh(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	run := func(text string) (string, int) {
		ctx, cancel := context.WithTimeout(context.Background(), caseTime)
		defer cancel()
		cmd := exec.CommandContext(ctx, "/bin/bash", "-c", text)
		cmd.WaitDelay = time.Second
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), s.env...), "PATH="+s.home+"/bin:"+os.Getenv("PATH"), "NONE=--network none")
		out, _ := cmd.Output()
		if ctx.Err() != nil {
			t.Errorf("%s: not done after %s: %s", s.name, caseTime, text)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, code := run(script)
	defer run(`docker rm -f $(docker ps -aq) >/dev/null 2>&1`)
	for _, u := range unsteady {
		out = u.pattern.ReplaceAllString(out, u.with)
	}
	if code != 0 {
		out += "exit code " + string(rune('0'+code/100)) + string(rune('0'+code/10%10)) + string(rune('0'+code%10)) + "\n"
	}
	return out
}
