package plan

import (
	"fmt"
	"io"
	"strconv"
	"syscall"
)

// Reasons of steps.
const (
	WhyNone Why = iota
	WhyDumpable
	WhyNamespace
	WhyJoin
	WhyEnter
	WhyTools
	WhyCarryOn
	WhyMaps
	WhyCgroup
	WhySession
	WhyTimerSlack
	WhyKeyring
	WhyOOM
	WhyPropagation
	WhyRoot
	WhyMount
	WhyDevice
	WhyDevLink
	WhyCwd
	WhyConsole
	WhyHook
	WhyReadonly
	WhyMask
	WhyPivot
	WhyReadonlyRoot
	WhyHostname
	WhySysctl
	WhyNetDevices
	WhyLoopback
	WhyStdio
	WhyCloseFDs
	WhyRlimit
	WhyScheduler
	WhyIOPriority
	WhyMemoryPolicy
	WhyPersonality
	WhyAffinity
	WhyLabel
	WhyBounding
	WhyUser
	WhyFind
	WhyFindPath
	WhyNoNewPrivs
	WhySeccomp
	WhyCapabilities
	WhyReady
	WhyWait
	WhyExec
)

// verb is what a step does, short, before its note; why is the sentence for people.
func (w Why) texts() (verb, why string) {
	switch w {
	case WhyDumpable:
		return "protect the process from tracing", "Until it runs its program nobody in the container may trace or read this process: it still knows the host."
	case WhyNamespace:
		return "make namespace", "A namespace gives the container its own view of one kind of thing."
	case WhyJoin:
		return "join namespace", "The container shares this namespace with another process, named by a file of /proc."
	case WhyTools:
		return "mount the tools on", "A copy of the container's mounts, in which the tools are one more: nobody else sees it, and it ends with the process."
	case WhyEnter:
		return "enter the container's namespaces", "One call takes the new process to where the container's first one lives."
	case WhyCarryOn:
		return "go on in a new process", "A pid namespace takes in only the children of the process that joined it."
	case WhyMaps:
		return "wait for the user namespace's maps", "The parent writes which user and group ids inside stand for which outside."
	case WhyCgroup:
		return "enter the cgroups", "From here on the kernel counts and limits what this process and its children use."
	case WhySession:
		return "start a session", "The container's processes form a session of their own, apart from the caller's terminal."
	case WhyTimerSlack:
		return "set the timer slack to the kernel's default", "The runtime itself runs with lazier timers, to be woken less."
	case WhyKeyring:
		return "make a session keyring", "Keys of the caller stay with the caller."
	case WhyOOM:
		return "set the out-of-memory score", "It says how soon the kernel picks this process when memory runs out."
	case WhyPropagation:
		return "set the mount propagation", "What is mounted inside must not appear on the host."
	case WhyRoot:
		return "mount the root file system", "The image's files become the container's root, inside its own mount namespace: nothing is mounted on the host."
	case WhyMount:
		return "mount", "A file system that the container sees at this place."
	case WhyDevice:
		return "make device", "One of the devices that every container has, or that the spec asks for."
	case WhyDevLink:
		return "make the links of", "Programs expect these names."
	case WhyCwd:
		return "chdir to the working directory", "The program starts here; a path that leads out of the container is refused."
	case WhyConsole:
		return "set up the terminal", "A pseudoterminal of the container's own becomes its console and standard input, output and error."
	case WhyHook:
		return "run", "A program that the spec wants at this moment; it reads the container's state from standard input."
	case WhyReadonly:
		return "make read-only", "The kernel's settings behind this path are the host's too."
	case WhyMask:
		return "hide", "What the kernel tells here is no business of a container."
	case WhyPivot:
		return "change the root to the container's", "The host's file systems are dropped from the namespace: no path leads back."
	case WhyReadonlyRoot:
		return "make the root read-only", "The spec wants nothing to change in the image's files."
	case WhyHostname:
		return "set the name", "The uts namespace's own name."
	case WhySysctl:
		return "set sysctl", "A kernel setting of the container's namespaces, written through a /proc that nobody else can have touched."
	case WhyNetDevices:
		return "take over network devices", "The parent moves these devices from the host into the container's network namespace."
	case WhyLoopback:
		return "bring up the loopback device", "A network namespace begins with a loopback device that is down."
	case WhyStdio:
		return "set standard input, output and error", "The process's first three descriptors."
	case WhyCloseFDs:
		return "close the other descriptors at execve", "No file of the host may leak into the container."
	case WhyRlimit:
		return "set limit", "The most that this process may take of one thing (getrlimit(2))."
	case WhyScheduler, WhyIOPriority, WhyMemoryPolicy, WhyPersonality, WhyAffinity:
		return w.scheduling(), "How the kernel schedules the process, places its memory or shows itself to it."
	case WhyLabel:
		return "set the security label", "The security module confines the program from its execve on."
	case WhyBounding:
		return "drop capabilities from the bounding set", "No program inside can ever get these back."
	case WhyUser:
		return "become user", "The program runs with this user, group and supplementary groups."
	case WhyFind:
		return "exec: find", "A missing program is an error now, before anything has started."
	case WhyFindPath:
		return "exec: search along $PATH for", "A missing program is an error now, before anything has started."
	case WhyNoNewPrivs:
		return "forbid new privileges", "No set-uid program inside gains anything (no_new_privs)."
	case WhySeccomp:
		return "load the seccomp filter", "The kernel checks every system call against this program."
	case WhyCapabilities:
		return "set the capabilities", "What root inside may do of all that root can do."
	case WhyReady:
		return "tell the parent", "Everything is set up; the parent has written limits and record when it answers."
	case WhyWait:
		return "wait for start", "The container is created; a signal from outside lets it run."
	case WhyExec:
		return "exec", "The process becomes the container's program."
	}
	return "", ""
}

