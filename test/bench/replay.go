package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// replaying is a client of a server that has each answer ready: the first time that something is asked it asks the engine, from then on it
// gives that answer at once. What its commands take is the client's own time, which no engine can undercut.
func (c *client) replaying(dir string) (client, func(), error) {
	var mu sync.Mutex
	known := map[string][]byte{} // by method and path, the whole answer
	engine := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", c.socket)
	}}
	ask := func(r *http.Request) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		key := r.Method + r.URL.String()
		if known[key] != nil {
			return known[key], nil
		}
		again := r.Clone(context.Background())
		again.URL.Scheme, again.URL.Host, again.RequestURI = "http", "engine", ""
		answer, err := engine.RoundTrip(again)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return nil, err
		}
		answer.Body, answer.TransferEncoding, answer.Request = io.NopCloser(bytes.NewReader(body)), nil, r
		if r.Method != http.MethodHead {
			answer.ContentLength = int64(len(body))
		}
		if known[key], err = httputil.DumpResponse(answer, true); err != nil {
			delete(known, key)
		}
		return known[key], err
	}
	socket := filepath.Join(dir, "replay-"+c.name)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return client{}, nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerAll(conn, ask)
		}
	}()
	line := slices.Clone(c.line)
	for i := range line {
		line[i] = strings.ReplaceAll(line[i], c.socket, socket)
	}
	return client{name: c.name, line: line, socket: socket}, func() { l.Close() }, nil
}

// answerAll answers each request of a connection.
func answerAll(conn net.Conn, ask func(*http.Request) ([]byte, error)) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		answer, err := ask(r)
		if err != nil {
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}
