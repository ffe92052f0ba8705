package docker

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// connected is a hijacked connection and its client's end.
func connected(t *testing.T, mux bool) (*hijacked, net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); conn.Close() })
	return &hijacked{Conn: conn, socket: raw, r: bufio.NewReader(conn), mux: mux}, client
}

// noise is what a container prints.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// pumped writes both outputs through a tube, and closes the connection.
func pumped(t *testing.T, h *hijacked, out, err []byte) {
	t.Helper()
	tb, e := newTube(false, true, true)
	if e != nil {
		t.Error(e)
		return
	}
	defer tb.close()
	_, _ = tb.run(h, func() (int, error) {
		written := make(chan struct{})
		for i, b := range [][]byte{out, err} {
			fd, e := unix.Dup(tb.to[i])
			if e != nil {
				return 0, e
			}
			go func() {
				f := os.NewFile(uintptr(fd), "output")
				_, _ = f.Write(b)
				f.Close()
				written <- struct{}{}
			}()
		}
		<-written
		<-written
		return 0, nil
	})
	h.Close()
}

// What a container prints fast and much arrives whole, and in frames that hold what they say, also while its other
// output prints little things.
func TestPumpMultiplexed(t *testing.T) {
	h, client := connected(t, true)
	out, small := noise(5<<20), bytes.Repeat([]byte("a line\n"), 3000)
	go pumped(t, h, out, small)
	var got [3]bytes.Buffer
	r := bufio.NewReader(client)
	for {
		var head [headerSize]byte
		if _, err := io.ReadFull(r, head[:]); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if head[0] != 1 && head[0] != 2 || head[1]|head[2]|head[3] != 0 {
			t.Fatalf("a frame begins with % x", head)
		}
		if _, err := io.CopyN(&got[head[0]], r, int64(binary.BigEndian.Uint32(head[4:]))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got[1].Bytes(), out) || !bytes.Equal(got[2].Bytes(), small) {
		t.Errorf("%d and %d bytes came through, not the %d and %d that went in", got[1].Len(), got[2].Len(), len(out), len(small))
	}
}

func TestPumpRaw(t *testing.T) {
	h, client := connected(t, false)
	out := noise(5 << 20)
	go pumped(t, h, out, nil)
	got, err := io.ReadAll(client)
	if err != nil || !bytes.Equal(got, out) {
		t.Errorf("%d bytes came through, not the %d that went in: %v", len(got), len(out), err)
	}
}

// A client that goes while much is on its way ends the pump.
func TestPumpLeft(t *testing.T) {
	h, client := connected(t, true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pumped(t, h, noise(5<<20), nil)
	}()
	if _, err := io.CopyN(io.Discard, client, 1<<20); err != nil {
		t.Fatal(err)
	}
	client.Close()
	<-done
}
