package initd

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		"::sysinit:/etc/rc a b":    "|1|/etc/rc a b",
		"tty1::respawn:getty 9600": "/dev/tty1|8|getty 9600",
		"/dev/tty2:345:askfirst:-": "/dev/tty2|16|-",
		"::once:a:b:c":             "|4|a:b:c",
		"::unknown:x":              "bad",
		"::once:":                  "bad",
		"::once":                   "bad",
		"x":                        "bad",
	} {
		tty, kind, command, ok := parse(line)
		got := tty + "|" + string(rune('0'+kind)) + "|" + command
		if kind == askfirst {
			got = tty + "|16|" + command
		}
		if !ok {
			got = "bad"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestArgv(t *testing.T) {
	for command, want := range map[string]string{
		"a  b\tc":    "a|a|b|c",
		"-/bin/sh x": "/bin/sh|-/bin/sh|x",
		"a >b":       "/bin/sh|/bin/sh|-c|exec a >b",
		"-a >b":      "/bin/sh|-/bin/sh|-c|exec a >b",
	} {
		file, args := argv(command)
		if got := file + "|" + strings.Join(args, "|"); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("::sysinit:a b c")
	f.Fuzz(func(t *testing.T, line string) {
		if _, _, command, ok := parse(line); ok {
			argv(command)
		}
	})
}

// machine is a running init in namespaces of its own.
type machine struct {
	t   *testing.T
	cmd *exec.Cmd
	dir string
	pid int // of init, seen from here
	out *bytes.Buffer
}

// boot starts box init as process 1, with dir as its /etc and its console in a file.
func boot(t *testing.T, table string, args ...string) *machine {
	t.Helper()
	testenv.Root(t)
	box := testenv.Bin(t, "box")
	dir := t.TempDir()
	if table != "" {
		if err := os.WriteFile(filepath.Join(dir, "inittab"), []byte(strings.ReplaceAll(table, "DIR", dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(box, filepath.Join(dir, "init")); err != nil {
		t.Fatal(err)
	}
	script := `mount --bind ` + dir + ` /etc; exec ` + dir + `/init ` + strings.Join(args, " ")
	m := &machine{t: t, dir: dir, out: &bytes.Buffer{}}
	m.cmd = exec.Command("/usr/bin/unshare", "-mpf", "--mount-proc", "--kill-child", "sh", "-c", script)
	m.cmd.Stdout, m.cmd.Stderr = m.out, m.out
	m.cmd.WaitDelay = time.Second
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.cmd.Process.Kill()
		m.cmd.Wait()
		if t.Failed() {
			t.Logf("console:\n%s", m.out)
		}
	})
	return m
}

// lines waits until the file has n lines and returns them.
func (m *machine) lines(file string, n int) []string {
	m.t.Helper()
	var got []string
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		data, _ := os.ReadFile(filepath.Join(m.dir, file))
		got = strings.Fields(string(data))
		if len(got) >= n {
			return got
		}
	}
	m.t.Fatalf("%s has %q, not %d words", file, got, n)
	return nil
}

// signal sends init a signal.
func (m *machine) signal(s syscall.Signal) {
	m.t.Helper()
	if m.pid == 0 {
		f, err := os.Open("/proc/" + itoa(m.cmd.Process.Pid) + "/task/" + itoa(m.cmd.Process.Pid) + "/children")
		if err != nil {
			m.t.Fatal(err)
		}
		defer f.Close()
		line, _ := bufio.NewReader(f).ReadString(' ')
		for _, c := range strings.TrimSpace(line) {
			m.pid = m.pid*10 + int(c-'0')
		}
	}
	if err := syscall.Kill(m.pid, s); err != nil {
		m.t.Fatal(err)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// end waits for the end of the namespace.
func (m *machine) end() {
	m.t.Helper()
	done := make(chan error, 1)
	go func() { done <- m.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		m.t.Fatal("it doesn't end")
	}
}

func TestOrderAndPoweroff(t *testing.T) {
	m := boot(t, `
# comment
::once:sh -c "sleep 0.1; echo once >>DIR/log"
::sysinit:sh -c "sleep 0.1; echo sysinit1 >>DIR/log"
::wait:sh -c "echo wait >>DIR/log"
::sysinit:sh -c "echo sysinit2 $$ $PPID >>DIR/log"
::respawn:sh -c "echo pid $$ >>DIR/respawned; echo $USER $RUNLEVEL $PATH >>DIR/env; exec sleep 1000"
::shutdown:sh -c "echo shutdown >>DIR/log"
::ctrlaltdel:sh -c "echo ctrlaltdel >>DIR/log"
bad line
`, "5")
	got := m.lines("log", 5)
	if got[0] != "sysinit1" || got[1] != "sysinit2" || got[3] != "1" || got[4] != "wait" {
		t.Errorf("order %q", got)
	}
	m.lines("log", 6)
	if env := m.lines("env", 3); env[0] != "root" || env[1] != "5" || !strings.HasPrefix(env[2], "/sbin:") {
		t.Errorf("environment %q", env)
	}
	m.signal(syscall.SIGINT)
	if got = m.lines("log", 7); got[6] != "ctrlaltdel" {
		t.Errorf("after SIGINT: %q", got)
	}
	m.signal(syscall.SIGUSR2)
	m.end()
	if got = m.lines("log", 8); got[7] != "shutdown" {
		t.Errorf("after SIGUSR2: %q", got)
	}
	for _, want := range []string{"Bad inittab entry at line 10", "The system is going down NOW!", "Sent SIGKILL", "Requesting system poweroff"} {
		if !strings.Contains(m.out.String(), want) {
			t.Errorf("the console doesn't show %q", want)
		}
	}
}

func TestRespawnAndReload(t *testing.T) {
	m := boot(t, `
::respawn:sh -c "echo one >>DIR/log; exit 1"
::respawn:DIR/notyet
::respawn:sh -c "echo kept >>DIR/kept; exec sleep 1000"
`)
	m.lines("log", 3)
	if err := os.WriteFile(filepath.Join(m.dir, "notyet"), []byte("echo script >>"+m.dir+"/script; sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m.lines("script", 1)
	table := strings.ReplaceAll(`::respawn:sh -c "echo kept >>DIR/kept; exec sleep 1000"
::respawn:sh -c "echo two >>DIR/log2; exec sleep 1000"
`, "DIR", m.dir)
	if err := os.WriteFile(filepath.Join(m.dir, "inittab"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	m.signal(syscall.SIGHUP)
	m.lines("log2", 1)
	time.Sleep(1500 * time.Millisecond)
	before := len(m.lines("log", 1))
	time.Sleep(1500 * time.Millisecond)
	if after := len(m.lines("log", 1)); after != before {
		t.Error("what is no longer in inittab is started again")
	}
	if kept := m.lines("kept", 1); len(kept) != 1 {
		t.Errorf("what stays in inittab is started again: %q", kept)
	}
}

func TestRestart(t *testing.T) {
	m := boot(t, `
::respawn:sh -c "echo up >>DIR/log; exec sleep 1000"
::restart:sh -c "echo restarted $$ >>DIR/log2; exec sleep 1000"
::restart:sh -c "echo never >>DIR/log2"
`)
	m.lines("log", 1)
	m.signal(syscall.SIGQUIT)
	if got := m.lines("log2", 2); got[0] != "restarted" || got[1] != "1" {
		t.Errorf("restarted as %q", got)
	}
}

func TestHold(t *testing.T) {
	m := boot(t, `
::respawn:sh -c "echo up >>DIR/log"
`)
	m.lines("log", 1)
	m.signal(syscall.SIGTSTP)
	time.Sleep(1200 * time.Millisecond)
	before := len(m.lines("log", 1))
	time.Sleep(2500 * time.Millisecond)
	if after := len(m.lines("log", 1)); after != before {
		t.Errorf("respawned while stopped: %d, %d", before, after)
	}
	m.signal(syscall.SIGCONT)
	m.lines("log", before+1)
}

// Children of others are reaped, many at once; a signal among them isn't lost.
func TestOrphans(t *testing.T) {
	m := boot(t, `
::once:sh -c "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do (sleep 0.5; : ) & done; echo up >>DIR/log"
::respawn:sleep 1000
`)
	m.lines("log", 1)
	time.Sleep(600 * time.Millisecond)
	m.signal(syscall.SIGTERM)
	m.end()
	if !strings.Contains(m.out.String(), "Requesting system reboot") {
		t.Error("it didn't reboot")
	}
}

// A shell that was asked for has its terminal as the controlling one: Ctrl-C ends what
// runs in it.
func TestAskFirst(t *testing.T) {
	testenv.Root(t)
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		testenv.Skip(t, "pty", err.Error())
	}
	defer master.Close()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := boot(t, "pts/"+itoa(n)+"::askfirst:-/bin/sh\n::respawn:sleep 1000\n")
	shown := make(chan byte, 1<<16)
	go func() {
		buf := make([]byte, 512)
		for {
			n, err := master.Read(buf)
			for _, b := range buf[:n] {
				shown <- b
			}
			if err != nil && n == 0 {
				// Between the last close and the next open of the other side.
				time.Sleep(20 * time.Millisecond)
			}
			if errors.Is(err, os.ErrClosed) {
				return
			}
		}
	}()
	wait := func(text string) {
		t.Helper()
		got, end := "", time.After(15*time.Second)
		for !strings.Contains(got, text) {
			select {
			case b := <-shown:
				got += string(rune(b))
			case <-end:
				t.Fatalf("%q, not %q", got, text)
			}
		}
	}
	wait("Please press Enter to activate this console. ")
	master.WriteString("\n")
	time.Sleep(300 * time.Millisecond)
	master.WriteString("set -- $(cut -d' ' -f5,6,8 /proc/$$/stat); echo leader $(($1 == $$)) session $(($2 == $$)) front $(($3 == $$))\n")
	wait("leader 1 session 1 front 1")
	master.WriteString("echo begin; sleep 100; echo end of $((1 + 1))\n")
	time.Sleep(500 * time.Millisecond)
	master.WriteString("\x03")
	time.Sleep(300 * time.Millisecond)
	master.WriteString("echo alive $((2 + 3))\n")
	wait("alive 5")
	master.WriteString("exit\n")
	wait("Please press Enter to activate this console. ")
	m.signal(syscall.SIGUSR1)
	m.end()
}
