package docker

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"
)

// masked is a client's message.
func masked(kind byte, b []byte) []byte {
	key := [4]byte{1, 2, 3, 4}
	out := append([]byte{0x80 | kind, 0x80 | byte(len(b))}, key[:]...)
	for i, c := range b {
		out = append(out, c^key[i%4])
	}
	return out
}

func TestWebsocket(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	w := &websocket{Conn: ours, r: bufio.NewReader(ours)}
	go func() {
		theirs.Write(masked(wsBinary, []byte("hello ")))
		theirs.Write(masked(wsPing, []byte("p")))
		pong := make([]byte, 3)
		io.ReadFull(theirs, pong)
		if !bytes.Equal(pong, []byte{0x80 | wsPong, 1, 'p'}) {
			t.Errorf("answer to a ping: %q", pong)
		}
		theirs.Write(masked(wsText, []byte("world")))
		theirs.Write(masked(wsClose, nil))
	}()
	b, err := io.ReadAll(w)
	if err != nil || string(b) != "hello world" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestWebsocketMessage(t *testing.T) {
	for _, n := range []int{0, 125, 126, 65535, 65536} {
		ours, theirs := net.Pipe()
		w := &websocket{Conn: ours, r: bufio.NewReader(ours)}
		go func() {
			w.frame(1, make([]byte, headerSize+n))
			ours.Close()
		}()
		b, _ := io.ReadAll(theirs)
		head := 2
		switch {
		case n > 65535:
			head = 10
		case n > 125:
			head = 4
		}
		if len(b) != head+n {
			t.Errorf("%d bytes became %d", n, len(b))
		}
	}
}

func FuzzWebsocket(f *testing.F) {
	f.Add(masked(wsBinary, []byte("x")))
	f.Add([]byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, in []byte) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		w := &websocket{Conn: ours, r: bufio.NewReader(bytes.NewReader(in))}
		n, _ := io.Copy(io.Discard, w)
		if n > int64(len(in)) {
			t.Errorf("%d bytes became %d", len(in), n)
		}
		ours.Close()
	})
}
