package plan

import (
	"fmt"
	"slices"

	"bantam/internal/linux/namespace"
	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// CompileExec makes the plan of a further process in a running container: it enters the
// namespaces of RegPidfd in one call, then goes the way of the first process.
func CompileExec(spec *specs.Spec, proc *specs.Process, host Host, opt ExecOptions) (*Plan, error) {
	if err := oci.ValidateProcess(proc); err != nil {
		return nil, err
	}
	run := *spec
	run.Process, run.Hooks = proc, nil
	opt.container = spec.Process
	c, err := newCompiler(&run, &host, &Options{
		NoConsoleSocket: opt.NoConsoleSocket, PreserveFDs: opt.PreserveFDs, CgroupTasks: opt.CgroupTasks, Stdio: opt.Stdio,
	})
	if err != nil {
		return nil, err
	}
	c.about(WhyDumpable, "")
	c.call(unix.SYS_PRCTL, imm(unix.PR_SET_DUMPABLE), imm(0))
	if err := c.affinity(proc.ExecCPUAffinity, false); err != nil {
		return nil, err
	}
	c.enterCgroups()
	if proc.OOMScoreAdj != nil {
		c.about(WhyOOM, "")
		c.oomScore(*proc.OOMScoreAdj)
	}
	c.enter(opt)
	c.tools(opt.Tools)
	if err := c.affinity(proc.ExecCPUAffinity, true); err != nil {
		return nil, err
	}
	if err := c.earlyExec(proc); err != nil {
		return nil, err
	}
	if err := c.process(proc, false); err != nil {
		return nil, err
	}
	if c.full() {
		return nil, fmt.Errorf("the process has too many settings for one plan")
	}
	return c.Plan, nil
}

// enter joins the container's namespaces. Its pid namespace takes in children only: where the
// caller may, its thread has entered before the fork, else a new process carries on.
func (c *compiler) enter(opt ExecOptions) {
	flags := opt.Joined
	if flags == 0 {
		flags = c.specNamespaces()
	}
	byParent := c.host.privileged() && flags&unix.CLONE_NEWUSER == 0
	if flags&unix.CLONE_NEWPID != 0 && byParent {
		c.ShareMemory = flags&unix.CLONE_NEWTIME == 0 && c.untraced(opt)
		c.Join = append(c.Join, Join{Flag: unix.CLONE_NEWPID, ByParent: true})
		flags &^= unix.CLONE_NEWPID
	}
	if flags != 0 {
		c.about(WhyEnter, "")
		c.call(unix.SYS_SETNS, reg(RegPidfd), imm(uint64(flags)))
	}
	if flags&unix.CLONE_NEWUSER != 0 {
		c.userNS = true
		c.ids0()
		c.call(unix.SYS_PRCTL, imm(unix.PR_SET_DUMPABLE), imm(0))
	}
	if flags&unix.CLONE_NEWPID != 0 {
		c.carryOn()
	}
}

// untraced says that no process of the container can trace the new one before its execve, so that it may
// share the memory of the runtime, or of the monitor, until then.
//
// The new one is seen in the container's pid namespace from its first instant on. It has all of the host's capabilities
// at first, and whoever traces it needs them, too, or CAP_SYS_PTRACE. When it has left its capabilities and has the
// user of the others, it is not dumpable (PR_SET_DUMPABLE, which takes setresuid(2) into account), and its memory belongs to
// the host's user namespace: again it takes CAP_SYS_PTRACE there (ptrace(2), "Ptrace access mode checking"). A container with
// that capability gets no shared memory, nor does one in another's pid namespace, whose capabilities are not
// known here, or with a user namespace. (A process with CAP_SYS_PTRACE that came into the pid namespace by other ways
// could trace the new one without shared memory just as well, while that has all capabilities.)
//
// setns(2) into a time namespace wants a memory of one's own.
func (c *compiler) untraced(opt ExecOptions) bool {
	if opt.Joined != 0 {
		return false
	}
	for _, ns := range c.linux.Namespaces {
		if ns.Type == specs.PIDNamespace && ns.Path != "" {
			return false
		}
	}
	return !mayTrace(opt.container) && !mayTrace(c.spec.Process)
}

func mayTrace(p *specs.Process) bool {
	return p == nil || p.Capabilities != nil && slices.Contains(p.Capabilities.Bounding, "CAP_SYS_PTRACE")
}

// tools gives the process a copy of the container's mounts with one more on top: nobody else
// sees it, and it goes with the process. What the container mounts later shows here, too.
func (c *compiler) tools(on string) {
	if on == "" {
		return
	}
	c.about(WhyTools, on)
	c.call(unix.SYS_UNSHARE, imm(uint64(unix.CLONE_NEWNS)))
	c.call(unix.SYS_MOUNT, imm(0), c.path("/"), imm(0), imm(uint64(unix.MS_REC|unix.MS_SLAVE)), imm(0))
	dir, _ := c.openat2(imm(atCwd), on, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS)
	c.call(unix.SYS_MOVE_MOUNT, reg(RegTools), c.path(""), reg(dir), c.path(""), imm(uint64(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)))
}

// specNamespaces are those that the spec names.
func (c *compiler) specNamespaces() (flags uintptr) {
	for _, ns := range c.linux.Namespaces {
		if k, ok := namespace.Of(ns.Type); ok {
			flags |= k.Flag
		}
	}
	return flags
}

// earlyExec makes a session and the terminal.
func (c *compiler) earlyExec(p *specs.Process) error {
	c.about(WhySession, "")
	c.call(unix.SYS_SETSID).ignore(unix.EPERM)
	c.defaultSlack()
	c.call(unix.SYS_UMASK, imm(0))
	if p.Terminal {
		c.about(WhyConsole, "")
		master, _ := c.openat2(imm(atCwd), "/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY, unix.RESOLVE_NO_MAGICLINKS)
		c.console = c.openSlave(master)
		if !c.opt.NoConsoleSocket {
			c.sendFDs(RegConsole, master)
		}
	}
	return nil
}

// affinity appends sched_setaffinity(2): the initial list before the cgroup is
// entered, the final one behind it (runtime-spec, "execCPUAffinity").
func (c *builder) affinity(a *specs.CPUAffinity, final bool) error {
	if a == nil {
		return nil
	}
	list := a.Initial
	if final {
		list = a.Final
	}
	if list == "" {
		return nil
	}
	mask, err := nodeMask(list)
	if err != nil {
		return fmt.Errorf("process.execCPUAffinity: %w", err)
	}
	c.about(WhyAffinity, list)
	c.call(unix.SYS_SCHED_SETAFFINITY, imm(0), imm(8*len(mask)), ptr(c.words(mask...)))
	return nil
}
