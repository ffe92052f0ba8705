package docker

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// websocket is attach's other transport (RFC 6455), which browsers speak: messages of
// bytes in both directions, without docker's frames.
type websocket struct {
	net.Conn
	r  *bufio.Reader
	mu sync.Mutex

	left int64   // of the message that is being read
	mask [4]byte // of it
	at   int
}

// The kinds of messages, section 5.2.
const (
	wsContinue = 0x0
	wsText     = 0x1
	wsBinary   = 0x2
	wsClose    = 0x8
	wsPing     = 0x9
	wsPong     = 0xa
)

const wsKey = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

func (s *Server) attachWebsocket(c *call) error {
	key := c.r.Header.Get("Sec-Websocket-Key")
	if !strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket") || key == "" {
		return badRequest("not a websocket handshake")
	}
	// A websocket has all streams unless it asks for some.
	if !c.query.Has("stream") {
		c.query.Set("stream", "1")
	}
	if !c.query.Has("stdin") && !c.query.Has("stdout") && !c.query.Has("stderr") {
		for _, k := range [...]string{"stdin", "stdout", "stderr"} {
			c.query.Set(k, "1")
		}
	}
	at, err := s.beginAttach(c)
	if err != nil {
		return err
	}
	defer s.end(at)
	ws, err := c.upgrade(key)
	if err != nil {
		return err
	}
	defer ws.Close()
	err = s.serve(c, at, ws)
	_ = ws.message(wsClose, []byte{0x03, 0xe8}) // 1000: normal
	return err
}

// upgrade takes the connection over.
func (c *call) upgrade(key string) (*websocket, error) {
	conn, rw, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return nil, err
	}
	c.begun = true
	_ = conn.SetDeadline(time.Time{})
	sum := sha1.Sum([]byte(key + wsKey))
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if p := c.r.Header.Get("Sec-Websocket-Protocol"); p != "" {
		first, _, _ := strings.Cut(p, ",")
		head += "Sec-WebSocket-Protocol: " + strings.TrimSpace(first) + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		conn.Close()
		return nil, err
	}
	return &websocket{Conn: conn, r: rw.Reader}, nil
}

func (w *websocket) frame(_ byte, b []byte) error { return w.message(wsBinary, b[headerSize:]) }

// message sends one message, unmasked as a server's are.
func (w *websocket) message(kind byte, b []byte) error {
	head := []byte{0x80 | kind}
	switch {
	case len(b) < 126:
		head = append(head, byte(len(b)))
	case len(b) < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(len(b)))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(len(b)))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := (&net.Buffers{head, b}).WriteTo(w.Conn)
	return err
}

// Read gives the bytes of the client's messages.
func (w *websocket) Read(b []byte) (int, error) {
	for w.left == 0 {
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	if int64(len(b)) > w.left {
		b = b[:w.left]
	}
	n, err := w.r.Read(b)
	w.left -= int64(n)
	for i := range b[:n] {
		b[i] ^= w.mask[w.at%4]
		w.at++
	}
	return n, err
}

var errWebsocket = errors.New("the client does not speak websocket as RFC 6455 has it")

// next reads the head of the next message and answers those that are no data.
func (w *websocket) next() error {
	var head [2]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return err
	}
	kind, size := head[0]&0xf, int64(head[1]&0x7f)
	if head[1]&0x80 == 0 || head[0]&0x70 != 0 {
		return errWebsocket
	}
	var err error
	switch size {
	case 126:
		var n uint16
		err = binary.Read(w.r, binary.BigEndian, &n)
		size = int64(n)
	case 127:
		err = binary.Read(w.r, binary.BigEndian, &size)
	}
	if err == nil && size < 0 {
		err = errWebsocket
	}
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(w.r, w.mask[:]); err != nil {
		return err
	}
	w.at = 0
	switch kind {
	case wsContinue, wsText, wsBinary:
		w.left = size
		return nil
	}
	return w.control(kind, size)
}

// control acts on a message that carries no data; they are short.
func (w *websocket) control(kind byte, size int64) error {
	if size > 125 {
		return errWebsocket
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(w.r, b); err != nil {
		return err
	}
	for i := range b {
		b[i] ^= w.mask[i%4]
	}
	switch kind {
	case wsPing:
		return w.message(wsPong, b)
	case wsPong:
		return nil
	case wsClose:
		return io.EOF
	}
	return errWebsocket
}
