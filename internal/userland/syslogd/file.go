package syslogd

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/socket"
)

// file is a log file.
type file struct {
	path    string
	fd      int
	opened  int64 // the second of it
	size    int64
	regular bool
}

// open opens the file, again once a second: it may have been moved away.
func (f *file) open(now int64) bool {
	if f.fd == 1 || f.fd >= 0 && f.opened == now {
		return true
	}
	if f.path == "-" {
		f.fd = 1
		return true
	}
	if f.fd >= 0 {
		syscall.Close(f.fd)
	}
	fd, err := applet.OpenFile(f.path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_NOCTTY|syscall.O_APPEND|syscall.O_NONBLOCK, 0o666)
	if err != nil {
		f.fd = -1
		return false
	}
	var st syscall.Stat_t
	f.regular = syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG
	f.fd, f.opened, f.size = fd, now, st.Size
	return true
}

// write appends a line, to the console if the file can't be opened.
func (l *logger) write(f *file, line string) {
	now := l.now().Unix()
	if !f.open(now) {
		toConsole(line)
		return
	}
	if l.maxSize > 0 && f.regular && f.size > l.maxSize {
		f.rotate(l.keep)
		if !f.open(now) {
			toConsole(line)
			return
		}
	}
	if applet.WriteFd(f.fd, []byte(line)) == nil {
		f.size += int64(len(line))
	}
}

func toConsole(line string) {
	fd, err := applet.OpenFile("/dev/console", syscall.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		applet.WriteFd(2, []byte(line))
		return
	}
	applet.WriteFd(fd, []byte(line))
	syscall.Close(fd)
}

// rotate renames file.8 to file.9 and so on, and the file to file.0.
func (f *file) rotate(keep int) {
	for i := keep - 1; i > 0; i-- {
		syscall.Rename(f.path+"."+strconv.Itoa(i-1), f.path+"."+strconv.Itoa(i))
	}
	if keep > 0 {
		syscall.Rename(f.path, f.path+".0")
	}
	// If they are links to one file rename(2) has done nothing.
	syscall.Unlink(f.path)
	syscall.Close(f.fd)
	f.fd = -1
}

// remote is a host that gets all messages.
type remote struct {
	name string
	fd   int
	next time.Time // when its name is looked up again, after a failure
	to   syscall.Sockaddr
}

const (
	defaultPort = 514
	lookupPause = 2 * time.Minute
)

// send sends a message as it came, with a newline.
func (r *remote) send(m []byte) {
	if r.fd < 0 && !r.open() {
		return
	}
	switch syscall.Sendto(r.fd, append(m[:len(m):len(m)], '\n'), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, r.to) {
	case syscall.ECONNRESET, syscall.ENOTCONN, syscall.EPIPE:
		syscall.Close(r.fd)
		r.fd = -1
	}
}

func (r *remote) open() bool {
	now := time.Now()
	if now.Before(r.next) {
		return false
	}
	r.next = now.Add(lookupPause)
	host, service := socket.SplitPort(r.name)
	port := defaultPort
	if service != "" {
		n, err := strconv.ParseUint(service, 10, 16)
		if err != nil {
			return false
		}
		port = int(n)
	}
	ips, err := dns.Load().Lookup(host, 0)
	if err != nil || len(ips) == 0 {
		return false
	}
	a := socket.Addr{IP: ips[0], Port: port}
	if r.fd, err = socket.Open(a, syscall.SOCK_DGRAM, 0); err != nil {
		r.fd = -1
		return false
	}
	r.to = a.Sockaddr()
	return true
}
