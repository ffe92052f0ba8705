package logging

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// syslog sends entries to a syslog daemon in the words of docker's driver.
type syslog struct {
	at       Address
	fd       int
	facility int
	tag      string
	format   string
	hostname string
	buf      []byte
}

// Priorities of syslog(3).
const (
	severityError = 3
	severityInfo  = 6
)

var facilities = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// Facility reads syslog-facility: a name or a number, daemon where it is empty.
func Facility(name string) (int, error) {
	if name == "" {
		name = "daemon"
	}
	for i, f := range facilities {
		if f == name {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(facilities) {
		return n, nil
	}
	return 0, errors.New("invalid syslog facility")
}

// Address is where a syslog daemon listens. Network is empty for the local one,
// whose socket is at one of the usual places.
type Address struct {
	Network string // unix, unixgram, tcp, udp or empty
	Path    string // of a unix socket
	To      netip.AddrPort
}

const syslogPort = 514

// ParseAddress reads syslog-address: unix:///PATH, unixgram:///PATH, tcp://HOST[:PORT] or udp://HOST[:PORT].
func ParseAddress(text string) (Address, error) {
	if text == "" {
		return Address{}, nil
	}
	network, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return Address{}, fmt.Errorf("syslog-address should be in form proto://address, got %s", text)
	case network == "unix" || network == "unixgram":
		if unix.Access(rest, unix.F_OK) != nil {
			return Address{}, fmt.Errorf("syslog-address: stat %s: no such file or directory", rest)
		}
		return Address{Network: network, Path: rest}, nil
	case network == "tcp+tls":
		return Address{}, errors.New("syslog-address: bantam speaks no TLS to a syslog daemon: use tcp:// or a local one that does")
	case network != "tcp" && network != "udp":
		return Address{}, fmt.Errorf("syslog-address: unsupported protocol %q: use unix, unixgram, tcp or udp", network)
	}
	to, err := hostPort(rest)
	return Address{Network: network, To: to}, err
}

// hostPort reads HOST[:PORT]. The monitor has no resolver: the host is an address or a name of /etc/hosts.
func hostPort(text string) (netip.AddrPort, error) {
	host, port := text, strconv.Itoa(syslogPort)
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") && (strings.Count(text, ":") == 1 || text[0] == '[') {
		host, port = text[:i], text[i+1:]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, fmt.Errorf("syslog-address: invalid port %q", port)
	}
	host = strings.Trim(host, "[]")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		if addr, err = hostsFile(host); err != nil {
			return netip.AddrPort{}, err
		}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), nil
}

func hostsFile(name string) (netip.Addr, error) {
	b, _ := os.ReadFile("/etc/hosts")
	for _, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		for i := 1; i < len(words); i++ {
			if words[i] == name {
				if a, err := netip.ParseAddr(words[0]); err == nil {
					return a, nil
				}
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("syslog-address: %q is neither an IP address nor a name of /etc/hosts", name)
}

// CheckFormat checks syslog-format.
func CheckFormat(name string) error {
	switch name {
	case "", "rfc3164", "rfc5424", "rfc5424micro":
		return nil
	}
	return errors.New("Invalid syslog format")
}

func openSyslog(c *folder.LogConfig) (Log, error) {
	s := &syslog{fd: -1, tag: c.Tag, format: c.Config["syslog-format"]}
	var err error
	if s.at, err = ParseAddress(c.Config["syslog-address"]); err != nil {
		return nil, err
	}
	if s.facility, err = Facility(c.Config["syslog-facility"]); err != nil {
		return nil, err
	}
	s.hostname, _ = os.Hostname()
	if err := s.dial(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *syslog) dial() (err error) {
	switch s.at.Network {
	case "":
		s.fd, err = dialLocal()
	case "unix":
		s.fd, err = dialUnix(unix.SOCK_STREAM, s.at.Path)
	case "unixgram":
		s.fd, err = dialUnix(unix.SOCK_DGRAM, s.at.Path)
	case "tcp":
		s.fd, err = dialInet(unix.SOCK_STREAM, s.at)
	case "udp":
		s.fd, err = dialInet(unix.SOCK_DGRAM, s.at)
	}
	return err
}

// dialLocal tries syslog(3)'s socket and its other places.
func dialLocal() (int, error) {
	for _, path := range [...]string{"/dev/log", "/var/run/syslog", "/var/run/log"} {
		for _, kind := range [...]int{unix.SOCK_DGRAM, unix.SOCK_STREAM} {
			if fd, err := dialUnix(kind, path); err == nil {
				return fd, nil
			}
		}
	}
	return -1, errors.New("Unix syslog delivery error: no syslog daemon listens at /dev/log")
}

func dialUnix(kind int, path string) (int, error) {
	return connect(unix.AF_UNIX, kind, &unix.SockaddrUnix{Name: path}, path)
}

func dialInet(kind int, at Address) (int, error) {
	if a := at.To.Addr(); a.Is4() {
		return connect(unix.AF_INET, kind, &unix.SockaddrInet4{Port: int(at.To.Port()), Addr: a.As4()}, at.To.String())
	}
	return connect(unix.AF_INET6, kind, &unix.SockaddrInet6{Port: int(at.To.Port()), Addr: at.To.Addr().As16()}, at.To.String())
}

func connect(family, kind int, to unix.Sockaddr, name string) (int, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	for {
		err = unix.Connect(fd, to)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("dial %s: connect: %w", name, err)
	}
	return fd, nil
}

// Add sends one message. A daemon that was restarted is dialed once more.
func (s *syslog) Add(e *Entry) error {
	s.message(e)
	if s.fd >= 0 && s.send() == nil {
		return nil
	}
	s.hangUp()
	err := s.dial()
	if err == nil {
		err = s.send()
	}
	return os.NewSyscallError("send to syslog", err)
}

func (s *syslog) message(e *Entry) {
	severity := severityInfo
	if e.Stream == "stderr" {
		severity = severityError
	}
	line, _ := cutNewline(e.Line)
	b := append(s.buf[:0], '<')
	b = append(strconv.AppendInt(b, int64(s.facility<<3|severity), 10), '>')
	b = s.header(b, e.Time.Local())
	s.buf = append(append(b, line...), '\n')
}

// header is what the format puts between priority and text.
func (s *syslog) header(b []byte, now time.Time) []byte {
	pid := strconv.Itoa(os.Getpid())
	switch s.format {
	case "rfc5424":
		return s.rfc5424(b, now, time.RFC3339, pid)
	case "rfc5424micro":
		return s.rfc5424(b, now, "2006-01-02T15:04:05.000000Z07:00", pid)
	}
	b = append(now.AppendFormat(b, time.Stamp), ' ')
	if s.format == "rfc3164" {
		b = append(append(b, s.hostname...), ' ')
	}
	return append(b, s.tag+"["+pid+"]: "...)
}

func (s *syslog) rfc5424(b []byte, now time.Time, layout, pid string) []byte {
	b = now.AppendFormat(append(b, "1 "...), layout)
	return append(b, " "+s.hostname+" "+s.tag+" "+pid+" "+s.tag+" - "...)
}

// send writes the message whole.
func (s *syslog) send() error {
	b := s.buf
	for len(b) > 0 {
		n, err := unix.SendmsgN(s.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (s *syslog) hangUp() {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}

func (s *syslog) Flush() error { return nil }

func (s *syslog) Close() error {
	s.hangUp()
	return nil
}
