package plan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"path"
	"runtime"
	"strings"

	"bantam/internal/linux/capability"
	"bantam/internal/linux/lsm"
	"bantam/internal/linux/rlimit"
	"bantam/internal/linux/seccomp"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// process appends what makes the container's process of this one, to the execve.
//
// What needs privilege comes first, then the ids, then the filter, and behind the filter as
// few system calls as can be: the last capabilities, the wait for start, execve.
func (c *compiler) process(p *specs.Process, create bool) error {
	if len(p.Args) == 0 {
		return errors.New("process.args is empty: there is nothing to run")
	}
	if err := c.stdio(p); err != nil {
		return err
	}
	for _, part := range [...]func(*specs.Process) error{c.rlimits, c.scheduling, c.labels, c.ids, c.findProgram} {
		if err := part(p); err != nil {
			return err
		}
	}
	c.lowLimits(p)
	if err := c.filterAndCapabilities(p); err != nil {
		return err
	}
	c.about(WhyReady, "")
	c.sync(SyncReady, NoReg)
	c.Exec = len(c.Steps)
	if create {
		c.waitForStart(c.opt.PreserveFDs)
	}
	if err := c.startHooks(); err != nil {
		return err
	}
	c.execute(p)
	return nil
}

// stdio sets descriptors 0 to 2 and closes all others at execve but the preserved ones.
func (c *compiler) stdio(p *specs.Process) error {
	switch {
	case c.console != NoReg:
		c.useTerminal(c.console, p.ConsoleSize, p.User.UID)
	case c.opt.Stdio:
		c.about(WhyStdio, "")
		for i := 0; i < 3; i++ {
			c.call(unix.SYS_DUP3, reg(RegStdio0+Reg(i)), imm(i), imm(0)).ignore(unix.EINVAL)
		}
	case p.Terminal:
		return errors.New("process.terminal is set, but nobody takes the terminal: give a console socket")
	}
	c.about(WhyCloseFDs, "")
	c.call(unix.SYS_CLOSE_RANGE, imm(3+c.opt.PreserveFDs), imm(uint64(0xffffffff)), imm(uint64(unix.CLOSE_RANGE_CLOEXEC)))
	return nil
}

func (c *compiler) rlimits(p *specs.Process) error {
	for i, r := range p.Rlimits {
		n, ok := rlimit.Number(r.Type)
		if !ok {
			return fmt.Errorf("process.rlimits: unknown type %q", r.Type)
		}
		for _, earlier := range p.Rlimits[:i] {
			if earlier.Type == r.Type {
				return fmt.Errorf("process.rlimits: %s is there twice", r.Type)
			}
		}
		if isLow(&r) {
			continue
		}
		c.about(WhyRlimit, r.Type)
		// Raising a limit without CAP_SYS_RESOURCE is refused: the inherited one stays.
		c.call(unix.SYS_PRLIMIT64, imm(0), imm(n), ptr(c.words(r.Soft, r.Hard)), imm(0)).ignore(unix.EPERM)
	}
	return nil
}

// isLow says that a limit of open files is below what the set-up itself needs.
func isLow(r *specs.POSIXRlimit) bool { return r.Type == "RLIMIT_NOFILE" && r.Hard < 4096 }

// lowLimits sets such a limit when no more files are opened: lowering one needs no privilege.
func (c *compiler) lowLimits(p *specs.Process) {
	for i := range p.Rlimits {
		if r := &p.Rlimits[i]; isLow(r) {
			n, _ := rlimit.Number(r.Type)
			c.about(WhyRlimit, r.Type)
			c.call(unix.SYS_PRLIMIT64, imm(0), imm(n), ptr(c.words(r.Soft, r.Hard)), imm(0)).ignore(unix.EPERM)
		}
	}
}

// scheduling sets scheduler, i/o priority, memory policy and personality.
func (c *compiler) scheduling(p *specs.Process) error {
	if p.Scheduler != nil {
		if err := c.scheduler(p.Scheduler); err != nil {
			return err
		}
	}
	if p.IOPriority != nil {
		if err := c.ioPriority(p.IOPriority); err != nil {
			return err
		}
	}
	if err := c.memoryPolicy(c.linux.MemoryPolicy); err != nil {
		return err
	}
	return c.personality(c.linux.Personality)
}

