package systemd

import (
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is a connection to a message bus or to systemd itself. It is not safe
// for concurrent use.
type Conn struct {
	fd     int
	serial uint32
	in     []byte
	direct bool // systemd's own socket: no bus between
	// signals that came while a reply was awaited
	signals []*message
}

// callPatience bounds the wait for systemd, which may be busy.
const callPatience = 30 * time.Second

// Error is an error reply.
type Error struct{ Name, Text string }

func (e *Error) Error() string {
	if e.Text == "" {
		return e.Name
	}
	return e.Text
}

// Dial connects to the first of the addresses that answers, each like
// "unix:path=/run/dbus/system_bus_socket".
func Dial(addresses ...string) (*Conn, error) {
	err := errors.New("no D-Bus address")
	for _, a := range addresses {
		var c *Conn
		if c, err = dialOne(a); err == nil {
			return c, nil
		}
	}
	return nil, errors.New("connect to systemd: " + err.Error())
}

func dialOne(address string) (*Conn, error) {
	path, err := socketPath(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &Conn{fd: fd, direct: strings.HasSuffix(path, "/systemd/private")}
	if err := c.greet(path); err != nil {
		unix.Close(fd)
		return nil, errors.New(path + ": " + err.Error())
	}
	return c, nil
}

// socketPath reads an address: "unix:path=P" or "unix:abstract=P" with options
// behind, several separated by ";" of which the first counts.
func socketPath(address string) (string, error) {
	first, _, _ := strings.Cut(address, ";")
	rest, ok := strings.CutPrefix(first, "unix:")
	for option := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(option, "=")
		if !ok || key != "path" && key != "abstract" {
			continue
		}
		if key == "abstract" {
			value = "@" + value
		}
		return unescapeAddress(value)
	}
	return "", errors.New("D-Bus address " + strconv.Quote(address) + " is not unix:path=PATH")
}

// unescapeAddress undoes %XX.
func unescapeAddress(s string) (string, error) {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errors.New("D-Bus address ends in a half escape: " + s)
		}
		c, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", errors.New("D-Bus address has a bad escape: " + s)
		}
		b = append(b, byte(c))
		i += 2
	}
	return string(b), nil
}

// greet connects, authenticates as the owner of this process (SASL EXTERNAL)
// and says Hello to a bus.
func (c *Conn) greet(path string) error {
	for {
		err := unix.Connect(c.fd, &unix.SockaddrUnix{Name: path})
		if err == nil || err == unix.EISCONN {
			break
		}
		if err != unix.EINTR {
			return err
		}
	}
	uid := strconv.Itoa(os.Getuid())
	// BEGIN goes out with AUTH: systemd forgets a message that it reads together with BEGIN.
	if err := c.write([]byte("\x00AUTH EXTERNAL " + hex.EncodeToString([]byte(uid)) + "\r\nBEGIN\r\n")); err != nil {
		return err
	}
	line, err := c.line(time.Now().Add(callPatience))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "OK ") {
		return errors.New("D-Bus refuses authentication as uid " + uid + ": " + line)
	}
	if c.direct {
		return nil
	}
	_, err = c.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
	return err
}

// Close ends the connection.
func (c *Conn) Close() { unix.Close(c.fd) }

func (c *Conn) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.SendmsgN(c.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("send", err)
		}
		b = b[n:]
	}
	return nil
}

// fill reads until n bytes are there.
func (c *Conn) fill(n int, end time.Time) error {
	for len(c.in) < n {
		left := time.Until(end)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		p := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}
		if k, err := unix.Poll(p, int(left.Milliseconds())+1); err == unix.EINTR || k == 0 && err == nil {
			continue
		} else if err != nil {
			return os.NewSyscallError("poll", err)
		}
		buf := make([]byte, max(4096, n-len(c.in)))
		k, err := unix.Read(c.fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return os.NewSyscallError("read", err)
		case k == 0:
			return errors.New("the connection was closed by the other side")
		default:
			c.in = append(c.in, buf[:k]...)
		}
	}
	return nil
}

func (c *Conn) line(end time.Time) (string, error) {
	for n := 1; ; n = len(c.in) + 1 {
		if before, after, ok := strings.Cut(string(c.in), "\r\n"); ok {
			c.in = []byte(after)
			return before, nil
		}
		if n > 4096 {
			return "", errMalformed
		}
		if err := c.fill(n, end); err != nil {
			return "", err
		}
	}
}

// receive returns the next message.
func (c *Conn) receive(end time.Time) (*message, error) {
	if err := c.fill(16, end); err != nil {
		return nil, err
	}
	n, err := messageLength(c.in)
	if err != nil {
		return nil, err
	}
	if err := c.fill(n, end); err != nil {
		return nil, err
	}
	m, err := decodeMessage(c.in[:n])
	c.in = c.in[n:]
	return m, err
}

// Call calls a method of whoever has the name dest on the bus, and returns the values of its reply.
func (c *Conn) Call(dest, path, iface, member string, args ...Value) ([]Value, error) {
	if c.direct {
		dest = ""
	}
	c.serial++
	m := &message{kind: methodCall, serial: c.serial, path: path, iface: iface, member: member, dest: dest, body: args}
	if err := c.write(m.encode()); err != nil {
		return nil, errors.New(member + ": " + err.Error())
	}
	end := time.Now().Add(callPatience)
	for {
		r, err := c.receive(end)
		if err != nil {
			return nil, errors.New(member + ": " + err.Error())
		}
		switch {
		case r.kind == signal:
			c.signals = append(c.signals, r)
		case r.reply != m.serial:
		case r.kind == errorReply:
			return nil, errorOf(r)
		case r.kind == methodReturn:
			return r.body, nil
		}
	}
}

func errorOf(m *message) error {
	e := &Error{Name: m.errorName}
	if len(m.body) > 0 {
		e.Text = m.body[0].Str
	}
	return e
}
