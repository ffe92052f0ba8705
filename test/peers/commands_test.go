package peers

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
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
	sameLines(t, docker(t), "testdata/commands.txt", 100)
}

// TestNetworkCommands does so for networks and volumes, with docker's bridge and rules.
func TestNetworkCommands(t *testing.T) {
	testenv.Program(t, "iptables")
	sameLines(t, dockerWith(t), "testdata/networks.txt", 40)
}

// sameLines runs each case of a file with docker and with bantam.
func sameLines(t *testing.T, peer *engine, file string, promised int) {
	t.Helper()
	dir := folder(t)
	bantam := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	testenv.Bin(t, "bantamd")
	compareLines(t, peer, &side{name: "bantam", home: dir + "/bantam", env: []string{"BANTAM_ROOT=" + dir + "/root"}, program: bantam}, dir, file, promised)
}

// TestCommandsThroughBantamd has docker's own client run the same lines against bantamd.
func TestCommandsThroughBantamd(t *testing.T) {
	peer := docker(t)
	dir := folder(t)
	compareLines(t, peer, throughBantamd(t, peer, dir), dir, "testdata/commands.txt", 100)
}

// TestNetworkCommandsThroughBantamd does so for networks and volumes.
func TestNetworkCommandsThroughBantamd(t *testing.T) {
	testenv.Program(t, "iptables")
	peer := dockerWith(t)
	dir := folder(t)
	compareLines(t, peer, throughBantamd(t, peer, dir), dir, "testdata/networks.txt", 40)
}

// throughBantamd is docker's client with bantamd behind it.
func throughBantamd(t *testing.T, peer *engine, dir string) *side {
	t.Helper()
	testenv.Bin(t, "bantam-oci")
	host := "unix://" + dir + "/bantamd.sock"
	cmd := exec.Command(testenv.Bin(t, "bantamd"), "-H", host, "--data-root", dir+"/root")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("unix", dir+"/bantamd.sock"); err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("bantamd does not listen")
		}
	}
	return &side{name: "bantamd", home: dir + "/bantamd", env: append(peer.env, "DOCKER_HOST="+host), program: peer.prefix[0]}
}

// compareLines runs each case of a file with docker and on another side.
func compareLines(t *testing.T, peer *engine, other *side, dir, file string, promised int) {
	t.Helper()
	cases := commandCases(t, file)
	if len(cases) < promised {
		t.Errorf("there are %d cases: %d were promised", len(cases), promised)
	}
	sides := [2]*side{{name: "docker", home: dir + "/docker", env: append(peer.env, "DOCKER_HOST="+peer.prefix[2]), program: peer.prefix[0]}, other}
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
				t.Errorf("%s\ndocker:\n%s\n%s:\n%s", c.script, want, other.name, got)
			}
		})
	}
}

// commandCases reads the file: "== name", perhaps "~ why bantam differs", then the script.
func commandCases(t *testing.T, file string) (list []commandCase) {
	b, err := os.ReadFile(file)
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

// sh runs a script in an empty folder, and removes the containers, networks and volumes that it leaves.
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
	defer run(`docker rm -f $(docker ps -aq); docker network rm $(docker network ls -q -f type=custom); docker volume rm $(docker volume ls -q)`)
	for _, u := range unsteady {
		out = u.pattern.ReplaceAllString(out, u.with)
	}
	if code != 0 {
		out += "exit code " + string(rune('0'+code/100)) + string(rune('0'+code/10%10)) + string(rune('0'+code%10)) + "\n"
	}
	return out
}
