// Package server listens for the Docker Engine API: sockets, TLS, limits, the audit log and
// metrics. What is served is package docker's.
//
// It keeps connections and nothing else. Stopped, killed or upgraded it loses these, and
// no container notices.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"time"

	"bantam/internal/engine"
	"bantam/internal/server/docker"

	"golang.org/x/sys/unix"
)

// Options are those of bantamd.
type Options struct {
	Hosts       []string // unix://PATH, tcp://HOST:PORT, fd://; none is unix:// at DefaultSocket
	Group       string   // of unix sockets
	TLS         TLSOptions
	InsecureTCP bool // TCP for everybody who reaches the port
	PIDFile     string
	MetricsAddr string // HOST:PORT
	AuditLog    string // a file, or - for standard error
	LogLevel    string // debug, info, warn, error
}

// The limits of a connection. Bodies have limits of their own, by what they are.
const (
	headerTime  = 10 * time.Second // to send a request's header
	idleTime    = 2 * time.Minute  // between two requests
	headerBytes = 64 << 10
	// graceTime is how long a server that stops waits for requests on their way.
	graceTime = 3 * time.Second
	// stacksSize bounds what a SIGUSR1 has written to the log, in bytes.
	stacksSize = 1 << 20
)

// Run serves until the process is told to end (SIGTERM, SIGINT). Where to find it is
// printed to out, everything else to log.
func Run(e *engine.Engine, version engine.VersionInfo, builder engine.Builder, o *Options, out, log io.Writer) error {
	level, err := parseLevel(o.LogLevel)
	if err != nil {
		return err
	}
	if err := writePID(o.PIDFile); err != nil {
		return err
	}
	defer removePID(o.PIDFile)
	listeners, hint, err := listen(o)
	if err != nil {
		return err
	}
	e.Children = &engine.Children{}
	go reap(e.Children)
	go tellStacks(log)
	metrics := newMetrics(e, version)
	audit, err := openAudit(o.AuditLog, log)
	if err != nil {
		return err
	}
	notes := &logger{w: log, level: level}
	e.Notes = notes.at(warning)
	h := &http.Server{
		Handler:           resting(observe(docker.New(e, version, builder), metrics, audit, notes)),
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ErrorLog:    notes.std(),
	}
	if o.MetricsAddr != "" {
		l, err := net.Listen("tcp", o.MetricsAddr)
		if err != nil {
			return fmt.Errorf("listen for metrics: %w", err)
		}
		go func() { _ = (&http.Server{Handler: metrics, ReadHeaderTimeout: headerTime}).Serve(l) }()
	}
	if hint != "" {
		fmt.Fprintln(out, "export DOCKER_HOST="+hint)
	}
	ready()
	return serve(h, listeners)
}

// serve answers on all listeners until a signal.
func serve(h *http.Server, listeners []net.Listener) error {
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- h.Serve(l) }()
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, unix.SIGTERM, unix.SIGINT)
	select {
	case err := <-failed:
		if !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	case <-end:
	}
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	_ = h.Shutdown(ctx) // attached clients are cut off: their containers run on
	for _, l := range listeners {
		l.Close()
	}
	return nil
}

// reap buries monitors.
func reap(c *engine.Children) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	for range ended {
		c.Reap()
	}
}

// tellStacks writes what all goroutines are at to the log at each SIGUSR1, as dockerd does.
func tellStacks(log io.Writer) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1)
	for range asked {
		text := make([]byte, stacksSize)
		fmt.Fprintf(log, "%s\n", text[:runtime.Stack(text, true)])
	}
}

// writePID writes the pid file and refuses one whose process runs.
func writePID(path string) error {
	if path == "" {
		return nil
	}
	if b, err := os.ReadFile(path); err == nil {
		pid, err := strconv.Atoi(string(trimmed(b)))
		if err == nil && pid != os.Getpid() && unix.Kill(pid, 0) != unix.ESRCH {
			return fmt.Errorf("process with PID %d is still running: it has written %s", pid, path)
		}
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	return nil
}

func trimmed(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == ' ') {
		b = b[:len(b)-1]
	}
	return b
}

func removePID(path string) {
	if path != "" {
		os.Remove(path)
	}
}

// ready tells systemd that the server listens (sd_notify(3)).
func ready() {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if conn, err := net.Dial("unixgram", path); err == nil {
		_, _ = conn.Write([]byte("READY=1"))
		conn.Close()
	}
}
