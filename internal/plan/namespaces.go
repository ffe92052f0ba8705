package plan

import (
	"fmt"
	"strconv"

	"bantam/internal/linux/namespace"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// namespaces fills Flags and Join and appends what has to happen first in the child.
//
// The cgroup namespace comes after the cgroup is entered (placed); the time namespace
// before its offsets are written, and it takes effect at execve.
func (c *compiler) namespaces() error {
	late, err := c.collect()
	if err != nil {
		return err
	}
	if p := c.spec.Process; p.OOMScoreAdj != nil {
		// Before the ids change: behind that the file belongs to the host's root.
		c.about(WhyOOM, strconv.Itoa(*p.OOMScoreAdj))
		c.oomScore(*p.OOMScoreAdj)
	}
	if !c.userNS {
		c.undumpable()
	}
	if c.Groups = c.opt.CgroupTasks > 0; c.Groups {
		// A child that held it would wait for ever for a parent that was killed.
		c.about(WhyCgroup, "")
		c.call(unix.SYS_CLOSE, reg(RegGiver))
	}
	c.enterNamespaces()
	if late&unix.CLONE_NEWTIME != 0 {
		c.timeNamespace()
	}
	return nil
}

func (c *builder) undumpable() {
	c.about(WhyDumpable, "")
	c.call(unix.SYS_PRCTL, imm(unix.PR_SET_DUMPABLE), imm(0))
}

// collect sorts the namespaces of the spec into new, joined and late ones.
func (c *compiler) collect() (late uintptr, err error) {
	var seen uintptr
	for _, ns := range c.linux.Namespaces {
		kind, ok := namespace.Of(ns.Type)
		if !ok {
			return 0, fmt.Errorf("linux.namespaces: unknown type %q", ns.Type)
		}
		if seen&kind.Flag != 0 {
			return 0, fmt.Errorf("linux.namespaces: %s is there twice", ns.Type)
		}
		seen |= kind.Flag
		if ns.Type == specs.MountNamespace {
			c.mountNS = true
		}
		switch {
		case ns.Path != "":
			c.Join = append(c.Join, Join{Flag: kind.Flag, Path: ns.Path, ByParent: ns.Type == specs.PIDNamespace && c.host.privileged()})
		case kind.Flag&(unix.CLONE_NEWCGROUP|unix.CLONE_NEWTIME) != 0:
			late |= kind.Flag
		default:
			c.Flags |= kind.Flag
		}
	}
	c.made = c.Flags | late
	c.userNS = seen&unix.CLONE_NEWUSER != 0
	// Nobody sees the first process of a pid namespace, unless it belongs to a user namespace that is somebody's.
	// setns(2) into a time namespace wants a memory of one's own.
	c.ShareMemory = c.Flags&unix.CLONE_NEWPID != 0 && !c.userNS && c.joined(unix.CLONE_NEWTIME) < 0
	if c.Flags&unix.CLONE_NEWUSER != 0 {
		c.UIDMap, c.GIDMap = mappings(c.linux.UIDMappings), mappings(c.linux.GIDMappings)
	}
	return late, nil
}

func mappings(list []specs.LinuxIDMapping) []Mapping {
	out := make([]Mapping, len(list))
	for i, m := range list {
		out[i] = Mapping{Inside: m.ContainerID, Outside: m.HostID, Size: m.Size}
	}
	return out
}

// enterNamespaces enters the namespaces with a path and makes those that the clone can't.
//
// A user namespace owns what is made after it. A joined one comes first, and the new namespaces, which
// the clone would give to the caller's, are made behind it. A new one comes behind the
// joined ones: from inside it there would be no right to enter them.
//
// While the parent makes control groups, the child makes the namespaces: a network namespace takes a quarter of a start.
func (c *compiler) enterNamespaces() {
	user := c.joined(unix.CLONE_NEWUSER)
	later := uintptr(0)
	switch {
	case c.Groups && !c.userNS && c.Flags&unix.CLONE_NEWPID != 0:
		kept := uintptr(unix.CLONE_NEWPID)
		if c.opt.NetAtOnce {
			kept |= unix.CLONE_NEWNET
		}
		later, c.Flags = c.Flags&^kept, c.Flags&kept
	case user >= 0:
		c.setns(user)
		later, c.Flags = c.Flags, 0
	case c.Flags&unix.CLONE_NEWUSER != 0 && c.entered() > 0:
		later, c.Flags = c.Flags&^unix.CLONE_NEWUSER, 0
		c.joins()
		c.about(WhyNamespace, "user")
		c.call(unix.SYS_UNSHARE, imm(uint64(unix.CLONE_NEWUSER)))
		c.waitForMaps()
		c.makeOwned(later)
		return
	}
	c.makeOwned(later)
	c.joins()
	if c.Flags&unix.CLONE_NEWUSER != 0 {
		c.waitForMaps()
	}
}

// entered counts the namespaces that this process enters by itself.
func (c *compiler) entered() (n int) {
	for _, j := range c.Join {
		if !j.ByParent {
			n++
		}
	}
	return n
}

// makeOwned makes namespaces that now belong to the container's user namespace.
func (c *compiler) makeOwned(flags uintptr) {
	if flags == 0 {
		return
	}
	c.about(WhyNamespace, namespace.Names(flags))
	c.call(unix.SYS_UNSHARE, imm(uint64(flags)))
	if flags&unix.CLONE_NEWPID != 0 {
		c.carryOn()
	}
}

// joins enters the namespaces with a path, but for the user's.
func (c *compiler) joins() {
	fork := false
	for i, j := range c.Join {
		if j.Flag == unix.CLONE_NEWUSER || j.ByParent {
			continue
		}
		c.setns(i)
		fork = fork || j.Flag == unix.CLONE_NEWPID
	}
	if fork {
		c.carryOn()
	}
}

func (c *compiler) joined(flag uintptr) int {
	for i, j := range c.Join {
		if j.Flag == flag {
			return i
		}
	}
	return -1
}

func (c *compiler) setns(i int) {
	c.about(WhyJoin, c.Join[i].Path)
	c.call(unix.SYS_SETNS, reg(RegNS0+Reg(i)), imm(uint64(c.Join[i].Flag)))
}

// carryOn puts a new process in this one's place, for a pid namespace takes in only children. The
// new one is the parent's child too (CLONE_PARENT), and waits until the parent has been told its pid.
func (c *builder) carryOn() {
	c.about(WhyCarryOn, "")
	event, _ := c.get(unix.SYS_EVENTFD2, imm(0), imm(uint64(unix.O_CLOEXEC)))
	s := c.op(OpFork, 0, []arg{imm(uint64(unix.CLONE_PARENT))})
	s.Out = c.register()
	pid := s.Out
	s.Skip = 1
	over := c.skip()
	c.tell(SyncPid, pid)
	c.call(unix.SYS_WRITE, reg(event), ptr(c.words(1)), imm(8))
	c.call(unix.SYS_EXIT_GROUP, imm(0))
	c.land(over)
	c.call(unix.SYS_READ, reg(event), ptr(c.words(0)), imm(8))
}

func (c *compiler) waitForMaps() {
	c.about(WhyMaps, "")
	c.sync(SyncMaps, NoReg)
}

// becomeRoot takes the ids of the user namespace's root, when what only the host's user may reach is open.
func (c *compiler) becomeRoot() error {
	if c.userNS && c.opt.Overlay == nil {
		c.about(WhyMaps, "")
		c.ids0()
		c.undumpable()
	}
	return nil
}

// ids0: a namespace that does not map 0 leaves the ids as they are.
func (c *builder) ids0() {
	c.call(unix.SYS_SETRESGID, imm(0), imm(0), imm(0)).ignore(unix.EINVAL)
	c.call(unix.SYS_SETRESUID, imm(0), imm(0), imm(0)).ignore(unix.EINVAL)
}

// placed enters the control groups, and makes the cgroup namespace, whose root is the group of that moment
// (cgroup_namespaces(7)). The parent makes the groups of v1 beside the work before this; whatever shows them comes behind it.
func (c *compiler) placed() {
	if c.inGroups {
		return
	}
	c.inGroups = true
	why, note := c.why, c.note
	if c.Groups {
		c.takeGroups()
	}
	c.enterCgroups()
	if c.made&unix.CLONE_NEWCGROUP != 0 {
		c.about(WhyNamespace, "cgroup")
		c.call(unix.SYS_UNSHARE, imm(uint64(unix.CLONE_NEWCGROUP)))
	}
	c.about(why, note)
}

// takeGroups receives the tasks files (unix(7), SCM_RIGHTS). A parent that ended sends none.
func (c *compiler) takeGroups() {
	size := 16 + 4*c.opt.CgroupTasks
	c.about(WhyCgroup, "")
	control := c.room((size + 7) &^ 7)
	iov := c.words(0, 1)
	c.point(iov, c.room(1))
	msg := c.words(0, 0, 0, 1, 0, uint64(size), 0)
	c.point(msg+16, iov)
	c.point(msg+32, control)
	c.call(unix.SYS_RECVMSG, reg(RegGroups), ptr(msg), imm(uint64(unix.MSG_CMSG_CLOEXEC)))
	c.op(OpExpect, 0, []arg{imm(msg + 40), imm(size), imm(uint64(unix.EPIPE))})
	for i := range c.opt.CgroupTasks {
		c.op(OpLoad, 0, []arg{imm(control + 16 + uint64(4*i))}).Out = RegCgroup0 + Reg(i)
	}
}

// enterCgroups writes 0, the writer, to every v1 hierarchy's tasks file: unlike a pid in cgroup.procs
// it waits for nothing (no cgroup_threadgroup_rwsem, so no RCU grace period).
func (c *compiler) enterCgroups() {
	if c.opt.CgroupTasks == 0 {
		return
	}
	c.about(WhyCgroup, "")
	zero := c.path("0")
	for i := range c.opt.CgroupTasks {
		c.call(unix.SYS_WRITE, reg(RegCgroup0+Reg(i)), zero, imm(1))
	}
}

// timeNamespace makes the namespace and sets its clocks (time_namespaces(7)).
func (c *compiler) timeNamespace() {
	c.about(WhyNamespace, "time")
	c.call(unix.SYS_UNSHARE, imm(uint64(unix.CLONE_NEWTIME)))
	defer c.enterTime()
	if len(c.linux.TimeOffsets) == 0 {
		return
	}
	var text []byte
	for _, clock := range [...]string{"boottime", "monotonic"} {
		if o, ok := c.linux.TimeOffsets[clock]; ok {
			text = append(text, clock...)
			text = append(strconv.AppendInt(append(text, ' '), o.Secs, 10), ' ')
			text = append(strconv.AppendUint(text, uint64(o.Nanosecs), 10), '\n')
		}
	}
	fd, _ := c.get(unix.SYS_OPENAT, imm(atCwd), c.path("/proc/self/timens_offsets"), imm(uint64(unix.O_WRONLY|unix.O_CLOEXEC)))
	c.call(unix.SYS_WRITE, reg(fd), c.path(string(text)), imm(len(text)))
}

// enterTime enters the time namespace that was made for children. While the memory is shared with the
// parent the kernel refuses with EUSERS, and execve(2) does it (Linux 6.3).
func (c *compiler) enterTime() {
	fd, _ := c.get(unix.SYS_OPENAT, imm(atCwd), c.path("/proc/self/ns/time_for_children"), imm(uint64(unix.O_RDONLY|unix.O_CLOEXEC)))
	c.call(unix.SYS_SETNS, reg(fd), imm(uint64(unix.CLONE_NEWTIME))).ignore(unix.EUSERS)
}

// earlyProcess does what concerns the process and needs the host's procfs or no file system at all.
func (c *compiler) earlyProcess() error {
	c.about(WhySession, "")
	c.call(unix.SYS_SETSID).ignore(unix.EPERM)
	c.defaultSlack()
	if !c.opt.NoNewKeyring {
		c.about(WhyKeyring, "")
		c.call(unix.SYS_KEYCTL, imm(uint64(unix.KEYCTL_JOIN_SESSION_KEYRING)), c.path("_ses."+c.opt.ID)).ignore(unix.ENOSYS, unix.EDQUOT, unix.EPERM, unix.EACCES)
	}
	c.call(unix.SYS_UMASK, imm(0))
	return nil
}

func (c *builder) oomScore(adj int) {
	text := strconv.Itoa(adj)
	fd, _ := c.get(unix.SYS_OPENAT, imm(atCwd), c.path("/proc/self/oom_score_adj"), imm(uint64(unix.O_WRONLY|unix.O_CLOEXEC)))
	c.call(unix.SYS_WRITE, reg(fd), c.path(text), imm(len(text))).ignore(unix.EACCES)
}

// defaultSlack takes back the timer slack that this process runs with (package selfexe).
func (c *builder) defaultSlack() {
	c.about(WhyTimerSlack, "")
	c.call(unix.SYS_PRCTL, imm(unix.PR_SET_TIMERSLACK), imm(50_000))
}
