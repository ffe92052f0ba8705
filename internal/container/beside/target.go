package beside

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/linux/capability"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// target is what there is to know of the process that another one is put beside (proc(5)).
type target struct {
	pid, pidfd int
	user       specs.User
	bounding   []string // CAP_...
	effective  []string
	noNewPrivs bool
	filtered   bool // it runs under a seccomp filter
	env        []string
	cwd        string
	// namespaces are those that it does not share with us, CLONE_NEW* flags.
	namespaces uintptr
}

// kinds are the namespaces that a process can enter with one setns(2) on a pidfd.
var kinds = [...]struct {
	name string
	flag uintptr
}{
	{"user", unix.CLONE_NEWUSER}, {"mnt", unix.CLONE_NEWNS}, {"pid", unix.CLONE_NEWPID}, {"net", unix.CLONE_NEWNET},
	{"ipc", unix.CLONE_NEWIPC}, {"uts", unix.CLONE_NEWUTS}, {"cgroup", unix.CLONE_NEWCGROUP},
}

// look reads all of it. The pidfd comes first: if the process still lives at the end, what was read is its.
func look(pid int) (*target, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	t := &target{pid: pid, pidfd: fd}
	for _, part := range [...]func() error{t.readNamespaces, t.readStatus, t.readPlace, t.insideIDs} {
		if err == nil {
			err = part()
		}
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, 0, nil, 0)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	return t, nil
}

func (t *target) proc(name string) string { return "/proc/" + strconv.Itoa(t.pid) + "/" + name }

func (t *target) readNamespaces() error {
	for _, k := range kinds {
		var own, its unix.Stat_t
		if err := unix.Stat(t.proc("ns/"+k.name), &its); err != nil {
			return err
		}
		if err := unix.Stat("/proc/self/ns/"+k.name, &own); err != nil {
			return err
		}
		if own.Ino != its.Ino || own.Dev != its.Dev {
			t.namespaces |= k.flag
		}
	}
	return nil
}

func (t *target) readStatus() error {
	b, err := os.ReadFile(t.proc("status"))
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch key {
		case "Uid":
			t.user.UID = id(fields[1])
		case "Gid":
			t.user.GID = id(fields[1])
		case "Groups":
			for _, g := range fields {
				t.user.AdditionalGids = append(t.user.AdditionalGids, id(g))
			}
		case "CapBnd":
			t.bounding = capabilities(fields[0])
		case "CapEff":
			t.effective = capabilities(fields[0])
		case "NoNewPrivs":
			t.noNewPrivs = fields[0] == "1"
		case "Seccomp":
			t.filtered = fields[0] != "0"
		case "State":
			if fields[0] == "Z" {
				return errors.New("it has ended")
			}
		}
	}
	return nil
}

func id(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

func capabilities(hex string) []string {
	mask, _ := strconv.ParseUint(hex, 16, 64)
	return capability.Set(mask).Names()
}

// readPlace reads environment and working folder.
func (t *target) readPlace() error {
	b, err := os.ReadFile(t.proc("environ"))
	if err != nil {
		return err
	}
	for v := range strings.SplitSeq(string(b), "\x00") {
		if strings.Contains(v, "=") { // a program may have written anything there (prctl(2), PR_SET_MM_ENV_START)
			t.env = append(t.env, v)
		}
	}
	if t.cwd, err = os.Readlink(t.proc("cwd")); err != nil || !strings.HasPrefix(t.cwd, "/") {
		t.cwd = "/"
	}
	return nil
}

// insideIDs turns the ids, which we see as the host has them, into those of its user namespace.
func (t *target) insideIDs() error {
	if t.namespaces&unix.CLONE_NEWUSER == 0 {
		return nil
	}
	uids, err := os.ReadFile(t.proc("uid_map"))
	if err != nil {
		return err
	}
	gids, err := os.ReadFile(t.proc("gid_map"))
	if err != nil {
		return err
	}
	t.user.UID, t.user.GID = inside(string(uids), t.user.UID), inside(string(gids), t.user.GID)
	for i, g := range t.user.AdditionalGids {
		t.user.AdditionalGids[i] = inside(string(gids), g)
	}
	return nil
}

// inside maps an id by the lines of uid_map: first inside, first outside, count (user_namespaces(7)).
func inside(lines string, outer uint32) uint32 {
	for line := range strings.SplitSeq(lines, "\n") {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		in, out, n := id(f[0]), id(f[1]), id(f[2])
		if outer >= out && outer-out < n {
			return in + (outer - out)
		}
	}
	return outer
}
