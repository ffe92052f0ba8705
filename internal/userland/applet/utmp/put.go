package utmp

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// LoginProcess is the Type of a line that waits for a login.
const LoginProcess = 6

// Put writes the record of a process in place of the one that it or its line had, as
// pututxline(3) does, and a login to Wtmp as well. Where the files aren't there nobody
// wants to know.
func Put(e *Entry) {
	if e.Time == 0 {
		e.Time = time.Now().Unix()
	}
	// The id is the last letters of the line, as in init's table.
	id := e.Line[max(0, len(e.Line)-4):]
	if e.Type == UserProcess {
		Append(Wtmp, id, e)
	}
	fd, err := applet.OpenFile(Path, syscall.O_RDWR, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	p := make([]byte, size)
	at := int64(0)
	for ; ; at += size {
		if n, err := syscall.Pread(fd, p, at); n != size || err != nil {
			break
		}
		if old := parse(p); old.Type >= 5 && old.Type <= DeadProcess && (old.Pid == e.Pid || old.Line == e.Line) {
			break
		}
	}
	syscall.Pwrite(fd, e.record(id), at)
}
