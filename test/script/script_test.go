// Package script runs bantam end to end, as a person would: one txtar file per
// subject in testdata.
package script

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bantam/internal/container/trace/ebpf"
	"bantam/internal/testenv"

	"github.com/rogpeppe/go-internal/testscript"

	"golang.org/x/sys/unix"
)

func TestScripts(t *testing.T) {
	testenv.Root(t)
	busybox := testenv.Bin(t, "box")
	bin := filepath.Dir(testenv.Bin(t, "bantam"))
	testenv.Bin(t, "bantam-oci")
	testenv.Bin(t, "bantamd")
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			e.Setenv("BANTAM_ROOT", filepath.Join(e.WorkDir, "root"))
			e.Setenv("BUSYBOX", busybox)
			e.Setenv("BLOCK", disk())
			e.Values["syslogds"] = syslogds{}
			e.Defer(func() { clear(t, e, bin) })
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "image": image, "left": left, "parallel": parallel, "wait-for": waitFor, "killmonitor": killMonitor,
			"serve": serve, "registry": registry, "htpasswd": htpasswd, "certificate": certificate, "killing": killing, "unkept": unkept, "syslogd": syslogd, "received": received,
		},
	})
}

func condition(name string) (bool, error) {
	switch name {
	case "cgroup2":
		_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
		return err == nil, nil
	case "block": // a disk, and a controller for it
		b, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
		_, err := os.Stat("/sys/fs/cgroup/blkio/cgroup.procs")
		return disk() != "" && (err == nil || strings.Contains(" "+string(b), " io ")), nil
	case "idmap": // tmpfs takes a mapping since Linux 6.3, others before
		var st unix.Statfs_t
		err := unix.Statfs(os.TempDir(), &st)
		return err == nil && (st.Type != unix.TMPFS_MAGIC && kernelAtLeast(5, 19) || kernelAtLeast(6, 3)), nil
	case "ebpf-tracing":
		t, err := ebpf.Tracer{}.Start()
		if err == nil {
			err = t.Close()
		}
		return err == nil, nil
	case "exit-info": // PIDFD_INFO_EXIT, Linux 6.15
		info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
		fd, err := unix.PidfdOpen(os.Getpid(), 0)
		if err != nil {
			return false, nil
		}
		defer unix.Close(fd)
		return unix.IoctlPidfdInfo(fd, &info) == nil && kernelAtLeast(6, 15), nil
	case "memory", "cpu", "cpuset", "pids":
		_, err := os.Stat("/sys/fs/cgroup/" + name + "/cgroup.procs")
		if err != nil {
			b, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
			return strings.Contains(" "+string(b)+" ", " "+name+" "), nil
		}
		return true, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// disk is a block device of this machine, or "".
func disk() string {
	entries, _ := os.ReadDir("/sys/block")
	for _, e := range entries {
		if _, err := os.Stat("/dev/" + e.Name()); err == nil && !strings.HasPrefix(e.Name(), "loop") && !strings.HasPrefix(e.Name(), "ram") {
			return "/dev/" + e.Name()
		}
	}
	return ""
}

func kernelAtLeast(major, minor int) bool {
	var u unix.Utsname
	var a, b int
	if unix.Uname(&u) != nil {
		return false
	}
	fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &a, &b)
	return a > major || a == major && b >= minor
}

// code N PROGRAM ARGS... demands the exit code N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// image NAME [import options...] imports a root file system of busybox and links.
func image(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: image NAME [options of import...]")
	}
	busybox, err := os.ReadFile(ts.Getenv("BUSYBOX"))
	ts.Check(err)
	path := ts.MkAbs("image.tar")
	ts.Check(os.WriteFile(path, rootfs(busybox), 0o600))
	ts.Check(ts.Exec("bantam", append(append([]string{"import"}, args[1:]...), path, args[0])...))
}

var applets = strings.Fields("sh ls cat echo id true false sleep env pwd hostname mount touch test head wc stat tty stty kill seq dd ps grep mkdir rm ln df tr printf head nproc ip")

func rootfs(busybox []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(h tar.Header, body string) {
		h.Size = int64(len(body))
		if err := w.WriteHeader(&h); err != nil {
			panic(err)
		}
		_, _ = w.Write([]byte(body))
	}
	add(tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755}, "")
	add(tar.Header{Name: "bin/box", Typeflag: tar.TypeReg, Mode: 0o755}, string(busybox))
	for _, a := range applets {
		add(tar.Header{Name: "bin/" + a, Typeflag: tar.TypeSymlink, Linkname: "box", Mode: 0o777}, "")
	}
	add(tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}, "")
	add(tar.Header{Name: "etc/passwd", Typeflag: tar.TypeReg, Mode: 0o644}, "root:x:0:0:root:/root:/bin/sh\nbird:x:1000:1001::/home/bird:/bin/sh\n")
	add(tar.Header{Name: "etc/group", Typeflag: tar.TypeReg, Mode: 0o644}, "root:x:0:\nbird:x:1001:\nflock:x:2000:bird\n")
	add(tar.Header{Name: "root/", Typeflag: tar.TypeDir, Mode: 0o700}, "")
	add(tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, "")
	add(tar.Header{Name: "plain", Typeflag: tar.TypeReg, Mode: 0o644}, "not a program\n")
	add(tar.Header{Name: "script", Typeflag: tar.TypeReg, Mode: 0o755}, "#!/nowhere\n")
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// parallel N PROGRAM ARGS... runs N at once; all must succeed. "%" in an argument is the number.
func parallel(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			argv := append([]string{}, args[1:]...)
			for j := range argv {
				argv[j] = strings.ReplaceAll(argv[j], "%", strconv.Itoa(i))
			}
			cmd := exec.Command(filepath.Join(strings.Split(ts.Getenv("PATH"), ":")[0], argv[0]), argv[1:]...)
			cmd.Env = append(os.Environ(), "BANTAM_ROOT="+ts.Getenv("BANTAM_ROOT"))
			if out, err := cmd.CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("run %d: %w: %s", i, err, out)
			}
		})
	}
	wg.Wait()
	ts.Check(errors.Join(errs...))
}
