package launch

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// program assembles a small plan: data strings by name.
type program struct{ plan.Plan }

func (p *program) str(s string) uint64 {
	at := uint64(len(p.Data))
	p.Data = append(p.Data, s...)
	p.Data = append(p.Data, 0)
	return at
}

func (p *program) call(nr int, kinds [6]plan.Kind, args ...uint64) *plan.Step {
	s := plan.Step{Op: plan.OpCall, Nr: uint16(nr), Kinds: kinds}
	copy(s.Args[:], args)
	p.Steps = append(p.Steps, s)
	return &p.Steps[len(p.Steps)-1]
}

// exec appends the execve of path with no environment.
func (p *program) exec(path string, args ...string) {
	ptrs := []uint64{p.str(path)}
	for _, a := range args {
		ptrs = append(ptrs, p.str(a))
	}
	for len(p.Data)%8 != 0 {
		p.Data = append(p.Data, 0)
	}
	argv := len(p.Data)
	p.Data = append(p.Data, make([]byte, 8*(len(ptrs)+1))...)
	for i, to := range ptrs {
		p.Relocs = append(p.Relocs, plan.Reloc{At: uint32(argv + 8*i), To: uint32(to)})
	}
	p.call(unix.SYS_EXECVE, [6]plan.Kind{plan.Ptr, plan.Ptr}, ptrs[0], uint64(argv), 0)
}

func run(t *testing.T, p *program, c Config) (unix.WaitStatus, error) {
	t.Helper()
	proc, err := Start(&p.Plan, c)
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	if err := proc.Started(); err != nil {
		proc.Abort()
		return 0, err
	}
	status, err := proc.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return status, nil
}

func TestExec(t *testing.T) {
	for _, share := range []bool{false, true} {
		for i := 0; i < 200; i++ {
			p := &program{}
			p.ShareMemory = share
			p.exec("/bin/sh", "-c", "exit 7")
			status, err := run(t, p, NoFDs())
			if err != nil || status.ExitStatus() != 7 {
				t.Fatalf("share %v, round %d: exit status %d, error %v", share, i, status.ExitStatus(), err)
			}
		}
	}
}

func TestFailureNamesStep(t *testing.T) {
	p := &program{}
	p.call(unix.SYS_GETPID, [6]plan.Kind{})
	p.call(unix.SYS_CHDIR, [6]plan.Kind{plan.Ptr}, p.str("/no/such/folder"))
	_, err := run(t, p, NoFDs())
	e, ok := err.(*Error)
	if !ok || e.Step != 1 || e.Errno != syscall.ENOENT {
		t.Fatalf("got %v", err)
	}
}

func TestIgnoreSkipAndFork(t *testing.T) {
	p := &program{}
	s := p.call(unix.SYS_CHDIR, [6]plan.Kind{plan.Ptr}, p.str("/no/such/folder"))
	s.Ignore[0], s.Skip, s.SkipOn = syscall.ENOENT, 1, plan.IfIgnored
	p.call(unix.SYS_EXIT_GROUP, [6]plan.Kind{}, 9) // skipped
	fork := len(p.Steps)
	p.Steps = append(p.Steps, plan.Step{Op: plan.OpFork, Skip: 1, Out: plan.RegFirst})
	p.exec("/bin/sh", "-c", "exit 5")
	if len(p.Steps) != fork+2 {
		t.Fatal("exec is more than a step")
	}
	for len(p.Data)%8 != 0 {
		p.Data = append(p.Data, 0)
	}
	info := uint64(len(p.Data))
	p.Data = append(p.Data, make([]byte, 128)...)
	p.call(unix.SYS_WAITID, [6]plan.Kind{plan.Imm, plan.FromR, plan.Ptr}, unix.P_PID, uint64(plan.RegFirst), info, unix.WEXITED)
	p.Steps = append(p.Steps, plan.Step{Op: plan.OpExpect, Args: [6]uint64{info + 24, 5, uint64(syscall.ECHILD)}})
	p.exec("/bin/sh", "-c", "exit 3")
	status, err := run(t, p, NoFDs())
	if err != nil || status.ExitStatus() != 3 {
		t.Fatalf("exit status %d, error %v", status.ExitStatus(), err)
	}
}

// TestSharedMemoryStress makes garbage while children live on their stacks in this memory.
func TestSharedMemoryStress(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	go func() {
		var keep [][]byte
		for {
			select {
			case <-done:
				return
			default:
				keep = append(keep[:len(keep)%64], make([]byte, 1<<14))
			}
		}
	}()
	for i := 0; i < 200; i++ {
		p := &program{}
		for k := 0; k < 50; k++ {
			p.call(unix.SYS_GETPID, [6]plan.Kind{})
		}
		p.exec("/bin/true")
		p.ShareMemory = true
		if status, err := run(t, p, NoFDs()); err != nil || status.ExitStatus() != 0 {
			t.Fatalf("round %d: %d %v", i, status.ExitStatus(), err)
		}
	}
}

