package fetch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.UserAgent())) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("only this"))
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { // in chunks
		_, _ = w.Write([]byte("only this"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestGet(t *testing.T) {
	base := serve(t)
	for _, c := range []struct{ address, want, problem string }{
		{base + "/good", "me", ""},
		{base + "/moved", "me", ""},
		{base + "/round", "", "stopped after 10 redirects"},
		{base + "/absent", "", "the server answers 404 Not Found"},
		{base + "/short", "only this", "cut short after 9 bytes"},
		{base + "/broken", "only this", "cut short after 9 bytes"},
		{strings.Replace(base, "http://", "ftp://", 1), "", "want http://HOST/PATH"},
		{"http:///x", "", "want http://HOST/PATH"},
		{strings.Replace(base, "http://", "http://me:secret@", 1) + "/absent", "", "me:xxxxx@"},
		{strings.Replace(base, "http://", "https://", 1), "", "HTTP response to HTTPS client"},
	} {
		var b bytes.Buffer
		err := Get(context.Background(), c.address, "me", &b)
		if b.String() != c.want || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %q, %v; want %q, %q", c.address, b.String(), err, c.want, c.problem)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %v", c.address, err)
		}
	}
}

func TestGetOfNobody(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	err := Get(context.Background(), s.URL, "me", &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Count(err.Error(), s.URL) != 1 {
		t.Errorf("a closed port: %v", err)
	}
}

type full struct{}

var errFull = errors.New("no space")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestGetIntoAFullDisk(t *testing.T) {
	if err := Get(context.Background(), serve(t)+"/good", "me", full{}); !errors.Is(err, errFull) {
		t.Errorf("%v, want the writer's error", err)
	}
}
