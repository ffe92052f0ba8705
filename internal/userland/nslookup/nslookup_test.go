package nslookup

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

const here = "\xc0\x0c"

// serve answers what comes to a port of the loopback.
func serve(t *testing.T, answer func(query []byte, kind byte) []byte) (port string) {
	fd, err := socket.Listen(socket.Addr{IP: socket.V4(127<<24 | 1)}, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Shutdown(fd, syscall.SHUT_RDWR) })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := syscall.Recvfrom(fd, buf, 0)
			if err != nil || n == 0 {
				return
			}
			syscall.Sendto(fd, answer(buf[:n], buf[n-3]), 0, from)
		}
	}()
	return strconv.Itoa(socket.Local(fd).Port)
}

func reply(query []byte, flags byte, records ...string) []byte {
	p := append([]byte(nil), query...)
	p[2] |= 0x80 | flags
	p[7] = byte(len(records))
	for _, r := range records {
		p = append(p, r...)
	}
	return p
}

func use(args ...string) (string, int) {
	o, e := applet.Capture(), applet.Capture()
	status := new(applet.Call).Inside(&Applet, append([]string{"nslookup"}, args...), nil, applet.Memory(nil), o, e)
	return string(o.Captured()) + string(e.Captured()), status
}

func record(kind byte, data string) string {
	return here + "\x00" + string(rune(kind)) + "\x00\x01\x00\x00\x00\x3c\x00" + string(rune(len(data))) + data
}

func TestAnswers(t *testing.T) {
	port := serve(t, func(q []byte, kind byte) []byte {
		switch kind {
		case 1:
			return reply(q, 0, record(5, "\x01c"+here), record(1, "\x0a\x01\x02\x03"))
		case 28:
			return reply(q, 4)
		case 15:
			return reply(q, 4, record(15, "\x00\x0a\x04mail"+here))
		case 16:
			return reply(q, 0, record(16, "\x05he\x1blo"))
		case 33:
			return reply(q, 0, record(33, "\x00\x01\x00\x02\x00\x50\x01w"+here))
		case 6:
			return reply(q, 0, record(6, "\x02ns"+here+"\x02me"+here+"\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05"))
		case 12:
			return reply(q, 0, record(12, "\x04host\x00"))
		case 2:
			return reply(q, 0, "\xc0\xff")
		}
		p := reply(q, 0)
		p[3] = 3
		return p
	})
	head := "Server:\t\t127.0.0.1\nAddress:\t127.0.0.1:" + port + "\n\n"
	for args, want := range map[string]string{
		"x.y":               "Non-authoritative answer:\nx.y\tcanonical name = c.x.y\nName:\tx.y\nAddress: 10.1.2.3\n\n\n",
		"-type=mx x.y":      "x.y\tmail exchanger = 10 mail.x.y\n\n",
		"-type=TXT x.y":     "Non-authoritative answer:\nx.y\ttext = \"he?lo\"\n\n",
		"-ty=srv x.y":       "Non-authoritative answer:\nx.y\tservice = 1 2 80 w.x.y\n\n",
		"-querytype=soa xy": "Non-authoritative answer:\nxy\n\torigin = ns.xy\n\tmail addr = me.xy\n\tserial = 1\n\trefresh = 2\n\tretry = 3\n\texpire = 4\n\tminimum = 5\n\n",
		"10.1.2.3":          "Non-authoritative answer:\n3.2.1.10.in-addr.arpa\tname = host\n\n",
		"-type=ns x.y":      "Non-authoritative answer:\n*** Can't find x.y: Parse error\n\n",
		"-type=any x.y":     "** server can't find x.y: NXDOMAIN\n\n",
	} {
		got, _ := use(append([]string{"-port=" + port}, append(strings.Fields(args), "127.0.0.1")...)...)
		if got != head+want {
			t.Errorf("%s: %q, want %q", args, got, head+want)
		}
	}
}

func TestNobody(t *testing.T) {
	got, status := use("-port=1", "-timeout=1", "-retry=1", "x.y", "127.0.0.1")
	if status != 1 || !strings.HasPrefix(got, ";; connection timed out; no servers could be reached\n\n") {
		t.Errorf("%q %d", got, status)
	}
}
