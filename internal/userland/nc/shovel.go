package nc

import (
	"bytes"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// shovel copies both ways until both ends are at their end. It is not an error if
// the net keeps silent for twice the time of -w.
func (n *netcat) shovel() int {
	defer syscall.Close(n.fd)
	in, net := make([]byte, 8192), make([]byte, 64<<10)
	p := []unix.PollFd{{Fd: int32(n.In.Fd()), Events: unix.POLLIN}, {Fd: int32(n.fd), Events: unix.POLLIN}}
	silences := 2
	time.Sleep(n.interval)
	for p[0].Fd >= 0 || p[1].Fd >= 0 {
		ready, err := socket.Poll(p, n.limit())
		if err != nil {
			return n.Warn("poll", err)
		}
		if ready == 0 {
			if silences--; silences == 0 {
				if n.verbose > 1 {
					n.Err.Print("net timeout\n")
				}
				return 0
			}
			continue
		}
		if p[1].Fd >= 0 && p[1].Revents != 0 {
			k, err := applet.ReadFd(n.fd, net)
			if k <= 0 {
				if err != nil && n.verbose > 1 {
					n.Warn("net read", err)
				}
				p[1].Fd = -1
			} else if n.receive(net[:k]); n.Out.Err() != nil {
				return 1
			}
		}
		if p[0].Fd >= 0 && p[0].Revents != 0 {
			k, _ := applet.ReadFd(n.In.Fd(), in)
			if k <= 0 {
				p[0].Fd = -1
				syscall.Shutdown(n.fd, syscall.SHUT_WR)
			} else if !n.send(in[:k]) {
				return 1
			}
		}
	}
	return 0
}

func (n *netcat) receive(p []byte) {
	n.Out.Write(p)
	n.dump.print('<', n.received, p)
	n.received += int64(len(p))
}

// send writes to the net: with -i a line at a time.
func (n *netcat) send(p []byte) bool {
	conn := socket.Conn{Fd: n.fd, Limit: socket.Forever}
	for len(p) > 0 {
		k := len(p)
		if i := bytes.IndexByte(p, '\n'); n.interval != 0 && i >= 0 {
			k = i + 1
		}
		if _, err := conn.Write(p[:k]); err != nil {
			if n.verbose > 0 {
				n.Warn("net write", err)
			}
			return false
		}
		n.dump.print('>', n.sent, p[:k])
		n.sent += int64(k)
		p = p[k:]
		time.Sleep(n.interval)
	}
	return true
}

// dump is the log of -o. A nil one prints nothing.
type dump struct{ out *applet.Out }

// print writes 16 bytes a line: direction, offset, their hexadecimal numbers, "#" and
// those that are printable.
func (d *dump) print(direction byte, offset int64, p []byte) {
	if d == nil {
		return
	}
	const digits = "0123456789abcdef"
	for len(p) > 0 {
		k := min(16, len(p))
		line := append(make([]byte, 0, 80), direction, ' ')
		for shift := 28; shift >= 0; shift -= 4 {
			line = append(line, digits[offset>>shift&15])
		}
		line = append(line, ' ')
		for i := range 16 {
			if i < k {
				line = append(line, digits[p[i]>>4], digits[p[i]&15], ' ')
			} else {
				line = append(line, "   "...)
			}
		}
		line = append(line, '#', ' ')
		for _, b := range p[:k] {
			if b < ' ' || b > '~' {
				b = '.'
			}
			line = append(line, b)
		}
		d.out.Write(append(line, '\n'))
		offset += int64(k)
		p = p[k:]
	}
	d.out.Flush()
}
