package telnet

import (
	"bytes"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

func TestSession(t *testing.T) {
	for _, c := range []struct{ in, text, reply string }{
		{"hello\r\nx\r\x00y", "hello\r\nx\ry", ""},
		{"a\xff\xffb", "a\xffb", ""},
		{"\xff\xfb\x01", "", "\xff\xfd\x01"},                                         // WILL ECHO: DO
		{"\xff\xfb\x01\xff\xfb\x01", "", "\xff\xfd\x01"},                             // once
		{"\xff\xfd\x01", "", "\xff\xfc\x01"},                                         // DO ECHO: WONT
		{"\xff\xfb\x03\xff\xfc\x03", "", "\xff\xfd\x03\xff\xfe\x03"},                 // SGA
		{"\xff\xfd\x18", "", "\xff\xfb\x18"},                                         // TTYPE
		{"\xff\xfa\x18\x01\xff\xf0", "", "\xff\xfa\x18\x00vt\xff\xf0"},               // SEND
		{"\xff\xfd\x1f", "", "\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\xff\xff\xff\xf0"}, // NAWS, 255 lines
		{"\xff\xfd\x27\xff\xfa\x27\x01\xff\xf0", "", "\xff\xfb\x27\xff\xfa\x27\x00\x00USER\x01me\xff\xf0"},
		{"\xff\xfd\x63\xff\xfb\x63\xff\xfe\x63\xff\xf1z", "z", "\xff\xfc\x63\xff\xfe\x63"},
	} {
		s := session{terminal: "vt", hasTerminal: true, user: "me", hasUser: true, columns: 80, lines: 255}
		var text []byte
		for _, b := range []byte(c.in) { // a byte at a time
			text = append(text, s.receive([]byte{b})...)
		}
		if string(text) != c.text || string(s.reply) != c.reply {
			t.Errorf("%q: %q %q, want %q %q", c.in, text, s.reply, c.text, c.reply)
		}
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("\xff\xfb\x01\xff\xfa\x18\x01\xff\xf0\r\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		s := session{terminal: "vt", hasTerminal: true, columns: 80, lines: 24}
		text := s.receive(p)
		if len(text) > len(p) || len(s.reply) > 12*len(p)+16 {
			t.Errorf("%d bytes of text, %d of reply to %d", len(text), len(s.reply), len(p))
		}
	})
}

// serve serves one connection.
func serve(t *testing.T, f func(net.Conn)) (host, port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			f(c)
			c.Close()
		}
	}()
	host, port, _ = net.SplitHostPort(l.Addr().String())
	return host, port
}

func TestPipe(t *testing.T) {
	host, port := serve(t, func(c net.Conn) {
		buf := make([]byte, 64)
		n, _ := c.Read(buf)
		c.Write(append([]byte("got "), buf[:n]...))
	})
	cmd := exec.Command(testenv.Bin(t, "box"), "telnet", host, port)
	in, _ := cmd.StdinPipe()
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("hello\n"))
	cmd.Wait()
	if got := out.String(); got != "Connected to 127.0.0.1\ngot hello\r\nConnection closed by foreign host\r\n" || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%q %v", got, cmd.ProcessState)
	}
}

func TestTerminal(t *testing.T) {
	got := make(chan string, 10)
	host, port := serve(t, func(c net.Conn) {
		c.Write([]byte("\xff\xfb\x01\xff\xfb\x03login: "))
		buf := make([]byte, 64)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			got <- string(buf[:n])
		}
	})
	p := testenv.NewTerminal(t, 80, 24, exec.Command(testenv.Bin(t, "box"), "telnet", host, port))
	p.Wait("Entering character mode")
	p.Wait("login:")
	if s := <-got; !strings.Contains(s, "\xff\xfd\x01") {
		t.Errorf("%q", s)
	}
	p.Type("x")
	for s := range got {
		if strings.HasSuffix(s, "x") {
			break
		}
	}
	p.Type("\x1d")
	p.Wait("exit telnet")
	p.Type("q")
	p.Wait("continuing...")
	p.Type("\x1d")
	time.Sleep(100 * time.Millisecond)
	p.Type("e")
	if status := p.Exit(); status != 0 {
		t.Error(status)
	}
}
