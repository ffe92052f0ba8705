package seccomp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// loadEnv makes the test binary a child that installs a filter on itself.
const loadEnv = "BANTAM_TEST_SECCOMP_LOAD"

// install puts a program on all threads of this process (Go may move us) and returns the listener, if any.
func install(p *Program, flags uint32) (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, err
	}
	prog := unix.SockFprog{Len: uint16(p.Len()), Filter: (*unix.SockFilter)(unsafe.Pointer(&p.Filter[0]))}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// TestMain is also the child of TestLoad.
func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(loadEnv) {
	case "docker":
		err = childDocker()
	case "notify":
		err = childNotify()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ok")
	os.Exit(0)
}

func childDocker() error {
	var t testing.T
	p, err := Compile(docker(&t), runtime.GOARCH)
	if err != nil {
		return err
	}
	if _, err := install(p, p.Flags|unix.SECCOMP_FILTER_FLAG_TSYNC); err != nil {
		return fmt.Errorf("installing: %w", err)
	}
	if err := unix.Mount("none", "/proc/self/fdinfo", "tmpfs", 0, ""); err != unix.EPERM {
		return fmt.Errorf("mount: %v, want EPERM", err)
	}
	if _, err := unix.Socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0); err != unix.EPERM {
		return fmt.Errorf("socket AF_ALG: %v, want EPERM", err)
	}
	if _, _, errno := unix.Syscall(900, 0, 0, 0); errno != unix.ENOSYS {
		return fmt.Errorf("call 900: %v, want ENOSYS", errno)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return fmt.Errorf("socket AF_UNIX: %w", err)
	}
	return unix.Close(fd)
}

// childNotify answers its own notification from a second thread.
func childNotify() error {
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, ListenerPath: "/agent",
		Syscalls: []specs.LinuxSyscall{{Names: []string{"getpriority"}, Action: specs.ActNotify,
			Args: []specs.LinuxSeccompArg{{Index: 1, Value: 77, Op: specs.OpEqualTo}}}},
	}
	p, err := Compile(s, runtime.GOARCH)
	if err != nil {
		return err
	}
	if !p.Notify {
		return errors.New("the program wants no listener")
	}
	runtime.LockOSThread()
	fd, err := install(p, p.Flags)
	if err != nil {
		return fmt.Errorf("installing: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- answer(fd) }()
	_, _, errno := unix.Syscall(unix.SYS_GETPRIORITY, 0, 77, 0)
	if errno != unix.EXDEV {
		return fmt.Errorf("the notified call: %v, want EXDEV", errno)
	}
	return <-done
}

// answer takes one notification and makes its call fail with EXDEV (seccomp_unotify(2)).
func answer(fd int) error {
	var req [80]byte  // struct seccomp_notif: id, pid, flags, seccomp_data
	var resp [24]byte // struct seccomp_notif_resp: id, val, error, flags
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&req))); errno != 0 {
		return errno
	}
	copy(resp[:8], req[:8])
	failure := -int32(unix.EXDEV)
	copy(resp[16:20], (*[4]byte)(unsafe.Pointer(&failure))[:])
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&resp))); errno != 0 {
		return errno
	}
	return nil
}

// TestLoad installs programs in child processes: the kernel's own check, and what the calls then do.
func TestLoad(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"docker", "notify"} {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), loadEnv+"="+what)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "ok" {
			t.Errorf("%s: %v: %s", what, err, out)
		}
	}
}

// TestKernelTakesLargePrograms loads what the other tests only interpret: jumps and
// loads are checked by the kernel. The filter goes to a thread that ends with it.
func TestKernelTakesLargePrograms(t *testing.T) {
	s := many(500, true)
	p := compile(t, s, runtime.GOARCH)
	if p.Len() < 2000 {
		t.Fatalf("only %d instructions", p.Len())
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		s.DefaultAction = specs.ActAllow
		for i := range s.Syscalls {
			s.Syscalls[i].Action = specs.ActErrno
			s.Syscalls[i].Names = []string{"getpriority"}
		}
		p, err := Compile(s, runtime.GOARCH)
		if err == nil {
			_, err = install(p, p.Flags)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
