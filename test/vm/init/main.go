// Command init is the first process of the test machine: it makes the
// surroundings of a small Linux system, runs each line of /bantam/suites and
// powers the machine off.
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "suites" {
		suites()
		return
	}
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
	} else {
		reap(start())
	}
	unix.Sync()
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// start runs the suites in a process of its own, so that this one only reaps:
// tests look for processes that they left behind, and a zombie is one.
func start() int {
	p, err := os.StartProcess("/init", []string{"/init", "suites"}, &os.ProcAttr{
		Dir: "/", Env: environment, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "init: start suites:", err)
		return -1
	}
	return p.Pid
}

var environment = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "BANTAM_BIN=/bantam/bin", "BANTAM_VM=1", "CI=true", "TMPDIR=/tmp", "TERM=dumb"}

func reap(until int) {
	for until > 0 {
		pid, err := unix.Wait4(-1, nil, 0, nil)
		if pid == until || err == unix.ECHILD {
			return
		}
	}
}

// setUp moves from the initramfs, which pivot_root(2) refuses as old root, to a
// tmpfs, and mounts what a system has.
func setUp() error {
	if err := switchRoot(); err != nil {
		return fmt.Errorf("switch root: %w", err)
	}
	for _, m := range []struct{ kind, at, data string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", "mode=755"},
		{"devpts", "/dev/pts", "mode=620,ptmxmode=666"}, {"tmpfs", "/dev/shm", "mode=1777"},
		{"mqueue", "/dev/mqueue", ""}, {"tmpfs", "/run", "mode=755"}, {"tmpfs", "/tmp", "mode=1777"},
		{"cgroup2", "/sys/fs/cgroup", "nsdelegate"}, {"securityfs", "/sys/kernel/security", ""},
	} {
		os.MkdirAll(m.at, 0o755) // sysfs has its own folders
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.data); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.at, err)
		}
	}
	if err := loadModules("/bantam/modules"); err != nil {
		return err
	}
	if err := loadProfiles("/bantam/apparmor"); err != nil {
		return err
	}
	return loopbackUp()
}

func switchRoot() error {
	const root = "/newroot"
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", root, "tmpfs", 0, "mode=755,size=90%"); err != nil {
		return err
	}
	if err := move("/", root); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.Mount(root, "/", "", unix.MS_MOVE, ""); err != nil {
		return err
	}
	return unix.Chroot(".")
}

// move copies every file below from to to and removes it, for memory is scarce.
func move(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == to {
			return fs.SkipDir
		}
		target := filepath.Join(to, path)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type() == fs.ModeSymlink:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case d.Type().IsRegular():
			return moveFile(path, target)
		}
		return nil
	})
}

func moveFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Remove(from)
}

// loadModules loads every file of dir, in the order of their names.
func loadModules(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		m, err := os.Open(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(m.Fd()), "", 0)
		m.Close()
		if err != nil && err != unix.EEXIST {
			return fmt.Errorf("load module %s: %w", f.Name(), err)
		}
	}
	return nil
}

// loadProfiles loads compiled AppArmor profiles, if the archive has any.
func loadProfiles(dir string) error {
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		// One write is one transaction; the kernel takes no second one.
		if err := os.WriteFile("/sys/kernel/security/apparmor/.replace", b, 0); err != nil {
			return fmt.Errorf("load profile %s: %w", f.Name(), err)
		}
	}
	return nil
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}

// suites runs each line of the list, "NAME FOLDER PROGRAM ARGUMENT...", and writes
// to the second serial port.
func suites() {
	port, err := os.OpenFile("/dev/ttyS1", os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
		return
	}
	list, err := os.Open("/bantam/suites")
	if err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
		return
	}
	for lines := bufio.NewScanner(list); lines.Scan(); {
		runSuite(port, strings.Fields(lines.Text()))
	}
	fmt.Fprintln(port, "@@ done")
	drain(port)
}

func runSuite(port *os.File, words []string) {
	start := time.Now()
	fmt.Fprintln(port, "@@ begin", words[0])
	cmd := exec.Command(words[2], words[3:]...)
	cmd.Dir = words[1]
	cmd.Stdout, cmd.Stderr = port, port
	err := cmd.Run()
	fmt.Fprintf(port, "took %s %v\n", time.Since(start).Round(time.Millisecond), err)
	fmt.Fprintf(port, "@@ end %s %d\n", words[0], cmd.ProcessState.ExitCode())
	drain(port)
}

// drain waits until the port has sent everything (tcdrain(3)).
func drain(port *os.File) { unix.IoctlSetInt(int(port.Fd()), unix.TCSBRK, 1) }