// labels writes the labels that LSMs give the process at its execve.
func (c *compiler) labels(p *specs.Process) error {
	if p.ApparmorProfile != "" {
		if err := c.lsm().CheckAppArmor(p.ApparmorProfile); err != nil {
			return err
		}
		c.about(WhyLabel, p.ApparmorProfile)
		c.write("self/attr/"+c.host.AppArmorFile, lsm.AppArmorExec(p.ApparmorProfile))
	}
	if p.SelinuxLabel != "" {
		if err := c.lsm().CheckSELinux(p.SelinuxLabel); err != nil {
			return err
		}
		c.about(WhyLabel, p.SelinuxLabel)
		c.write("self/attr/"+lsm.SELinuxExec, p.SelinuxLabel)
	}
	return nil
}

func (c *compiler) lsm() lsm.State {
	return lsm.State{AppArmor: c.host.AppArmor, SELinux: c.host.SELinux, AppArmorFile: c.host.AppArmorFile}
}

// ids drops the bounding set and takes the process's user and groups; the capabilities of
// the permitted set stay until the filter is loaded.
func (c *compiler) ids(p *specs.Process) error {
	c.about(WhyBounding, "")
	bounding := capability.Set(0)
	if p.Capabilities != nil {
		bounding = c.capabilities(p.Capabilities.Bounding)
	}
	for bit := 0; bit <= c.host.CapLast; bit++ {
		if !bounding.Has(bit) {
			c.call(unix.SYS_PRCTL, imm(unix.PR_CAPBSET_DROP), imm(bit))
		}
	}
	c.about(WhyCwd, p.Cwd)
	dir, s := c.openat2(imm(atCwd), p.Cwd, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_MAGICLINKS)
	s.ignore(unix.EACCES).when(IfIgnored)
	denied := c.here()
	c.call(unix.SYS_FCHDIR, reg(dir)).ignore(unix.EACCES)
	c.land(denied)
	c.about(WhyUser, fmt.Sprintf("%d:%d", p.User.UID, p.User.GID))
	c.groups(p)
	c.call(unix.SYS_PRCTL, imm(unix.PR_SET_KEEPCAPS), imm(1))
	c.call(unix.SYS_SETRESGID, imm(p.User.GID), imm(p.User.GID), imm(p.User.GID))
	c.call(unix.SYS_SETRESUID, imm(p.User.UID), imm(p.User.UID), imm(p.User.UID))
	if p.User.UID != 0 || p.User.GID != 0 {
		// A change of user makes the process dumpable where the sysctl fs.suid_dumpable is 1.
		c.call(unix.SYS_PRCTL, imm(unix.PR_SET_DUMPABLE), imm(0))
	}
	umask := uint32(0o022)
	if p.User.Umask != nil {
		umask = *p.User.Umask
	}
	c.call(unix.SYS_UMASK, imm(umask))
	c.about(WhyCwd, p.Cwd)
	c.enterCwd(p.Cwd, dir)
	return nil
}

// keepGroups is crun's annotation that leaves a process the groups of whoever starts it, the
// privileges of a rootless user above all: what podman's --group-add keep-groups asks for.
const keepGroups = "run.oci.keep_original_groups"

// groups sets the supplementary groups. A user namespace that denies setgroups(2) keeps what it has.
func (c *compiler) groups(p *specs.Process) {
	if c.spec.Annotations[keepGroups] == "1" {
		return
	}
	if len(p.User.AdditionalGids) == 0 {
		c.call(unix.SYS_SETGROUPS, imm(0), imm(0)).ignore(unix.EPERM)
		return
	}
	list := make([]byte, 0, 4*len(p.User.AdditionalGids))
	for _, g := range p.User.AdditionalGids {
		list = binary.NativeEndian.AppendUint32(list, g)
	}
	c.call(unix.SYS_SETGROUPS, imm(len(p.User.AdditionalGids)), ptr(c.bytes(list)))
}

