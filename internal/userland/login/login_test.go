package login

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet/crypt"
	"bantam/internal/userland/applet/term"
)

// private is run in a mount namespace of its own, with an /etc of the test's.
const private = `/bin/mount --make-rprivate / && /bin/mount --bind "$1" /etc && shift && exec "$@"`

// session is a program on a terminal.
type session struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	out    bytes.Buffer
	chunks chan []byte
}

// etc makes an /etc with a password for root.
func etc(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	hash, _ := crypt.Hash("secret", "$5$rounds=1000$salt$")
	for name, text := range map[string]string{
		"passwd": "root:x:0:0:root:/:/bin/sh\njoe:x:4321:4321::/tmp:/bin/sh\nlocked:!:5:5::/:/bin/sh\n",
		"shadow": "root:" + hash + ":1::::::\njoe::1::::::\n",
		"group":  "root:x:0:\njoe:x:4321:\nextra:x:77:joe\n",
		"motd":   "hello there\n",
		"issue":  "this is \\l on \\m, 100%%\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// start runs an applet on a new terminal.
func start(t *testing.T, dir string, env []string, argv ...string) *session {
	t.Helper()
	if os.Getuid() != 0 {
		testenv.Skip(t, "root", "it needs a private /etc")
	}
	fd, path, err := term.OpenPty()
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	s := &session{t: t, master: os.NewFile(uintptr(fd), "master"), chunks: make(chan []byte, 100)}
	for i, arg := range argv {
		argv[i] = strings.ReplaceAll(arg, "TTY", path)
	}
	s.cmd = exec.Command("/usr/bin/unshare", append([]string{"-m", "/bin/sh", "-c", private, "_", dir}, argv...)...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.Env = append([]string{"PATH=/usr/bin:/bin", "TERM=vt100", "PS1=# "}, env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			p := make([]byte, 1000)
			n, err := s.master.Read(p)
			if err != nil {
				close(s.chunks)
				return
			}
			s.chunks <- p[:n]
		}
	}()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.master.Close()
	})
	return s
}

// expect waits until the text was printed.
func (s *session) expect(text string) {
	s.t.Helper()
	late := time.After(15 * time.Second)
	for {
		if i := bytes.Index(s.out.Bytes(), []byte(text)); i >= 0 {
			s.out.Next(i + len(text))
			return
		}
		select {
		case p, ok := <-s.chunks:
			if !ok {
				s.t.Fatalf("ended without %q: %q", text, s.out.String())
			}
			s.out.Write(p)
		case <-late:
			s.t.Fatalf("no %q in %q", text, s.out.String())
		}
	}
}

func (s *session) send(text string) {
	time.Sleep(150 * time.Millisecond) // what is typed too early is thrown away
	s.master.WriteString(text)
}

func (s *session) status() int {
	s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

func box(t *testing.T) string { return testenv.Bin(t, "box") }

func TestLogin(t *testing.T) {
	s := start(t, etc(t), []string{"SECRET=1"}, box(t), "login")
	s.expect(" login: ")
	s.send("nobody\n")
	s.expect("Password: ")
	s.send("x\n")
	s.expect("Login incorrect")
	s.expect(" login: ")
	s.send(" root\n")
	s.expect("Password: ")
	s.send("secret\n")
	s.expect("hello there")
	s.send("echo $(id -u) $USER $LOGNAME $HOME $SHELL $TERM =$SECRET= $0 >&2; exit 5\n")
	s.expect("0 root root / /bin/sh vt100 == -sh")
	if s.status() != 5 {
		t.Error(s.status())
	}
}

func TestLoginRefuses(t *testing.T) {
	dir := etc(t)
	s := start(t, dir, nil, box(t), "login", "locked")
	s.expect("Login incorrect")
	s.expect(" login: ")
	os.WriteFile(filepath.Join(dir, "securetty"), []byte("tty1\n"), 0o644)
	s.send("root\n")
	s.expect("Login incorrect")
	os.WriteFile(filepath.Join(dir, "nologin"), []byte("go\naway\n"), 0o644)
	s.expect(" login: ")
	s.send("joe\n")
	s.expect("go\r\r\naway")
	if s.status() != 1 {
		t.Error(s.status())
	}
}

func TestLoginTimesOut(t *testing.T) {
	s := start(t, etc(t), []string{"LOGIN_TIMEOUT=1"}, box(t), "login", "-f", "root")
	s.expect("hello there")
	s.send("sleep 1.5; echo still $((1+1))here; exit\n")
	s.expect("still 2here")
	s = start(t, etc(t), []string{"LOGIN_TIMEOUT=1"}, box(t), "login", "root")
	s.expect("Password: ")
	s.expect("Login timed out after 1 seconds")
	if s.status() != 0 {
		t.Error(s.status())
	}
}

func TestSulogin(t *testing.T) {
	dir := etc(t)
	s := start(t, dir, nil, box(t), "sulogin")
	s.expect("continue): ")
	s.send("\x04")
	if s.status() != 0 {
		t.Error(s.status())
	}
	s = start(t, dir, nil, box(t), "sulogin", "-t", "1")
	s.expect("continue): ")
	if s.status() != 0 {
		t.Error(s.status())
	}
	s = start(t, dir, nil, box(t), "sulogin", "-p")
	s.expect("continue): ")
	s.send("secret\n")
	s.send("echo me $USER $0; exit 3\n")
	s.expect("me root -sh")
	if s.status() != 3 {
		t.Error(s.status())
	}
}

func TestGetty(t *testing.T) {
	script := filepath.Join(t.TempDir(), "login.sh")
	os.WriteFile(script, []byte("#!/bin/sh\necho \"[$*]\" $TERM; stty -a | grep -o 'speed [0-9]*'; stty -a | grep -o ' icanon'\n"), 0o755)
	s := start(t, etc(t), nil, box(t), "getty", "-l", script, "9600", "TTY", "xterm")
	s.expect("this is /dev/pts/")
	s.expect(", 100%")
	s.expect(" login: ")
	s.send("\r")
	s.expect(" login: ")
	s.send("roxt\x7f\x7fot\r")
	s.expect("[-- root] xterm")
	s.expect("speed 9600")
	s.expect("icanon")

	s = start(t, etc(t), nil, box(t), "getty", "-i", "-n", "-l", script, "TTY", "0")
	s.expect("[--] vt100")
	s = start(t, etc(t), nil, box(t), "getty", "-i", "-t", "1", "-l", script, "0", "-")
	s.expect(" login: ")
	if s.status() != 0 {
		t.Error(s.status())
	}
}

// A copy of box with the right to change the user, called by someone else.
func TestSuByOthers(t *testing.T) {
	program, err := os.ReadFile(box(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	su := filepath.Join(dir, "su")
	os.WriteFile(su, program, 0o755)
	syscall.Chmod(su, 0o4755)
	for d := dir; d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o755)
		if filepath.Dir(d) == os.TempDir() {
			break
		}
	}
	joe := func(args ...string) []string {
		return append([]string{"/usr/bin/setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups", su}, args...)
	}
	s := start(t, etc(t), nil, joe("-c", "echo now $(id -u) $(id -G)")...)
	s.expect("Password: ")
	s.send("secret\n")
	s.expect("now 0 0")
	s = start(t, etc(t), nil, joe()...)
	s.expect("Password: ")
	s.send("wrong\n")
	s.expect("incorrect password")
	if s.status() != 1 {
		t.Error(s.status())
	}
}
