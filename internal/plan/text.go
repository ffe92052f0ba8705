package plan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/linux/namespace"

	"golang.org/x/sys/unix"
)

// String is the stable text of a plan: a line for what the parent does, a line for each step.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "clone %s", p.cloneText())
	if p.ShareMemory {
		b.WriteString(", memory shared until execve")
	}
	b.WriteByte('\n')
	for _, m := range p.UIDMap {
		fmt.Fprintf(&b, "uid_map %d %d %d\n", m.Inside, m.Outside, m.Size)
	}
	for _, m := range p.GIDMap {
		fmt.Fprintf(&b, "gid_map %d %d %d\n", m.Inside, m.Outside, m.Size)
	}
	for i, j := range p.Join {
		fmt.Fprintf(&b, "ns%d %s", i, j.Path)
		if j.ByParent {
			b.WriteString(" by the parent")
		}
		b.WriteByte('\n')
	}
	for i := range p.Steps {
		fmt.Fprintf(&b, "%3d %s\n", i+1, p.line(i))
	}
	return b.String()
}

// cloneText names the namespaces of the clone.
func (p *Plan) cloneText() string {
	var names []string
	for _, k := range namespace.Kinds() {
		if p.Flags&k.Flag != 0 {
			names = append(names, string(k.Type))
		}
	}
	if len(names) == 0 {
		return "no namespaces of its own"
	}
	return "its own " + strings.Join(names, ", ") + " namespace"
}

// line is one step as a system call.
func (p *Plan) line(i int) string {
	s := &p.Steps[i]
	var b strings.Builder
	if s.Out != NoReg {
		b.WriteString(s.Out.String() + " = ")
	}
	b.WriteString(p.callText(s))
	for k, e := range s.Ignore {
		if e == 0 {
			break
		}
		b.WriteString([...]string{" or ", ", ", ", ", ", "}[k] + errnoName(e))
	}
	switch s.SkipOn {
	case IfOK:
		fmt.Fprintf(&b, "; if it succeeds go to %d", i+2+int(s.Skip))
	case IfIgnored:
		fmt.Fprintf(&b, "; if it fails go to %d", i+2+int(s.Skip))
	}
	return b.String()
}

// callText is the operation without its conditions.
func (p *Plan) callText(s *Step) string {
	switch s.Op {
	case OpCall:
		return p.syscallText(s)
	case OpStore:
		return fmt.Sprintf("store %s", Reg(s.Args[0]))
	case OpLoad:
		return "load"
	case OpSkip:
		return fmt.Sprintf("skip %d", s.Skip)
	case OpFork:
		return fmt.Sprintf("fork: the child takes the next %d", s.Skip)
	case OpExpect:
		return fmt.Sprintf("expect %#x, else %s", s.Args[1], errnoName(syscall.Errno(s.Args[2])))
	case OpSync:
		return "ask the parent: " + syncName(s.Args[0])
	case OpTell:
		return "tell the parent: " + syncName(s.Args[0])
	case OpFail:
		return "fail with " + errnoName(syscall.Errno(s.Args[0]))
	}
	return "?"
}

func syncName(kind uint64) string {
	switch kind {
	case SyncMaps:
		return "write the id maps"
	case SyncRuntime:
		return "run the runtime's hooks"
	case SyncCopyUp:
		return "copy up"
	case SyncNotify:
		return "take the seccomp listener"
	case SyncReady:
		return "ready"
	case SyncPid:
		return "new pid"
	case SyncNetDev:
		return "move network devices"
	case SyncWait:
		return "wait"
	}
	return strconv.FormatUint(kind, 10)
}

// String is r5, ns0, user1 or cgroup3.
func (r Reg) String() string {
	switch {
	case r >= RegFirst:
		return "r" + strconv.Itoa(int(r-RegFirst))
	case r == RegGiver:
		return "giver"
	case r == RegGroups:
		return "groups"
	case r >= RegCgroup0:
		return "cgroup" + strconv.Itoa(int(r-RegCgroup0))
	case r >= RegNS0:
		return "ns" + strconv.Itoa(int(r-RegNS0))
	case r >= RegUser0:
		return "user" + strconv.Itoa(int(r-RegUser0))
	}
	return [...]string{"none", "sync", "console", "", "pidfd", "stdin", "stdout", "stderr"}[r]
}

func (p *Plan) syscallText(s *Step) string {
	name, shape := describeCall(int(s.Nr))
	var args []string
	for k := range shape {
		args = append(args, p.argText(s, k, shape[k]))
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// argText is argument k, read as shape says.
func (p *Plan) argText(s *Step, k int, shape byte) string {
	v := s.Args[k]
	switch s.Kinds[k] {
	case FromR:
		return Reg(v).String()
	case Ptr:
		return p.pointerText(v, shape)
	}
	switch {
	case shape == 'd' && v == atCwd:
		return "cwd"
	case shape == 'x':
		return "0x" + strconv.FormatUint(v, 16)
	case shape == 'o':
		return "0" + strconv.FormatUint(v, 8)
	}
	return strconv.FormatInt(int64(v), 10)
}

func (p *Plan) pointerText(at uint64, shape byte) string {
	switch shape {
	case 's':
		return strconv.Quote(p.cstring(at))
	case 'v':
		return p.vectorText(at)
	case 'h': // struct open_how
		return fmt.Sprintf("{flags 0x%x resolve 0x%x}", p.word(at), p.word(at+16))
	case 'a': // struct mount_attr
		return fmt.Sprintf("{set 0x%x clear 0x%x propagation 0x%x}", p.word(at), p.word(at+8), p.word(at+16))
	case 'l': // struct rlimit
		return fmt.Sprintf("{%d %d}", p.word(at), p.word(at+8))
	case 'c': // capability data
		return fmt.Sprintf("{effective %x permitted %x inheritable %x}", p.half(at)|p.half(at+12)<<32, p.half(at+4)|p.half(at+16)<<32, p.half(at+8)|p.half(at+20)<<32)
	case 'f': // struct sock_fprog
		return fmt.Sprintf("{%d instructions}", p.word(at)&0xffff)
	}
	return "&data"
}

func (p *Plan) word(at uint64) uint64 { return binary.NativeEndian.Uint64(p.Data[at:]) }
func (p *Plan) half(at uint64) uint64 { return uint64(binary.NativeEndian.Uint32(p.Data[at:])) }

func (p *Plan) cstring(at uint64) string {
	b := p.Data[at:]
	return string(b[:bytes.IndexByte(b, 0)])
}

// vectorText shows the strings that a null-terminated array points at.
func (p *Plan) vectorText(at uint64) string {
	var list []string
	for _, r := range p.Relocs {
		if uint64(r.At) >= at && uint64(r.At) == at+uint64(8*len(list)) {
			list = append(list, strconv.Quote(p.cstring(uint64(r.To))))
		}
	}
	return "[" + strings.Join(list, " ") + "]"
}

func errnoName(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return e.Error()
}
