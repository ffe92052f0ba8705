package utmp

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// Wtmp is the file of all logins and starts of the system, which is only written if it is there.
const Wtmp = "/var/log/wtmp"

// Other Types.
const (
	RunLevel    = 1
	DeadProcess = 8
)

// Append adds a record to a file that is there.
func Append(path, id string, e *Entry) error {
	fd, err := applet.OpenFile(path, syscall.O_WRONLY|syscall.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return applet.WriteFd(fd, e.record(id))
}

func (e *Entry) record(id string) []byte {
	p := make([]byte, size)
	p[0], p[1] = byte(e.Type), byte(e.Type>>8)
	put(p[4:], uint32(e.Pid))
	copy(p[8:40], e.Line)
	copy(p[40:44], id)
	copy(p[44:76], e.User)
	copy(p[76:332], e.Host)
	put(p[340:], uint32(e.Time))
	return p
}

func put(p []byte, n uint32) { p[0], p[1], p[2], p[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24) }

// Ended marks the record of a process as that of one that ended.
func Ended(pid int) {
	fd, err := applet.OpenFile(Path, syscall.O_RDWR, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	p := make([]byte, size)
	for at := int64(0); ; at += size {
		if n, err := syscall.Pread(fd, p, at); n != size || err != nil {
			return
		}
		if e := parse(p); e.Pid == pid && e.Type >= 5 && e.Type <= UserProcess {
			clear(p[44:76])
			clear(p[76:332])
			p[0], p[1] = DeadProcess, 0
			put(p[340:], uint32(time.Now().Unix()))
			syscall.Pwrite(fd, p, at)
			return
		}
	}
}
