package runsv

import (
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"

	"golang.org/x/sys/unix"
)

// Dir is runsvdir.
var Dir = applet.Applet{
	Names: "runsvdir",
	Usage: "[-P] [-s SCRIPT] DIR [LOG]",
	About: `Start a runsv process for each subdirectory. If it exits, restart it.
LOG is a text of at least seven characters, in which ps shows the last errors.`,
	Options: `
-P	put each runsv in a new session
-s SCRIPT	run SCRIPT SIGNO after signal is processed
`,
	Form:    applet.Leading,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     runsvdir,
}

// folder is a running runsvdir.
type folder struct {
	*applet.Call
	dir    string
	known  []subfolder
	rescan bool
	seen   syscall.Stat_t // of dir, when it was last read
	next   time.Time      // of reading it
	events int
	// log is the argument that shows the last errors: memory of the process, which ps reads.
	log   []byte
	pipe  [2]int
	stamp time.Time // of the next dot in it
}

// subfolder is a service, known by its inode: it may be renamed.
type subfolder struct {
	ino  uint64
	dev  uint64
	pid  int
	gone bool
}

func runsvdir(c *applet.Call) int {
	d := &folder{Call: c, dir: c.Args[0], rescan: true}
	watched := []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGCHLD}
	isInit := syscall.Getpid() == 1
	if isInit {
		watched = append(watched, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGINT)
	}
	var err error
	if d.events, err = signals.Pipe(watched...); err != nil {
		return c.Warn("pipe", err)
	}
	if len(c.Args) > 1 {
		d.openLog(c.Args[1])
	}
	for {
		d.collect()
		d.look()
		signal := d.wait()
		if signal == 0 {
			continue
		}
		d.collect()
		if script, given := c.Given("s"); given {
			c.Command([]string{script, strconv.Itoa(int(signal))})
		}
		if signal == syscall.SIGHUP {
			for _, k := range d.known {
				if k.pid > 0 {
					syscall.Kill(k.pid, syscall.SIGTERM)
				}
			}
		}
		switch {
		case isInit: // it goes on for ever
		case signal == syscall.SIGHUP:
			return 111
		default:
			return 0
		}
	}
}

func (d *folder) warn(text string) { d.Complain(d.dir + ": warning: " + text) }

// openLog makes the argument the place of the last errors.
func (d *folder) openLog(text string) {
	const least = 7
	if len(text) < least {
		d.warn("log must have at least seven characters")
		d.warn("log service disabled")
		return
	}
	if syscall.Pipe2(d.pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK) != nil || unix.Dup3(d.pipe[1], 2, 0) != nil {
		d.warn("can't create pipe for log")
		d.warn("log service disabled")
		return
	}
	// The string is the process's own copy of its arguments, on the stack that execve made.
	d.log = unsafe.Slice(unsafe.StringData(text), len(text))
}

// collect takes note of every runsv that ended.
func (d *folder) collect() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
		for i := range d.known {
			if d.known[i].pid == pid {
				d.known[i].pid, d.rescan = 0, true
			}
		}
	}
}

// look reads the folder again if it has changed, at most once a second: so often is a
// runsv started that ends at once.
func (d *folder) look() {
	now := time.Now()
	if now.Before(d.next) {
		return
	}
	d.next = now.Add(time.Second)
	var st syscall.Stat_t
	if err := syscall.Stat(d.dir, &st); err != nil {
		d.warn("can't stat " + d.dir)
		return
	}
	if !d.rescan && st.Mtim == d.seen.Mtim && st.Ino == d.seen.Ino && st.Dev == d.seen.Dev {
		return
	}
	d.seen = st
	// What changes a moment later may leave the same time behind.
	d.rescan = now.Sub(time.Unix(st.Mtim.Unix())) < time.Second
	if !d.scan() {
		d.rescan = true
	}
}

// scan starts a runsv for every new subfolder, and ends those of subfolders that are gone.
func (d *folder) scan() (ok bool) {
	entries, err := applet.ReadDir(d.dir)
	if err != nil {
		d.warn("can't open directory " + d.dir)
		return false
	}
	for i := range d.known {
		d.known[i].gone = true
	}
	for _, e := range entries {
		var st syscall.Stat_t
		if e.Name[0] == '.' {
			continue
		}
		if syscall.Stat(applet.Join(d.dir, e.Name), &st) != nil {
			d.warn("can't stat " + e.Name)
			continue
		}
		if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
			continue
		}
		k := d.find(&st)
		k.gone = false
		if k.pid == 0 {
			k.pid = d.start(e.Name)
		}
	}
	kept := d.known[:0]
	for _, k := range d.known {
		if !k.gone {
			kept = append(kept, k)
		} else if k.pid > 0 {
			syscall.Kill(k.pid, syscall.SIGTERM)
		}
	}
	d.known = kept
	return true
}

func (d *folder) find(st *syscall.Stat_t) *subfolder {
	for i := range d.known {
		if d.known[i].ino == st.Ino && d.known[i].dev == st.Dev {
			return &d.known[i]
		}
	}
	d.known = append(d.known, subfolder{ino: st.Ino, dev: st.Dev})
	return &d.known[len(d.known)-1]
}

func (d *folder) start(name string) int {
	file, err := d.Resolve("runsv")
	if err == nil {
		var pid int
		pid, err = applet.ForkExec(file, []string{"runsv", name}, &syscall.ProcAttr{
			Dir: d.dir, Env: d.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setsid: d.Has("P")},
		})
		if err == nil {
			return pid
		}
	}
	d.Warn(d.dir+": fatal: can't start runsv "+name, err)
	d.rescan = true
	return 0
}

// wait waits for a signal, but not long: nothing tells that the folder has changed.
func (d *folder) wait() syscall.Signal {
	limit := 5 * time.Second
	if d.rescan {
		limit = time.Second
	}
	fds := []unix.PollFd{{Fd: int32(d.events), Events: unix.POLLIN}}
	if d.log != nil {
		if now := time.Now(); !now.Before(d.stamp) {
			syscall.Write(d.pipe[1], []byte("."))
			d.stamp = now.Add(15 * time.Minute)
		}
		fds = append(fds, unix.PollFd{Fd: int32(d.pipe[0]), Events: unix.POLLIN})
	}
	socket.Poll(fds, limit)
	if d.log != nil {
		d.shift()
	}
	var p [1]byte
	var got syscall.Signal
	for got == 0 {
		if n, _ := applet.ReadFd(d.events, p[:]); n != 1 {
			break
		}
		if s := syscall.Signal(p[0]); s != syscall.SIGCHLD {
			got = s
		}
	}
	return got
}

// shift moves what came on standard error into the text from its end.
func (d *folder) shift() {
	buf := make([]byte, 512)
	for {
		n, err := applet.ReadFd(d.pipe[0], buf)
		if n <= 0 || err != nil {
			return
		}
		for _, ch := range buf[:n] {
			const kept = 5 // the beginning names the log
			copy(d.log[kept:], d.log[kept+1:])
			d.log[len(d.log)-1] = max(ch, ' ')
		}
	}
}
