package device

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The pieces of union bpf_attr (bpf(2)) that are used here.
type loadAttr struct {
	kind, count      uint32
	insns, license   uint64
	logLevel, logLen uint32
	log              uint64
	version, flags   uint32
	name             [16]byte
}

type attachAttr struct {
	target, program, kind, flags, replace uint32
}

type queryAttr struct {
	target, kind, flags, attached uint32
	ids                           uint64
	count                         uint32
	_                             uint32
}

type idAttr struct{ id, next, flags uint32 }

func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	for {
		r, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR, unix.EAGAIN: // the verifier gives way to signals
		default:
			return -1, errno
		}
	}
}

// load verifies a program and returns its descriptor.
func load(program []Instruction) (int, error) {
	code := encode(program)
	license := []byte("Apache\x00")
	attr := loadAttr{
		kind: unix.BPF_PROG_TYPE_CGROUP_DEVICE, count: uint32(len(program)),
		insns: address(code), license: address(license),
	}
	copy(attr.name[:], "bantam_device")
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(code)
	runtime.KeepAlive(license)
	if err != nil {
		return -1, os.NewSyscallError("load device program: bpf", err)
	}
	return fd, nil
}

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// Attach makes the rules those of the v2 group that dir is open on. A program
// that an earlier call attached is replaced in one step, so that there is no
// moment without rules. fresh says that the group is new and has no program.
func Attach(dir int, rules []Rule, fresh bool) error {
	if len(rules) > maxRules {
		return errors.New("resources.devices: " + strconv.Itoa(len(rules)) + " rules are too many (at most " + strconv.Itoa(maxRules) + ")")
	}
	program, err := load(Compile(rules))
	if err != nil {
		return err
	}
	defer unix.Close(program)
	var old []int
	if !fresh {
		if old, err = attached(dir); err != nil {
			return err
		}
		defer closeAll(old)
	}
	return replace(dir, program, old)
}

// replace attaches a program in place of the old ones.
func replace(dir, program int, old []int) error {
	a := attachAttr{target: uint32(dir), program: uint32(program), kind: unix.BPF_CGROUP_DEVICE, flags: unix.BPF_F_ALLOW_MULTI}
	if len(old) == 1 {
		a.flags |= unix.BPF_F_REPLACE
		a.replace = uint32(old[0])
	}
	if _, err := bpf(unix.BPF_PROG_ATTACH, unsafe.Pointer(&a), unsafe.Sizeof(a)); err != nil {
		return os.NewSyscallError("attach device program: bpf", err)
	}
	if len(old) == 1 {
		return nil
	}
	for _, fd := range old {
		d := attachAttr{target: uint32(dir), program: uint32(fd), kind: unix.BPF_CGROUP_DEVICE}
		if _, err := bpf(unix.BPF_PROG_DETACH, unsafe.Pointer(&d), unsafe.Sizeof(d)); err != nil {
			return os.NewSyscallError("detach device program: bpf", err)
		}
	}
	return nil
}

// attached opens the device programs of a group.
func attached(dir int) ([]int, error) {
	ids := make([]uint32, 64)
	q := queryAttr{target: uint32(dir), kind: unix.BPF_CGROUP_DEVICE, ids: uint64(uintptr(unsafe.Pointer(&ids[0]))), count: uint32(len(ids))}
	_, err := bpf(unix.BPF_PROG_QUERY, unsafe.Pointer(&q), unsafe.Sizeof(q))
	runtime.KeepAlive(ids)
	if err != nil {
		return nil, os.NewSyscallError("list device programs: bpf", err)
	}
	var fds []int
	for _, id := range ids[:min(q.count, uint32(len(ids)))] {
		a := idAttr{id: id}
		fd, err := bpf(unix.BPF_PROG_GET_FD_BY_ID, unsafe.Pointer(&a), unsafe.Sizeof(a))
		if errors.Is(err, unix.ENOENT) {
			continue // gone meanwhile
		}
		if err != nil {
			closeAll(fds)
			return nil, os.NewSyscallError("open device program: bpf", err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