// enterCwd goes to the working directory as the user sees it and makes sure that it is inside: a magic link like
// /proc/self/fd/7 is refused, and a folder that the root does not reach shows in getcwd(2) (CVE-2024-21626).
//
// A folder that only root may enter was entered before the ids changed (first is its descriptor then),
// and stays, as with runc: docker run -u 1000 -w /root.
func (c *builder) enterCwd(cwd string, first Reg) {
	const getFD = 1 // F_GETFD
	dir, s := c.openat2(imm(atCwd), cwd, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_MAGICLINKS)
	s.ignore(unix.EACCES).when(IfIgnored)
	denied := c.here()
	c.call(unix.SYS_FCHDIR, reg(dir)).ignore(unix.EACCES).when(IfOK)
	entered := c.here()
	c.land(denied)
	c.call(unix.SYS_FCNTL, reg(first), imm(getFD), imm(0)).ignore(unix.EBADF).when(IfOK)
	before := c.here()
	c.openat2(imm(atCwd), cwd, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_MAGICLINKS) // fails as before
	c.land(before)
	c.land(entered)
	// The path's first byte is the highest of a word whose others are 0.
	at := c.room(8 + unix.PathMax)
	c.call(unix.SYS_GETCWD, ptr(at+3), imm(unix.PathMax))
	want := uint64('/') << 24
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		want = '/'
	}
	c.op(OpExpect, 0, []arg{imm(at), imm(want), imm(uint64(unix.ENOENT))})
}

// filterAndCapabilities loads the filter and leaves the process its last capabilities. The filter needs
// CAP_SYS_ADMIN or no_new_privs.
func (c *compiler) filterAndCapabilities(p *specs.Process) error {
	caps := p.Capabilities
	if caps == nil {
		caps = &specs.LinuxCapabilities{}
	}
	if p.NoNewPrivileges {
		c.about(WhyNoNewPrivs, "")
		c.call(unix.SYS_PRCTL, imm(unix.PR_SET_NO_NEW_PRIVS), imm(1), imm(0), imm(0), imm(0))
	}
	set := c.capabilities
	if c.linux.Seccomp != nil {
		if !p.NoNewPrivileges && p.User.UID != 0 {
			c.about(WhySeccomp, "")
			admin := capability.Set(1) << unix.CAP_SYS_ADMIN
			c.capset(admin|set(caps.Effective), admin|set(caps.Permitted)|set(caps.Effective)|set(caps.Ambient)|1<<unix.CAP_SETPCAP, 0)
		}
		if err := c.seccomp(c.linux.Seccomp); err != nil {
			return err
		}
	}
	c.about(WhyCapabilities, "")
	c.capset(set(caps.Effective), set(caps.Permitted), set(caps.Inheritable))
	c.call(unix.SYS_PRCTL, imm(unix.PR_SET_KEEPCAPS), imm(0))
	ambient := uint64(set(caps.Ambient))
	for ; ambient != 0; ambient &= ambient - 1 {
		c.call(unix.SYS_PRCTL, imm(unix.PR_CAP_AMBIENT), imm(uint64(unix.PR_CAP_AMBIENT_RAISE)), imm(bits.TrailingZeros64(ambient)), imm(0), imm(0)).ignore(unix.EPERM)
	}
	return nil
}

// capabilities reads a set. What the kernel does not know, or this process has not itself to pass
// on, is left out (runtime-spec, config.md, "capabilities"): in a user namespace it has all.
func (c *compiler) capabilities(names []string) capability.Set {
	s, _ := capability.Parse(names, c.host.CapLast)
	if c.host.Caps != 0 && !c.userNS {
		s &= capability.Set(c.host.Caps)
	}
	return s
}

