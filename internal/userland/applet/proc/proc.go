// Package proc reads processes and threads from /proc. Processes may vanish at any
// time: what can't be read any more is left out, never an error.
package proc

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Ticks is the unit of the times in /proc/PID/stat, per second: Linux has promised
// USER_HZ 100 to user space on everything that Go runs on.
const Ticks = 100

// Process is a process or a thread at the moment when it was read.
type Process struct {
	Pid  int
	Comm string
	// State is a letter: R, S, D, Z, T...
	State                  byte
	Parent, Group, Session int
	Major, Minor           int // of the terminal, 0 and 0 for none
	User, System           uint64
	Nice                   int
	Start                  uint64 // ticks after boot
	Size, Resident         uint64 // KiB
	CPU                    int
	// Uid and Gid are the effective ones, as the owner of /proc/PID shows them.
	Uid, Gid uint32

	dir string
}

// Read reads one process.
func Read(pid int) (*Process, bool) {
	p := &Process{}
	var buf [1024]byte
	return p, p.read("/proc/"+strconv.Itoa(pid)+"/", pid, buf[:])
}

// read fills p in from a process's folder.
func (p *Process) read(dir string, pid int, buf []byte) bool {
	*p = Process{Pid: pid, dir: dir}
	var st syscall.Stat_t
	if syscall.Stat(dir, &st) != nil {
		return false
	}
	p.Uid, p.Gid = st.Uid, st.Gid
	n := readOnce(dir+"stat", buf)
	return p.parse(buf[:n])
}

// readOnce reads what one read(2) gives: files of /proc are whole in it.
func readOnce(path string, buf []byte) int {
	fd, err := applet.OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return 0
	}
	n, _ := applet.ReadFd(fd, buf)
	syscall.Close(fd)
	return n
}

// parse reads /proc/PID/stat: see proc(5). The name stands in parentheses and may
// have any character in it, parentheses too.
func (p *Process) parse(stat []byte) bool {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open || len(stat) < end+5 {
		return false
	}
	// Longer names are the kernel's own threads; they are cut as those of processes are.
	p.Comm = string(stat[open+1 : min(end, open+1+commLength)])
	p.State = stat[end+2]
	f := fields(stat[end+4:])
	p.Parent, p.Group, p.Session = int(f.next()), int(f.next()), int(f.next())
	tty := int(f.next())
	p.Major, p.Minor = tty>>8&0xfff, tty&0xff|tty>>12&0xfff00
	f.skip(6)
	p.User, p.System = uint64(f.next()), uint64(f.next())
	f.skip(3)
	p.Nice = int(f.next())
	f.skip(2)
	p.Start = uint64(f.next())
	p.Size = uint64(f.next()) >> 10
	if len(f) == 0 {
		return false
	}
	p.Resident = uint64(f.next()) * uint64(syscall.Getpagesize()) >> 10
	f.skip(14)
	p.CPU = int(f.next())
	return true
}

// fields are numbers separated by spaces.
type fields []byte

func (f *fields) next() int64 {
	word, rest, _ := bytes.Cut(*f, []byte(" "))
	*f = rest
	minus := len(word) > 0 && word[0] == '-'
	var n int64
	for _, b := range word {
		if b >= '0' && b <= '9' {
			n = n*10 + int64(b-'0')
		}
	}
	if minus {
		return -n
	}
	return n
}

func (f *fields) skip(n int) {
	for range n {
		f.next()
	}
}

// Status is the state as ps prints it, up to three letters: the state, W for a process
// without memory of its own, and < or N for one that is not of nice 0.
func (p *Process) Status() string {
	s := []byte{p.State, ' ', ' '}
	i := 1
	if p.Size == 0 && p.State != 'Z' {
		s[i] = 'W'
		i++
	}
	if p.Nice < 0 {
		s[i] = '<'
	} else if p.Nice > 0 {
		s[i] = 'N'
	}
	return string(s)
}

// Dir is the process's folder, with a slash behind it.
func (p *Process) Dir() string { return p.dir }

// Exe is the file that the process executes, "" if that may not be known.
func (p *Process) Exe() string {
	exe, _ := applet.Readlink(p.dir + "exe")
	return exe
}

