package svlogd

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// label is a name for an old file that isn't there yet.
func (d *logdir) label() string {
	for {
		name := string(tai64n(nil, time.Now()))
		if !applet.Exists(d.path(name+".s")) && !applet.Exists(d.path(name+".u")) {
			return name
		}
	}
}

// rotate puts current aside, unless it is empty.
func (d *logdir) rotate() {
	if d.fd < 0 {
		return
	}
	d.finish()
	if d.period > 0 {
		d.next = time.Now().Add(d.period)
	}
	if d.size == 0 {
		return
	}
	d.flush()
	d.must("fsync current logfile", func() error { return syscall.Fsync(d.fd) })
	syscall.Fchmod(d.fd, 0o744)
	syscall.Close(d.fd)
	suffix := ".s"
	if d.processor != "" {
		suffix = ".u"
	}
	label := d.label()
	d.info("rename: " + d.path("current") + " " + label + suffix + " " + strconv.FormatInt(d.size, 10))
	d.must("rename current", func() error { return syscall.Rename(d.path("current"), d.path(label+suffix)) })
	d.openCurrent()
	d.size = 0
	d.removeOldest(d.keep)
	if d.processor != "" {
		d.old = label
		d.process()
	}
}

// removeOldest deletes the oldest file if there are more than so many, and what a
// processor left behind. 0 is no limit.
func (d *logdir) removeOldest(limit int) bool {
	entries, err := applet.ReadDir(d.name)
	if err != nil {
		d.Warn("warning: can't read directory: "+d.name, err)
	}
	oldest, n := "", 0
	for _, e := range entries {
		if len(e.Name) != 27 || e.Name[0] != '@' {
			continue
		}
		if e.Name[26] == 't' {
			if d.pid == 0 || e.Name != d.old+".t" {
				syscall.Unlink(d.path(e.Name))
			}
			continue
		}
		n++
		if oldest == "" || e.Name < oldest {
			oldest = e.Name
		}
	}
	if limit == 0 || n <= limit {
		return false
	}
	d.info("delete: " + d.path(oldest))
	if err := syscall.Unlink(d.path(oldest)); err != nil {
		d.Warn("warning: can't unlink oldest logfile: "+d.name, err)
		return false
	}
	return true
}

// process starts the processor: it reads the old file and writes the processed one, and
// has its state of the last time on descriptor 4 and the next one on 5.
func (d *logdir) process() {
	d.info("processing: " + d.path(d.old+".u"))
	const write = syscall.O_WRONLY | syscall.O_NONBLOCK | syscall.O_TRUNC | syscall.O_CREAT
	var fds [4]int
	for i, f := range [...]struct {
		name  string
		flags int
	}{
		{d.old + ".u", syscall.O_RDONLY | syscall.O_NONBLOCK}, {d.old + ".t", write},
		{"state", syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_CREAT}, {"newstate", write},
	} {
		fd, err := applet.OpenFile(d.path(f.name), f.flags, 0o644)
		if err != nil {
			d.Warn("warning: can't open "+d.path(f.name), err)
			return // the old file stays as it is
		}
		defer syscall.Close(fd)
		fds[i] = fd
	}
	shell := users.Shell(d.Call)
	const closed = ^uintptr(0)
	pid, err := applet.ForkExec(shell, []string{shell, "-c", d.processor}, &syscall.ProcAttr{
		Dir: d.name, Env: d.Environ(),
		Files: []uintptr{uintptr(fds[0]), uintptr(fds[1]), uintptr(d.Err.Fd()), closed, uintptr(fds[2]), uintptr(fds[3])},
	})
	if err != nil {
		d.Warn("fatal: can't run processor "+d.name, err)
		return
	}
	d.pid = pid
}

// finish waits for the processor.
func (d *logdir) finish() {
	for d.pid != 0 {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(d.pid, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		d.processed(pid, status)
	}
}

// reap takes note of processors that ended.
func (l *logger) reap() {
	for _, d := range l.dirs {
		var status syscall.WaitStatus
		if d.pid == 0 {
			continue
		}
		if pid, _ := syscall.Wait4(d.pid, &status, syscall.WNOHANG, nil); pid > 0 {
			d.processed(pid, status)
		}
	}
}

// processed puts the processed file in the place of the old one. After a failure the processor is started again.
func (d *logdir) processed(pid int, status syscall.WaitStatus) {
	d.pid = 0
	if pid <= 0 {
		return
	}
	if !status.Exited() || status.ExitStatus() != 0 {
		d.Complain("warning: processor failed, restart: " + d.name)
		syscall.Unlink(d.path(d.old + ".t"))
		time.Sleep(time.Second)
		d.process()
		return
	}
	d.must("rename processed", func() error { return syscall.Rename(d.path(d.old+".t"), d.path(d.old+".s")) })
	syscall.Chmod(d.path(d.old+".s"), 0o744)
	if err := syscall.Unlink(d.path(d.old + ".u")); err != nil {
		d.Complain("warning: can't unlink: " + d.path(d.old+".u"))
	}
	d.must("rename state", func() error { return syscall.Rename(d.path("newstate"), d.path("state")) })
	d.info("processed: " + d.path(d.old+".s"))
}
