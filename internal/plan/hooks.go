package plan

import (
	"fmt"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// hooksBeforePivot lets the parent run prestart and createRuntime hooks, then runs the createContainer hooks in the
// container's namespaces, where the host's files are still in reach (runtime-spec, config.md, "POSIX-platform Hooks").
func (c *compiler) hooksBeforePivot() error {
	h := c.spec.Hooks
	if h == nil {
		return nil
	}
	if len(h.Prestart) > 0 || len(h.CreateRuntime) > 0 { //nolint:staticcheck // prestart is deprecated, not gone
		c.about(WhyHook, "prestart and createRuntime")
		c.sync(SyncRuntime, NoReg)
	}
	return c.hooks("createContainer", h.CreateContainer)
}

func (c *compiler) startHooks() error {
	if c.spec.Hooks == nil {
		return nil
	}
	return c.hooks("startContainer", c.spec.Hooks.StartContainer)
}

func (c *compiler) hooks(kind string, list []specs.Hook) error {
	for i := range list {
		h := &list[i]
		if len(h.Path) == 0 || h.Path[0] != '/' {
			return fmt.Errorf("hooks.%s[%d]: path %q is not absolute", kind, i, h.Path)
		}
		if h.Timeout != nil && *h.Timeout <= 0 {
			return fmt.Errorf("hooks.%s[%d]: timeout %d is not positive", kind, i, *h.Timeout)
		}
		c.about(WhyHook, kind+" hook "+h.Path)
		c.hook(h)
	}
	return nil
}

// hook forks, gives the state as standard input, and fails unless the program ends with 0 in time. Its environment
// is its own alone (CVE-2025-23266).
func (c *compiler) hook(h *specs.Hook) {
	state, _ := c.get(unix.SYS_MEMFD_CREATE, c.path("state"), imm(uint64(unix.MFD_CLOEXEC)))
	text := c.opt.State
	c.call(unix.SYS_PWRITE64, reg(state), ptr(c.bytes(append(text[:len(text):len(text)], 0))), imm(len(text)), imm(0))
	s := c.op(OpFork, 0, nil)
	s.Out = c.register()
	pid, at := s.Out, c.here()
	c.hookChild(h, state)
	c.land(at)
	c.await(pid, h.Timeout)
}

func (c *compiler) hookChild(h *specs.Hook, state Reg) {
	c.call(unix.SYS_DUP3, reg(state), imm(0), imm(0))
	c.call(unix.SYS_CLOSE_RANGE, imm(3), imm(uint64(0xffffffff)), imm(uint64(unix.CLOSE_RANGE_CLOEXEC)))
	c.call(unix.SYS_RT_SIGPROCMASK, imm(unix.SIG_SETMASK), ptr(c.words(0)), imm(0), imm(8))
	args := h.Args
	if len(args) == 0 {
		args = []string{h.Path}
	}
	c.call(unix.SYS_EXECVE, c.path(h.Path), ptr(c.vector(args)), ptr(c.vector(h.Env)))
}

// await waits for the hook, kills it at its timeout, and looks at its exit status.
func (c *builder) await(pid Reg, timeout *int) {
	if timeout != nil {
		fd, _ := c.get(unix.SYS_PIDFD_OPEN, reg(pid), imm(0))
		poll := c.words(uint64(unix.POLLIN) << 32)
		c.store(fd, poll)
		limit := time.Duration(*timeout) * time.Second
		n, _ := c.get(unix.SYS_PPOLL, ptr(poll), imm(1), ptr(c.words(uint64(limit/time.Second), 0)), imm(0), imm(8))
		ready := c.words(0)
		c.store(n, ready)
		// Killing one that has ended changes nothing; the expectation below names the timeout.
		c.call(unix.SYS_PIDFD_SEND_SIGNAL, reg(fd), imm(int(unix.SIGKILL)), imm(0), imm(0)).ignore(unix.ESRCH)
		c.op(OpExpect, 0, []arg{imm(ready), imm(1), imm(uint64(unix.ETIMEDOUT))})
	}
	info := c.room(128)
	c.call(unix.SYS_WAITID, imm(unix.P_PID), reg(pid), ptr(info), imm(unix.WEXITED), imm(0))
	const siStatus = 24 // offsetof(siginfo_t, si_status)
	c.op(OpExpect, 0, []arg{imm(info + siStatus), imm(0), imm(uint64(unix.ECHILD))})
}
