package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// TestShellless looks into containers of docker's that have no shell, of an image with one static program and of one with
// only a C library, in each way that test/script's shellless.txtar looks into bantam's.
func TestShellless(t *testing.T) {
	bantam := testenv.Bin(t, "bantam")
	d := docker(t)
	b := &engine{prefix: []string{bantam, "--root", folder(t) + "/root"}, env: []string{"DOCKER_HOST=" + d.prefix[2]}}
	t.Run("static", func(t *testing.T) {
		tree := folder(t)
		sh(t, "cp "+testenv.Bin(t, "box")+" "+tree+"/box")
		(&shellless{d: d, b: b, image: "static", tree: tree, program: "/box", args: []string{"/box", "sleep"}}).look(t)
	})
	t.Run("library", func(t *testing.T) {
		testenv.Program(t, "ldd")
		tree := folder(t)
		sh(t, "cp $(readlink -f /bin/sleep) "+tree+"/sleep; for l in $(ldd "+tree+"/sleep | grep -o '/[^ ]*'); do mkdir -p "+tree+"/$(dirname $l); cp -L $l "+tree+"/$l; done")
		(&shellless{d: d, b: b, image: "library", tree: tree, program: "/sleep", args: []string{"/sleep"}}).look(t)
	})
	t.Run("crashed", func(t *testing.T) { crashed(t, d, b) })
}

func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// shellless is a container of docker's without a shell; b are bantam's tools.
type shellless struct {
	d, b                 *engine
	image, tree, program string
	args                 []string // its program, which sleeps
}

func (s *shellless) look(t *testing.T) {
	tar := filepath.Join(folder(t), "image.tar")
	sh(t, "tar -C "+s.tree+" -cf "+tar+" .")
	s.d.must(t, "import", tar, s.image)
	s.d.must(t, append([]string{"run", "-d", "--name", s.image, "--network", "none", "--hostname", "bird", s.image}, append(s.args, "1000")...)...)
	defer s.d.try(t, "rm", "-f", s.image)
	asleep := "1 " + strings.Join(s.args, " ") + " 1000"

	if o := s.d.try(t, "exec", s.image, "sh"); !strings.Contains(o.stdout+o.stderr, "executable file not found") {
		t.Errorf("it has a shell: %v", o)
	}
	s.b.want(t, asleep, "debug", s.image, "sh", "-c", "ps -o pid,args | grep '[s]leep 1000$' | sed 's/^ *//' | head -1")
	s.b.want(t, s.program, "debug", s.image, "sh", "-c", "ls -d "+s.program)
	if o := s.b.must(t, "explain", s.image); !strings.HasPrefix(o, "program          "+asleep[2:]+"\n") {
		t.Errorf("explain: %s", o)
	}
	if o := s.b.must(t, "explain", "--diff", "box", s.image); !strings.Contains(o, "- program          sh\n") || !strings.Contains(o, "+ program          "+asleep[2:]+"\n") {
		t.Errorf("explain --diff: %s", o)
	}
	beside := []string{"run", "--rm", "--pid=container:" + s.image, "--net=container:" + s.image, "--cap-add", "sys_admin", "--cap-add", "sys_ptrace", "box", "/bin/sh", "-c"}
	if o := s.d.must(t, append(beside, "ps aux; ls -d /proc/1/root"+s.program)...); !strings.Contains(o, asleep[2:]) || !strings.HasSuffix(o, "/proc/1/root"+s.program) {
		t.Errorf("a toolkit beside it: %s", o)
	}
	s.enter(t)
	s.trace(t)
}

// enter enters it with nsenter(1) and with box's.
func (s *shellless) enter(t *testing.T) {
	pid := s.d.must(t, "inspect", "-f", "{{.State.Pid}}", s.image)
	for _, program := range [][]string{{testenv.Program(t, "nsenter")}, {testenv.Bin(t, "box"), "nsenter"}} {
		e := &engine{prefix: append(program, "-t", pid)}
		e.must(t, append(append([]string{"-a"}, s.args...), "0")...)
		e.want(t, "bird", "-u", "hostname")
	}
}

// trace watches it until it is stopped, and meanwhile has something executed in it. Its summary has it.
func (s *shellless) trace(t *testing.T) {
	out := filepath.Join(folder(t), "trace")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(s.b.prefix[0], append(s.b.prefix[1:len(s.b.prefix):len(s.b.prefix)], "trace", "--summary", s.image)...)
	cmd.Env = append(os.Environ(), s.b.env...)
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := func() string { b, _ := os.ReadFile(out); return string(b) }
	testenv.Until(t, "an event of what is executed in it", func() bool {
		if strings.Contains(text(), "ptrace") {
			s.d.try(t, "kill", s.image)
			cmd.Wait()
			testenv.Skip(t, "ebpf-tracing", text())
		}
		s.d.must(t, append(append([]string{"exec", s.image}, s.args...), "0")...)
		return strings.Contains(text(), " exec    "+s.program+"\n")
	})
	s.d.must(t, "kill", s.image)
	if err := cmd.Wait(); err != nil || !strings.Contains(text(), "COUNT   FAILED SYSTEM CALLS\n") {
		t.Errorf("trace: %v: %s", err, text())
	}
}

// crashed has bantam say of docker's containers why they have ended, or couldn't be started.
func crashed(t *testing.T, d, b *engine) {
	explained := func(name string, want ...string) {
		t.Helper()
		o := b.must(t, "explain", name)
		for _, w := range want {
			if !strings.Contains(o, w) {
				t.Errorf("explain %s: got %q, want %q", name, o, w)
			}
		}
		d.must(t, "rm", "-f", name)
	}
	d.wantCode(t, 1, "run", "--name", "dead", "--network", "none", "static", "/box", "cat", "/no/config")
	if o := b.wantCode(t, 0, "debug", "dead", "sh", "-c", "ls -d /box"); o.stdout != "/box\n" || !strings.Contains(o.stderr, "/no/config") {
		t.Errorf("debug: %q %q", o.stdout, o.stderr)
	}
	explained("dead", "Container dead ended at ", " with exit code 1.\nIts files and last words: bantam debug dead")
	d.wantCode(t, 127, "run", "--name", "lost", "--network", "none", "static", "nosuch")
	explained("lost", "Container lost could not be started: ", "\n1. The image has no such program: bantam debug lost ls -l nosuch\n2. PATH of the image does not lead to it: docker inspect ")
	d.wantCode(t, 137, "run", "--name", "killed", "--network", "none", "static", "/box", "sh", "-c", "kill -9 $$; sleep 1000 & exit 137")
	explained("killed", "1. Somebody has killed it: docker events ")
}