func (c *builder) capset(effective, permitted, inheritable capability.Set) {
	var b []byte
	for half := 0; half < 2; half++ {
		for _, s := range [...]capability.Set{effective, permitted, inheritable} {
			b = binary.NativeEndian.AppendUint32(b, uint32(s>>(32*half)))
		}
	}
	header := c.words(unix.LINUX_CAPABILITY_VERSION_3)
	c.call(unix.SYS_CAPSET, ptr(header), ptr(c.bytes(b)))
}

// seccomp loads the filter; its listener goes to the parent.
func (c *compiler) seccomp(profile *specs.LinuxSeccomp) error {
	prog, err := seccomp.Compile(profile, runtime.GOARCH)
	if err != nil {
		return fmt.Errorf("linux.seccomp: %w", err)
	}
	c.about(WhySeccomp, "")
	fprog := c.words(uint64(prog.Len()), 0)
	c.point(fprog+8, c.bytes(prog.Filter))
	const setModeFilter = 1 // SECCOMP_SET_MODE_FILTER
	if !prog.Notify {
		c.call(unix.SYS_SECCOMP, imm(setModeFilter), imm(prog.Flags), ptr(fprog))
		return nil
	}
	fd, _ := c.get(unix.SYS_SECCOMP, imm(setModeFilter), imm(prog.Flags), ptr(fprog))
	c.sync(SyncNotify, fd)
	return nil
}

// waitForStart waits for StartSignal, which the child has blocked like every signal since its birth. The wait may
// be long, and nothing of the host's stays open meanwhile; a filter may refuse the call, and execve closes all anyway.
func (c *builder) waitForStart(preserved int) {
	c.about(WhyWait, "")
	c.call(unix.SYS_CLOSE_RANGE, imm(3+preserved), imm(uint64(0xffffffff)), imm(0)).ignore(unix.EPERM, unix.ENOSYS)
	mask := c.words(1 << (StartSignal - 1))
	c.call(unix.SYS_RT_SIGTIMEDWAIT, ptr(mask), imm(0), imm(0), imm(8))
}

// execute unblocks the signals and becomes the program: each candidate along PATH in turn.
func (c *builder) execute(p *specs.Process) {
	c.about(WhyExec, p.Args[0])
	c.call(unix.SYS_RT_SIGPROCMASK, imm(unix.SIG_SETMASK), ptr(c.words(0)), imm(0), imm(8))
	argv, env := c.vector(p.Args), c.vector(p.Env)
	list := candidates(p)
	for _, name := range list {
		s := c.call(unix.SYS_EXECVE, c.path(name), ptr(argv), ptr(env))
		if len(list) > 1 {
			s.ignore(unix.ENOENT, unix.ENOTDIR, unix.EACCES)
		}
	}
	if len(list) > 1 {
		c.op(OpFail, 0, []arg{imm(uint64(unix.ENOENT))})
	}
}

// findProgram fails early, and with the words that callers know, where the program is not there.
func (c *compiler) findProgram(p *specs.Process) error {
	list := candidates(p)
	if strings.Contains(p.Args[0], "/") {
		c.about(WhyFind, p.Args[0])
		c.call(unix.SYS_FACCESSAT2, imm(atCwd), c.path(list[0]), imm(unix.X_OK), imm(uint64(unix.AT_EACCESS)))
		return nil
	}
	c.about(WhyFindPath, p.Args[0])
	var found []int
	for _, name := range list {
		c.call(unix.SYS_FACCESSAT2, imm(atCwd), c.path(name), imm(unix.X_OK), imm(uint64(unix.AT_EACCESS))).
			ignore(unix.ENOENT, unix.ENOTDIR, unix.EACCES).when(IfOK)
		found = append(found, c.here())
	}
	c.op(OpFail, 0, []arg{imm(uint64(unix.ENOENT))})
	for _, at := range found {
		c.land(at)
	}
	return nil
}

// candidates are the paths at which the program may be.
func candidates(p *specs.Process) []string {
	name := p.Args[0]
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var list []string
	for _, dir := range strings.Split(searchPath(p.Env), ":") {
		if dir == "" {
			dir = "."
		}
		list = append(list, path.Join(dir, name))
	}
	return list
}

func searchPath(env []string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], "PATH="); ok {
			return v
		}
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}
