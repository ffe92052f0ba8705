package registry

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"bantam/internal/image/digest"
)

func opener(b []byte) func(int64) (io.ReadCloser, error) {
	return func(from int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b[from:])), nil }
}

// sink is the upload side of a registry.
type sink struct {
	mu   sync.Mutex
	got  []byte
	cut  int  // bytes after which a connection breaks, 0 for never
	lost bool // it forgets what was cut
}

func (s *sink) install(f *fake) {
	f.handlers["POST /v2/a/b/blobs/uploads/"] = func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		s.got = nil
		s.mu.Unlock()
		w.Header().Set("Location", "/upload/1?state=x")
		w.WriteHeader(http.StatusAccepted)
	}
	f.handlers["PUT /upload/1"] = s.write
	f.handlers["PATCH /upload/1"] = s.write
	f.handlers["GET /upload/1"] = func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.lost {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Location", "/upload/1?state=y")
		w.Header().Set("Range", "0-"+strconv.Itoa(max(0, len(s.got)-1)))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *sink) write(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text := r.Header.Get("Content-Range"); text != "" {
		var from, to int
		if n, _ := fmt.Sscanf(text, "%d-%d", &from, &to); n != 2 || from != len(s.got) || int64(to-from+1) != r.ContentLength {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
	}
	body := io.Reader(r.Body)
	if s.cut > 0 {
		body = io.LimitReader(body, int64(s.cut))
	}
	b, _ := io.ReadAll(body)
	s.got = append(s.got, b...)
	if s.cut > 0 && len(b) == s.cut {
		panic(http.ErrAbortHandler)
	}
	if r.Method == "PATCH" {
		w.Header().Set("Location", "/upload/1?state=z")
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if r.URL.Query().Get("digest") != digest.FromBytes(s.got).String() || r.URL.Query().Get("state") == "" {
		refuse(400, "DIGEST_INVALID", "not this")(w, r)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func TestUpload(t *testing.T) {
	b := content(3 << 20)
	for name, s := range map[string]*sink{"whole": {}, "broken": {cut: 1 << 20}, "broken and forgotten": {cut: 1 << 20, lost: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			s.install(f)
			var sent int64
			err := f.repository(t, f.options()).Upload(background(t), descriptor(b), opener(b), func(at int64) { sent = at })
			if name == "broken and forgotten" {
				contains(t, err, "push blob")
				return
			}
			if err != nil || !bytes.Equal(s.got, b) || sent != int64(len(b)) {
				t.Errorf("%v; %d of %d bytes arrived, %d were told", err, len(s.got), len(b), sent)
			}
			if name == "broken" && f.count("POST") != 1 {
				t.Errorf("it began anew: %v", f.requests)
			}
		})
	}
}

func TestUploadIsRefused(t *testing.T) {
	b := content(100)
	for want, h := range map[string]http.HandlerFunc{
		"gives no address for the upload":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) },
		"denied: no pushing here":             refuse(403, "DENIED", "no pushing here"),
		"too many requests: slower":           refuse(429, "TOO_MANY_REQUESTS", "slower"),
		"unexpected status from POST request": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
	} {
		f := newFake(t)
		f.handlers["POST /v2/a/b/blobs/uploads/"] = h
		contains(t, f.repository(t, f.options()).Upload(background(t), descriptor(b), opener(b), nil), want)
	}
}

func TestMount(t *testing.T) {
	f := newFake(t)
	d := descriptor(content(10))
	status := http.StatusCreated
	f.handlers["POST /v2/a/b/blobs/uploads/"] = func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("mount") != d.Digest.String() || q.Get("from") != "c/d" {
			t.Errorf("asked %s", r.URL.RequestURI())
		}
		w.Header().Set("Location", "/upload/1")
		w.WriteHeader(status)
	}
	cancelled := false
	f.handlers["DELETE /upload/1"] = func(w http.ResponseWriter, _ *http.Request) { cancelled = true; w.WriteHeader(http.StatusNoContent) }
	repo := f.repository(t, f.options())
	if ok, err := repo.Mount(background(t), d, "c/d"); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	status = http.StatusAccepted
	if ok, err := repo.Mount(background(t), d, "c/d"); ok || err != nil || !cancelled {
		t.Errorf("%v %v, cancelled %v", ok, err, cancelled)
	}
}
