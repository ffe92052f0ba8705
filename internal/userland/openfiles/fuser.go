package openfiles

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/signals"
)

// Fuser is fuser.
var Fuser = applet.Applet{
	Names: "fuser",
	Usage: "[-msk46] [-SIGNAL] FILE or PORT/PROTO",
	About: "Find the processes that use FILEs or PORTs.",
	Options: `
-m	that use the file systems of the FILEs
-4	only IPv4
-6	only IPv6
-s	don't print them
-k	kill them
-SIGNAL	with this signal (KILL)
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  fuser,
}

// file is what is looked for.
type file struct{ dev, ino uint64 }

type search struct {
	*applet.Call
	files []file
}

func fuser(c *applet.Call) int {
	signal := syscall.SIGKILL
	args := c.Args
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if len(arg) < 2 || arg[0] != '-' || arg == "-4" || arg == "-6" {
			continue
		}
		if n, ok := signals.Number(arg[1:]); ok {
			signal = syscall.Signal(n)
			args = append(append([]string(nil), args[:i]...), args[i+1:]...)
			break
		}
	}
	if !c.Reparse(args) {
		return 1
	}
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	s := search{Call: c}
	for _, arg := range c.Args {
		if s.port(arg) {
			continue
		}
		var st syscall.Stat_t
		if err := syscall.Stat(arg, &st); err != nil {
			return c.Warn("can't stat '"+arg+"'", err)
		}
		s.files = append(s.files, file{st.Dev, st.Ino})
	}
	return s.scan(signal)
}

// port finds the sockets of "80/tcp". They are files of a file system of the kernel's.
func (s *search) port(arg string) bool {
	word, protocol, found := strings.Cut(arg, "/")
	port, err := strconv.ParseUint(word, 10, 32)
	path := "/proc/net/" + protocol
	if !found || err != nil || len(protocol) == 0 || len(protocol) > 4 || !applet.Exists(path) {
		return false
	}
	in, err := applet.Open(path)
	if err != nil {
		return false
	}
	defer in.Close()
	var st syscall.Stat_t
	if fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0); err == nil {
		syscall.Fstat(fd, &st)
		syscall.Close(fd)
	}
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		if inode, ok := s.socket(string(line), port); ok {
			s.files = append(s.files, file{st.Dev, inode})
		}
	}
	return true
}

// socket reads a line of /proc/net/tcp: the second field is the local address and the
// port in hexadecimal, the tenth the inode.
func (s *search) socket(line string, port uint64) (inode uint64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 10 {
		return 0, false
	}
	address, word, _ := strings.Cut(fields[1], ":")
	n, err := strconv.ParseUint(word, 16, 32)
	const ipv4 = 8 // digits
	if err != nil || n != port || len(address) == ipv4 && s.Has("6") || len(address) > ipv4 && s.Has("4") {
		return 0, false
	}
	inode, err = strconv.ParseUint(fields[9], 10, 64)
	return inode, err == nil
}

func (s *search) scan(signal syscall.Signal) int {
	processes, err := proc.Open()
	if err != nil {
		return s.Warn("can't open '/proc'", err)
	}
	found, status := false, 0
	for p := processes.Next(); p != nil; p = processes.Next() {
		if p.Pid == syscall.Getpid() || !s.uses(p) {
			continue
		}
		found = true
		pid := strconv.Itoa(p.Pid)
		if s.Has("k") {
			if err := syscall.Kill(p.Pid, signal); err != nil {
				status = s.Warn("kill pid "+pid, err)
			}
		}
		if !s.Has("s") {
			s.Out.Print(pid, " ")
		}
	}
	if !found {
		return 1
	}
	if !s.Has("s") {
		s.Out.Print("\n")
	}
	return status
}

// uses says whether a process has one of the files open, executes it, stands in it or
// has it in its memory.
func (s *search) uses(p *proc.Process) bool {
	dir := p.Dir()
	if s.link(dir+"cwd") || s.link(dir+"exe") || s.link(dir+"root") {
		return true
	}
	if entries, err := applet.ReadDir(dir + "fd"); err == nil {
		for _, e := range entries {
			if s.link(dir + "fd/" + e.Name) {
				return true
			}
		}
	}
	return s.mapped(dir + "maps")
}

func (s *search) link(path string) bool {
	var st syscall.Stat_t
	return syscall.Stat(path, &st) == nil && s.wanted(file{st.Dev, st.Ino})
}

func (s *search) wanted(f file) bool {
	for _, w := range s.files {
		if w.dev == f.dev && (w.ino == f.ino || s.Has("m")) {
			return true
		}
	}
	return false
}

// mapped looks at the files in a process's memory.
func (s *search) mapped(path string) bool {
	in, err := applet.Open(path)
	if err != nil {
		return false
	}
	defer in.Close()
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		fields := strings.Fields(string(line))
		if len(fields) < 5 {
			continue
		}
		word, minor, _ := strings.Cut(fields[3], ":")
		major, err1 := strconv.ParseUint(word, 16, 32)
		low, err2 := strconv.ParseUint(minor, 16, 32)
		ino, err3 := strconv.ParseUint(fields[4], 10, 64)
		if err1 == nil && err2 == nil && err3 == nil && ino != 0 && s.wanted(file{unix.Mkdev(uint32(major), uint32(low)), ino}) {
			return true
		}
	}
	return false
}