func (w Why) scheduling() string {
	switch w {
	case WhyScheduler:
		return "set scheduler"
	case WhyIOPriority:
		return "set i/o priority"
	case WhyMemoryPolicy:
		return "set memory policy"
	case WhyAffinity:
		return "set cpu affinity"
	}
	return "set personality"
}

// Describe names a step: "mount proc on /proc".
func (p *Plan) Describe(step int) string {
	if step < 0 || step >= len(p.Steps) {
		return "exec"
	}
	s := &p.Steps[step]
	verb, _ := s.Why.texts()
	switch {
	case verb == "":
		return s.Note
	case s.Why == WhyFind || s.Why == WhyFindPath || s.Why == WhyExec:
		return `exec: ` + strconv.Quote(s.Note)
	case s.Note == "":
		return verb
	}
	return verb + " " + s.Note
}

// ConcernsProgram says that a step looks for the program or executes it: where it fails the
// container is set up well and the command is wrong (exit status 126 or 127).
func (p *Plan) ConcernsProgram(step int) bool {
	if step < 0 || step >= len(p.Steps) {
		return false
	}
	w := p.Steps[step].Why
	return w == WhyFind || w == WhyFindPath || w == WhyExec
}

// Failure is the text of a step's failure:
// "mount proc on /proc: operation not permitted (step 14 of 63)".
// A missing program has the words that callers of runtimes look for.
func (p *Plan) Failure(step int, errno syscall.Errno) string {
	text := errno.Error()
	if step >= 0 && step < len(p.Steps) && p.Steps[step].Op == OpFail && errno == syscall.ENOENT {
		return p.Describe(step) + ": executable file not found in $PATH"
	}
	if p.ConcernsProgram(step) {
		return p.Describe(step) + ": " + text
	}
	return p.Describe(step) + ": " + text + " (step " + strconv.Itoa(step+1) + " of " + strconv.Itoa(len(p.Steps)) + ")"
}

// Explain writes the plan for people: a paragraph for each purpose, with its system calls.
func (p *Plan) Explain(w io.Writer) {
	fmt.Fprintf(w, "A new process, with %s, takes %d steps:\n", p.cloneText(), len(p.Steps))
	last, lastNote := WhyNone, ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Why != last || s.Note != lastNote {
			_, why := s.Why.texts()
			if s.Why == last {
				why = ""
			}
			fmt.Fprintf(w, "\n%s.", upper(p.Describe(i)))
			if why != "" {
				fmt.Fprintf(w, " %s", why)
			}
			fmt.Fprintln(w)
			last, lastNote = s.Why, s.Note
		}
		fmt.Fprintf(w, "  %4d  %s\n", i+1, p.line(i))
	}
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-32) + s[1:]
}
