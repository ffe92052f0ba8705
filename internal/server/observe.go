package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// connKey is the key of a request's connection in its context.
type connKey struct{}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status   int
	hijacked bool
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Hijack is for http.ResponseController.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.hijacked, a.status = true, http.StatusSwitchingProtocols
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// router is the handler that also knows a request's route.
type routed interface {
	http.Handler
	Route(r *http.Request) string
}

// observe counts and notes each request. A panic costs its request and nothing else.
func observe(h routed, m *metrics, a *audit, log *logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		own := &answer{ResponseWriter: w}
		route := h.Route(r)
		m.begin()
		a.begin(r, began)
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				log.printf(failure, "panic at %s %s: %v\n%s", r.Method, r.URL.Path, p, debug.Stack())
				own.status = http.StatusInternalServerError
			}
			m.end(r.Method, route, own.status, time.Since(began))
			a.end(r, own.status, time.Since(began))
			log.printf(debugging, "%s %s %d %s", r.Method, r.URL.Path, own.status, time.Since(began))
			if p != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(own, r)
	})
}

// audit writes a line for each request that may change something, when it begins and
// when it ends. Nil writes nothing.
type audit struct {
	mu sync.Mutex
	w  io.Writer
}

// entry is one line of the audit log.
type entry struct {
	Time   time.Time `json:"time"`
	Event  string    `json:"event"` // request, response
	From   string    `json:"from"`  // uid=N pid=N, or an address
	User   string    `json:"user,omitempty"`
	Method string    `json:"method"`
	URL    string    `json:"url"`
	Agent  string    `json:"agent,omitempty"`
	Status int       `json:"status,omitempty"`
	Millis float64   `json:"ms,omitempty"`
}

func openAudit(path string, log io.Writer) (*audit, error) {
	switch path {
	case "":
		return nil, nil
	case "-":
		return &audit{w: log}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return &audit{w: f}, nil
}

// changes leaves out what only asks.
func changes(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

func (a *audit) begin(r *http.Request, at time.Time) {
	if a != nil && changes(r) {
		a.write(&entry{Time: at, Event: "request"}, r)
	}
}

func (a *audit) end(r *http.Request, status int, took time.Duration) {
	if a != nil && changes(r) {
		a.write(&entry{Time: time.Now(), Event: "response", Status: status, Millis: float64(took.Microseconds()) / 1000}, r)
	}
}

func (a *audit) write(e *entry, r *http.Request) {
	e.From, e.User = peer(r)
	e.Method, e.URL, e.Agent = r.Method, r.URL.RequestURI(), r.UserAgent()
	b, err := json.Marshal(e)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.w.Write(append(b, '\n'))
}

// peer says who has connected: the kernel knows it of a unix socket, a certificate of TLS.
func peer(r *http.Request) (from, name string) {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	conn, ok := r.Context().Value(connKey{}).(*net.UnixConn)
	if !ok {
		return r.RemoteAddr, name
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return "unix", name
	}
	from = "unix"
	_ = raw.Control(func(fd uintptr) {
		if c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			from = "uid=" + strconv.Itoa(int(c.Uid)) + " pid=" + strconv.Itoa(int(c.Pid))
		}
	})
	return from, name
}
