package escape

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestDevIsSymlink is CVE-2026-41579, CVE-2026-47766: /dev of the image leads to the host, and no mount covers it.
func TestDevIsSymlink(t *testing.T) {
	r := newRig(t)
	r.dropMounts("/dev")
	r.link("dev", r.canary)
	r.shell("ls -la /dev/")
	if got := r.run(); strings.Contains(got.out, "secret") {
		t.Errorf("/dev shows the host: %s", got.out)
	}
}

// TestDeviceIsSymlink: the places of the default devices are symlinks out.
func TestDeviceIsSymlink(t *testing.T) {
	r := newRig(t)
	r.dropMounts("/dev")
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd", "stdin", "stdout", "stderr", "core", "console"} {
		r.link("dev/"+name, r.canary+"/sub/file")
	}
	r.link("dev/new", r.canary)
	major := specs.LinuxDevice{Path: "/dev/new/node", Type: "c", Major: 1, Minor: 3}
	r.spec.Linux.Devices = append(r.spec.Linux.Devices, major)
	r.run()
}

// TestConsoleIsSymlink is CVE-2025-52565: the terminal is bound to what the image has at /dev/console.
func TestConsoleIsSymlink(t *testing.T) {
	for _, target := range []string{"CANARY/secret", "/proc/sys/kernel/core_pattern", "/etc/own", ""} {
		t.Run(target, func(t *testing.T) { consoleAt(t, target) })
	}
}

// consoleAt runs a container whose /dev/console is a link to target, or a folder.
func consoleAt(t *testing.T, target string) {
	before := corePattern()
	r := newRig(t)
	r.dropMounts("/dev")
	r.addMount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620")
	r.must(os.MkdirAll(filepath.Join(r.rootfs, "dev/pts"), 0o755))
	r.file("etc/own", "of the image", 0o666)
	if target == "" {
		r.must(os.MkdirAll(filepath.Join(r.rootfs, "dev/console"), 0o755))
	} else {
		r.link("dev/console", strings.ReplaceAll(target, "CANARY", r.canary))
	}
	r.spec.Process.Terminal = true
	r.shell("echo '|/evil' >/dev/console; cat /proc/mounts >/tmp/mounts")
	r.withTerminal()
	restoreCorePattern(t, before)
	mounts, _ := os.ReadFile(filepath.Join(r.rootfs, "tmp/mounts"))
	for _, line := range strings.Split(string(mounts), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "devpts" && f[1] != "/dev/pts" && f[1] != "/dev/console" {
			t.Errorf("/dev/console -> %s: the terminal was bound to %s", target, f[1])
		}
	}
}

// TestConsole: with nothing planted the same container gets its terminal.
func TestConsole(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Terminal = true
	r.shell("cat /proc/mounts >/tmp/mounts; test -t 0 && echo terminal >>/tmp/mounts")
	r.withTerminal()
	if b, _ := os.ReadFile(filepath.Join(r.rootfs, "tmp/mounts")); !strings.Contains(string(b), " /dev/console ") || !strings.HasSuffix(string(b), "terminal\n") {
		t.Errorf("mounts: %s", b)
	}
}

// withTerminal runs the container with a console socket and takes what arrives there.
func (r *rig) withTerminal() {
	r.t.Helper()
	r.writeSpec()
	r.t.Chdir(r.dir)
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: "console.sock"})
	r.must(err)
	defer socket.Close()
	go func() {
		for {
			c, err := socket.AcceptUnix()
			if err != nil {
				return
			}
			takeMaster(c)
		}
	}()
	id := newID()
	got := r.callFrom(func(c *exec.Cmd) { c.Stdout, c.Stderr = nil, nil }, "run", "--detach", "--console-socket", "console.sock", "--bundle", r.dir, id)
	if got.code == 0 {
		r.waitStopped(id)
	}
	r.call("delete", "--force", id)
}

func takeMaster(c *net.UnixConn) {
	defer c.Close()
	buf, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := c.ReadMsgUnix(buf, oob)
	if err != nil {
		return
	}
	messages, _ := unix.ParseSocketControlMessage(oob[:n])
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m)
		for _, fd := range fds {
			master := os.NewFile(uintptr(fd), "master")
			master.Read(buf) // ends when the container does
			master.Close()
		}
	}
}

// waitStopped returns when a container's init has ended.
func (r *rig) waitStopped(id string) {
	for {
		got := r.call("state", id)
		if got.code != 0 || strings.Contains(got.out, `"stopped"`) {
			return
		}
	}
}

// TestStdioOwner is CVE-2026-88264, CVE-2026-88265: with its standard files
// closed the runtime opens the image's /dev/null for them, and gives it to the user.
func TestStdioOwner(t *testing.T) {
	r := newRig(t)
	r.dropMounts("/dev")
	file := r.host("given", "of the host")
	r.bind(file, "/given")
	r.file("given", "", 0o644)
	r.link("dev/null", "/given")
	r.spec.Process.User = specs.User{UID: 1000, GID: 1000}
	r.shell("true")
	r.writeSpec()
	id := newID()
	closed := exec.Command("/bin/sh", "-c", `exec "$@" <&- >&- 2>&-`, "sh", r.oci, "--root", filepath.Join(r.dir, "state"), "run", "--bundle", r.dir, id)
	closed.Run() // it may refuse: what counts is the file
	r.call("delete", "--force", id)
	var st unix.Stat_t
	r.must(unix.Stat(file, &st))
	if b, _ := os.ReadFile(file); st.Uid != 0 || st.Gid != 0 || st.Mode&0o7777 != 0o644 || string(b) != "of the host" {
		t.Errorf("the host's file: owner %d:%d, mode %o, %q", st.Uid, st.Gid, st.Mode, b)
	}
}
