// Package api drives bantamd as its clients do: moby's own Go client, docker's, python's,
// compose, a shower of random requests. Everything runs in a root and on a socket of its own.
package api

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"

	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"
)

// patience is for things that happen on their own: the machine may be slow.
const patience = time.Minute

// server is a bantamd with a root of its own.
type server struct {
	t      *testing.T
	dir    string
	bantam string
	bin    string
	cmd    *exec.Cmd
}

func start(t *testing.T, args ...string) *server {
	t.Helper()
	testenv.Root(t)
	s := &server{t: t, bin: testenv.Bin(t, "bantamd"), bantam: testenv.Bin(t, "bantam"), dir: t.TempDir()}
	testenv.Bin(t, "bantam-oci")
	t.Cleanup(s.clear)
	s.run(args...)
	return s
}

func (s *server) socket() string { return s.dir + "/docker.sock" }
func (s *server) host() string   { return "unix://" + s.socket() }

// run starts the process and waits until it answers: it listens before the Go runtime has all the descriptors that it keeps.
func (s *server) run(args ...string) {
	s.t.Helper()
	log, err := os.OpenFile(s.dir+"/log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(s.bin, append([]string{"-H", s.host(), "--data-root", s.dir + "/root"}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	// A test that is killed takes its server with it. Networks are made where nobody else has any.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNET}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	testenv.LoopbackUp(s.t, s.cmd.Process.Pid)
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", s.socket()); err == nil {
			_, err = c.Write([]byte("GET /_ping HTTP/1.0\r\n\r\n"))
			answer, _ := io.ReadAll(c)
			c.Close()
			if err == nil && len(answer) > 0 {
				return
			}
		}
		if time.Now().After(end) {
			s.t.Fatalf("bantamd does not listen: %s", s.log())
		}
	}
}

func (s *server) log() string {
	b, _ := os.ReadFile(s.dir + "/log")
	return string(b)
}

// kill is kill -9.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// clear stops the server, removes what a failed test has left running, and looks for panics.
func (s *server) clear() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(unix.SIGTERM)
		_ = s.cmd.Wait()
	}
	ids, _ := os.ReadDir(s.dir + "/root/containers")
	for _, id := range ids {
		cmd := exec.Command(s.bantam, "--root", s.dir+"/root", "rm", "-f", id.Name())
		if out, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(out), "No such container") {
			s.t.Errorf("clear away %s: %v: %s", id.Name(), err, out)
		}
	}
	if strings.Contains(s.log(), "panic") {
		s.t.Errorf("bantamd panicked: %s", s.log())
	}
}

func (s *server) client() *client.Client {
	s.t.Helper()
	c, err := client.New(client.WithHost(s.host()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return c
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// descriptors counts the server's open files.
func (s *server) descriptors() int { return len(s.files()) }

// files names what is open, but for what the Go runtime keeps of its control group, from when it first wants to know.
func (s *server) files() (list []string) {
	paths, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "fd", "*"))
	for _, path := range paths {
		if to, _ := os.Readlink(path); !strings.HasPrefix(to, "/sys/fs/cgroup/") {
			list = append(list, filepath.Base(path)+" "+to)
		}
	}
	return list
}

// goroutines counts the server's, while nobody else asks it.
func (s *server) goroutines() int {
	s.t.Helper()
	c := s.client()
	defer c.Close()
	i, err := c.Info(patient(s.t), client.InfoOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return i.Info.NGoroutines
}

// settled waits until the server has no more open files than before.
func (s *server) settled(before int) {
	s.t.Helper()
	for end := time.Now().Add(patience); s.descriptors() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d descriptors are open, %d were before: %s", s.descriptors(), before, s.files())
		}
	}
}

// SIGUSR1 has the server tell what it is at, and go on.
func TestStacks(t *testing.T) {
	s := start(t)
	if err := s.cmd.Process.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); !strings.Contains(s.log(), "goroutine 1 ["); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(s.log())
		}
	}
	must[client.PingResult](t)(s.client().Ping(patient(t), client.PingOptions{}))
}
