package shell

import (
	"sync/atomic"
	"syscall"

	"bantam/internal/userland/applet"
)

// file is an open file of the shell's own table of descriptors: a descriptor of the
// process, memory that collects output, or memory that input comes from.
//
// The shell never moves descriptors to their numbers in its own process. A command
// that runs inside gets the file itself, a started one has it moved at its fork.
type file struct {
	fd   int // of the process, -1 for memory
	refs atomic.Int32
	mem  *capture   // collects
	in   *applet.In // gives
	out  *applet.Out
}

// capture is what a command substitution or the left side of a pipe writes to.
type capture struct {
	out *applet.Out
	// done is closed when a pipe that was opened for a started command is read to its
	// end; rest is what came through it.
	done chan struct{}
	rest []byte
}

// badFd is a descriptor that nobody has.
const badFd = 1 << 24

func newFile(fd int) *file {
	f := &file{fd: fd}
	f.refs.Store(1)
	return f
}

// collector is a file in memory.
func collector() *file {
	f := newFile(-1)
	f.mem = &capture{out: applet.Capture()}
	return f
}

// source of input in memory.
func memoryInput(in *applet.In) *file {
	f := newFile(-1)
	f.in = in
	return f
}

func (f *file) keep() *file {
	f.refs.Add(1)
	return f
}

// drop closes the file if nobody uses it any more.
func (f *file) drop() {
	if f.refs.Add(-1) == 0 && f.fd >= 0 {
		syscall.Close(f.fd)
	}
}

// number is the file's descriptor of the process, which memory gets when a started
// command needs it.
func (f *file) number() int {
	if f.fd < 0 {
		switch {
		case f.mem != nil:
			f.drain()
		case f.in != nil:
			f.feed()
		}
	}
	return f.fd
}

// drain puts a pipe in the place of memory that collects.
func (f *file) drain() {
	var p [2]int
	if syscall.Pipe2(p[:], syscall.O_CLOEXEC) != nil {
		return
	}
	f.fd, f.out = p[1], nil
	f.mem.done = make(chan struct{})
	go func(c *capture) {
		c.rest, _ = applet.ReadAll(p[0])
		syscall.Close(p[0])
		close(c.done)
	}(f.mem)
}

// collected ends a collector and returns what was written to it.
func (f *file) collected() []byte {
	f.drop()
	data := f.mem.out.Captured()
	if f.mem.done != nil {
		<-f.mem.done
		data = append(data, f.mem.rest...)
	}
	return data
}

// pipeSize is what a pipe holds without a reader.
const pipeSize = 64 << 10

// feed puts a pipe in the place of memory that gives.
func (f *file) feed() {
	var p [2]int
	if syscall.Pipe2(p[:], syscall.O_CLOEXEC) != nil {
		return
	}
	f.fd = p[0]
	data := f.in.Buffered()
	f.in.Discard(len(data))
	f.in = nil
	if len(data) <= pipeSize {
		applet.WriteFd(p[1], data)
		syscall.Close(p[1])
		return
	}
	go func() {
		applet.WriteFd(p[1], data)
		syscall.Close(p[1])
	}()
}

// output is where a command inside the shell writes to the file.
func (f *file) output() *applet.Out {
	if f == nil {
		return applet.NewOut(badFd)
	}
	if f.fd < 0 && f.mem != nil {
		return f.mem.out
	}
	if f.out == nil || f.out.Err() != nil {
		f.out = applet.NewOut(f.number())
		if f.fd < 0 {
			f.out = applet.NewOut(badFd)
		}
	}
	return f.out
}

// errors is output that holds nothing back.
func (f *file) errors() *applet.Out {
	if f == nil {
		return applet.NewErr(badFd)
	}
	if f.fd < 0 && f.mem != nil {
		return f.mem.out
	}
	return applet.NewErr(f.number())
}

// input is where a command inside the shell reads the file.
func (f *file) input() *applet.In {
	if f == nil {
		return applet.NewIn(badFd)
	}
	if f.fd < 0 && f.in != nil {
		return f.in
	}
	return applet.NewIn(f.number())
}

// file returns the file of a number, nil if it is closed.
func (sh *shell) file(n int) *file {
	if n < len(sh.files) {
		return sh.files[n]
	}
	if n >= 10 && inherited(n) {
		sh.setFile(n, newFile(n))
		return sh.files[n]
	}
	return nil
}

// inherited says whether the process was started with the descriptor.
func inherited(fd int) bool {
	flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	return e == 0 && flags&syscall.FD_CLOEXEC == 0
}

// setFile puts a file, or nil, under a number and returns what was there.
func (sh *shell) setFile(n int, f *file) *file {
	for len(sh.files) <= n {
		next := len(sh.files)
		var there *file
		if next >= 10 && next < n && inherited(next) {
			there = newFile(next)
		}
		sh.files = append(sh.files, there)
	}
	old := sh.files[n]
	sh.files[n] = f
	return old
}

// openFiles fills the table with what the process was started with.
func (sh *shell) openFiles() {
	for n := range 10 {
		if inherited(n) {
			sh.setFile(n, newFile(n))
		}
	}
}

// copyFiles makes the table of a subshell its own.
func (sh *shell) copyFiles() {
	files := make([]*file, len(sh.files), max(10, len(sh.files)))
	copy(files, sh.files)
	for _, f := range files {
		if f != nil {
			f.keep()
		}
	}
	sh.files = files
}

func (sh *shell) dropFiles() {
	for i, f := range sh.files {
		if f != nil {
			f.drop()
			sh.files[i] = nil
		}
	}
}

// descriptors are the table as a started command gets it.
func (sh *shell) descriptors() []uintptr {
	n := len(sh.files)
	for n > 3 && sh.files[n-1] == nil {
		n--
	}
	list := make([]uintptr, n)
	for i := range list {
		list[i] = ^uintptr(0)
		if i < len(sh.files) && sh.files[i] != nil {
			if fd := sh.files[i].number(); fd >= 0 {
				list[i] = uintptr(fd)
			}
		}
	}
	return list
}
