package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReplaying asks twice for the same, on one connection and on another one.
func TestReplaying(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "engine")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Api-Version", "1.41")
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, strings.Repeat(r.URL.Path, 10000))
		}
	})}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	c, end, err := (&client{name: "x", line: []string{"docker", "-H", "unix://" + socket}, socket: socket}).replaying(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if c.line[2] != "unix://"+c.socket || c.socket == socket {
		t.Errorf("line %q", c.line)
	}
	for range 2 {
		one := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Dial: func(_, _ string) (net.Conn, error) { return net.Dial("unix", c.socket) }}}
		for range 2 {
			head, err := one.Head("http://x/_ping")
			if err != nil || head.Header.Get("Api-Version") != "1.41" {
				t.Fatalf("%v, %v", head, err)
			}
			answer, err := one.Get("http://x/list")
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(answer.Body); err != nil || string(b) != strings.Repeat("/list", 10000) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}
		one.CloseIdleConnections()
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}