func TestUserNamespaceForIDMap(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skip: root: writes uid_map")
	}
	fd, err := UserNamespace(plan.IDMap{UID: []plan.Mapping{{Inside: 0, Outside: 1000, Size: 5}}, GID: []plan.Mapping{{Inside: 0, Outside: 1000, Size: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}

// TestChildEndsWithItsParent: where the parent's end of the socket is gone nobody will ever answer.
func TestChildEndsWithItsParent(t *testing.T) {
	p := &program{}
	p.Steps = append(p.Steps, plan.Step{Op: plan.OpSync, Args: [6]uint64{plan.SyncReady}})
	p.exec("/bin/true")
	proc, err := Start(&p.Plan, NoFDs())
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Ready(); err != nil {
		t.Fatal(err)
	}
	unix.Close(proc.sync) // what the kernel does for a killed parent
	proc.sync = -1
	status, err := proc.Wait()
	proc.Close()
	if err != nil || status.ExitStatus() != 1 {
		t.Errorf("exit status %d, error %v", status.ExitStatus(), err)
	}
}

func TestOwnMountNamespaceIsRefused(t *testing.T) {
	p := &program{}
	p.Join = []plan.Join{{Flag: unix.CLONE_NEWNS, Path: "/proc/self/ns/mnt"}}
	p.exec("/bin/true")
	if proc, err := Start(&p.Plan, NoFDs()); !errors.Is(err, errOwnMounts) {
		t.Errorf("got %v", err)
		if err == nil {
			proc.Abort()
		}
	}
}

// taking is a plan that takes one control group's file and writes to it.
func taking() *program {
	p := &program{}
	p.Groups = true
	for len(p.Data)%8 != 0 {
		p.Data = append(p.Data, 0)
	}
	const control, iov, msg = 0, 24, 48 // and a byte at 40
	p.Data = make([]byte, 104)
	p.Data[iov+8], p.Data[msg+24], p.Data[msg+40] = 1, 1, 20
	p.Relocs = []plan.Reloc{{At: iov, To: 40}, {At: msg + 16, To: iov}, {At: msg + 32, To: control}}
	p.call(unix.SYS_CLOSE, [6]plan.Kind{plan.FromR}, uint64(plan.RegGiver))
	p.call(unix.SYS_RECVMSG, [6]plan.Kind{plan.FromR, plan.Ptr}, uint64(plan.RegGroups), msg, unix.MSG_CMSG_CLOEXEC)
	p.Steps = append(p.Steps,
		plan.Step{Op: plan.OpExpect, Args: [6]uint64{msg + 40, 20, uint64(syscall.EPIPE)}},
		plan.Step{Op: plan.OpLoad, Args: [6]uint64{control + 16}, Out: plan.RegCgroup0})
	p.call(unix.SYS_WRITE, [6]plan.Kind{plan.FromR, plan.Ptr}, uint64(plan.RegCgroup0), p.str("0"), 1)
	p.exec("/bin/sh", "-c", "exit 4")
	return p
}

// The child gets its control groups when the parent has made them, and fails where it never does.
func TestGroups(t *testing.T) {
	for _, share := range []bool{false, true} {
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		p := taking()
		p.ShareMemory = share
		proc, err := Start(&p.Plan, NoFDs())
		if err != nil {
			t.Fatal(err)
		}
		if err := proc.Groups(pipe[1:]); err != nil {
			t.Error(err)
		}
		if err := proc.Started(); err != nil {
			t.Error(err)
		}
		if status, err := proc.Wait(); err != nil || status.ExitStatus() != 4 {
			t.Errorf("%v, %v", status, err)
		}
		proc.Close()
		unix.Close(pipe[1])
		b := make([]byte, 8)
		if n, err := unix.Read(pipe[0], b); n != 1 || b[0] != '0' {
			t.Errorf("%q, %v", b, err)
		}
		unix.Close(pipe[0])

		if proc, err = Start(&p.Plan, NoFDs()); err != nil {
			t.Fatal(err)
		}
		unix.Close(proc.give) // as the kernel does for a parent that is killed
		proc.give = -1
		var e *Error
		if err := proc.Started(); !errors.As(err, &e) || e.Errno != syscall.EPIPE {
			t.Errorf("without groups: %v", err)
		}
		proc.Abort()
	}
}
