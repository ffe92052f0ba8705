package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// fake is a registry that does what a test says.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc // by "METHOD PATH"
	requests []string
	headers  []http.Header
}

func newFake(t *testing.T) *fake {
	f := &fake{handlers: map[string]http.HandlerFunc{}}
	f.handlers["GET /v2/"] = func(http.ResponseWriter, *http.Request) {}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	f.headers = append(f.headers, r.Header.Clone())
	h := f.handlers[r.Method+" "+r.URL.Path]
	f.mu.Unlock()
	if h == nil {
		http.Error(w, `{"errors":[{"code":"NOT_FOUND","message":"nothing here"}]}`, http.StatusNotFound)
		return
	}
	h(w, r)
}

// count says how many requests began with the prefix.
func (f *fake) count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

func (f *fake) host() string { return strings.TrimPrefix(f.URL, "http://") }

func (f *fake) options() Options {
	return Options{Agent: "test", Backoff: time.Millisecond, Stall: 20 * time.Second}
}

func (f *fake) reference(name string) reference.Reference {
	r, err := reference.Parse(f.host() + "/" + name)
	if err != nil {
		panic(err)
	}
	return r
}

func (f *fake) repository(t *testing.T, o Options) *Repository {
	t.Helper()
	c := New(o)
	t.Cleanup(c.Close)
	r, err := c.Writing(f.reference("a/b"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const blobPath = "GET /v2/a/b/blobs/"

func descriptor(b []byte) manifest.Descriptor {
	return manifest.Descriptor{Digest: digest.FromBytes(b), Size: int64(len(b)), MediaType: manifest.TypeLayer}
}

// content is bytes that don't repeat.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return b
}

func refuse(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
	}
}

func image(t *testing.T) []byte {
	t.Helper()
	c := descriptor([]byte("{}"))
	c.MediaType = manifest.TypeConfig
	doc := manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeManifest, Config: &c, Layers: []manifest.Descriptor{}}
	b, err := doc.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func serve(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Docker-Content-Digest", digest.FromBytes(b).String())
		_, _ = w.Write(b)
	}
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func contains(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}

func rangeOf(r *http.Request) (from int) {
	_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
	return from
}