// Args returns the first bytes of the arguments as the kernel shows them: each with a 0
// behind it. Kernel threads and zombies have none.
func (p *Process) Args(most int) []byte {
	fd, err := applet.OpenFile(p.dir+"cmdline", syscall.O_RDONLY, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	buf := make([]byte, min(most, 1024))
	for n := 0; ; {
		k, err := applet.ReadFd(fd, buf[n:])
		if n += k; k == 0 || err != nil || n == most {
			return buf[:n]
		}
		if n == len(buf) {
			buf = append(buf, make([]byte, min(most-n, len(buf)))...)
		}
	}
}

// Command is the command line as ps shows it, at most width bytes: with {comm} before
// it if the process changed its name, and just [comm] if there is none. Bytes
// that are control characters become spaces.
func (p *Process) Command(width int) string {
	args := bytes.TrimRight(p.Args(width), "\x00")
	if len(args) == 0 {
		return cut("["+p.Comm+"]", width)
	}
	first := args
	// "process foo/bar" has the base "process", not "bar".
	if i := bytes.IndexAny(args, "\x00 "); i >= 0 {
		first = args[:i]
	}
	base := strings.TrimPrefix(applet.Base(string(first)), "-")
	if !strings.HasPrefix(base, p.Comm) {
		return cut("{"+p.Comm+"} "+spaced(args), width)
	}
	return spaced(args)
}

// Line is the command line alone, [?] if there is none.
func (p *Process) Line(width int) string {
	args := bytes.TrimRight(p.Args(width), "\x00")
	if len(args) == 0 {
		return "[?]"
	}
	return spaced(args)
}

func spaced(args []byte) string {
	for i, b := range args {
		if b < ' ' {
			args[i] = ' '
		}
	}
	return string(args)
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// RealIDs are the real user and group, 0xffffffff if they can't be read.
func (p *Process) RealIDs() (uid, gid uint32) {
	var buf [2048]byte
	status := buf[:readOnce(p.dir+"status", buf[:])]
	return first(status, "\nUid:\t"), first(status, "\nGid:\t")
}

// first is the first number behind a title.
func first(status []byte, title string) uint32 {
	_, rest, found := bytes.Cut(status, []byte(title))
	if !found {
		return 1<<32 - 1
	}
	word, _, _ := bytes.Cut(rest, []byte("\t"))
	f := fields(word)
	return uint32(f.next())
}

// Scan walks over all processes in the order of their numbers, in constant memory.
type Scan struct {
	// Threads makes it walk over the threads of the processes instead.
	Threads bool

	all, tasks numbers
	main       string
	current    Process
	buf        [1024]byte
}

// Open starts a walk. Close ends it; so does Next when it returned nil.
func Open() (*Scan, error) {
	fd, err := applet.OpenFile("/proc", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	s := &Scan{tasks: numbers{fd: -1}}
	s.all.fd = fd
	return s, nil
}

// Close ends the walk.
func (s *Scan) Close() {
	s.all.close()
	s.tasks.close()
}

// Next returns the next process, valid until the following call, or nil.
func (s *Scan) Next() *Process {
	for {
		dir := s.main
		id, ok := s.tasks.next()
		if !ok {
			s.tasks.close()
			if id, ok = s.all.next(); !ok {
				s.Close()
				return nil
			}
			dir = "/proc/"
			if s.Threads {
				// The process itself is among its threads.
				s.main = "/proc/" + strconv.Itoa(id) + "/task/"
				s.tasks.fd, _ = applet.OpenFile(s.main, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
				continue
			}
		}
		if s.current.read(dir+strconv.Itoa(id)+"/", id, s.buf[:]) {
			return &s.current
		}
	}
}

// numbers are the entries of a folder that are numbers.
type numbers struct {
	fd   int
	rest []byte
	buf  []byte
}

func (d *numbers) close() {
	if d.fd >= 0 {
		syscall.Close(d.fd)
	}
	d.fd, d.rest = -1, nil
}

func (d *numbers) next() (n int, ok bool) {
	for d.fd >= 0 {
		if len(d.rest) == 0 && !d.fill() {
			return 0, false
		}
		e := (*syscall.Dirent)(unsafe.Pointer(&d.rest[0]))
		name := d.rest[unsafe.Offsetof(e.Name):e.Reclen]
		d.rest = d.rest[e.Reclen:]
		if n, ok := number(name); ok {
			return n, true
		}
	}
	return 0, false
}

func (d *numbers) fill() bool {
	if d.buf == nil {
		d.buf = make([]byte, 4096)
	}
	n, err := unix.Getdents(d.fd, d.buf)
	d.rest = d.buf[:max(n, 0)]
	return err == nil && n > 0
}

// number reads a name that ends with a 0.
func number(name []byte) (n int, ok bool) {
	for i, b := range name {
		if b == 0 {
			return n, i > 0
		}
		if b < '0' || b > '9' || i > 9 {
			return 0, false
		}
		n = n*10 + int(b-'0')
	}
	return 0, false
}

// Shown is Command of a process or a thread of which number and name are known.
func Shown(pid int, comm string, width int) string {
	p := Process{Comm: comm, dir: "/proc/" + strconv.Itoa(pid) + "/"}
	return p.Command(width)
}
