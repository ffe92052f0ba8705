package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// slice answers a request for a blob as a good registry does, with at most max bytes
// before the connection breaks; 0 is no limit.
func slice(w http.ResponseWriter, r *http.Request, b []byte, max int) {
	from := rangeOf(r)
	if from > 0 {
		w.Header().Set("Content-Range", "bytes "+strconv.Itoa(from)+"-"+strconv.Itoa(len(b)-1)+"/"+strconv.Itoa(len(b)))
	}
	rest := b[from:]
	w.Header().Set("Content-Length", strconv.Itoa(len(rest)))
	if from > 0 {
		w.WriteHeader(http.StatusPartialContent)
	}
	if max > 0 && max < len(rest) {
		_, _ = w.Write(rest[:max])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(rest)
}

func TestBrokenBlobGoesOn(t *testing.T) {
	f := newFake(t)
	b := content(1 << 20)
	d := descriptor(b)
	f.handlers[blobPath+d.Digest.String()] = func(w http.ResponseWriter, r *http.Request) { slice(w, r, b, 100_000) }
	var retries int
	r := f.repository(t, f.options()).Blob(background(t), d, 0)
	r.Retry = func(error, int64) { retries++ }
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d of %d bytes, %v", len(got), len(b), err)
	}
	// Each attempt goes on where the last one ended: net/http may deliver less than was sent.
	if n := f.count(blobPath); retries < 10 || n != retries+1 {
		t.Errorf("%d retries, %d requests", retries, n)
	}
}

func TestBlobFromTheMiddle(t *testing.T) {
	f := newFake(t)
	b := content(5000)
	d := descriptor(b)
	for name, h := range map[string]http.HandlerFunc{
		"range":    func(w http.ResponseWriter, r *http.Request) { slice(w, r, b, 0) },
		"no range": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) },
	} {
		f.handlers[blobPath+d.Digest.String()] = h
		got, err := io.ReadAll(f.repository(t, f.options()).Blob(background(t), d, 1234))
		if err != nil || !bytes.Equal(got, b[1234:]) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	// Everything is there: nobody is asked.
	before := f.count(blobPath)
	if got, err := io.ReadAll(f.repository(t, f.options()).Blob(background(t), d, d.Size)); err != nil || len(got) > 0 || f.count(blobPath) != before {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestHostileBlobs(t *testing.T) {
	b := content(10_000)
	d := descriptor(b)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>log in</html>"))
		}, "answers with a web page where a blob was asked for"},
		"announces less": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b[:100]) }, "announces 100 bytes, the descriptor says 10000"},
		"announces more": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10001")
			_, _ = w.Write(append(b[:10000:10000], 0))
		}, "announces 10001 bytes"},
		"sends more":    {func(w http.ResponseWriter, _ *http.Request) { flush(w, b); _, _ = w.Write(b) }, "longer than the 10000 bytes"},
		"sends less":    {func(w http.ResponseWriter, _ *http.Request) { flush(w, b[:10]) }, "cut short after 10 of 10000 bytes"},
		"sends nothing": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"another range": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 7-9/10000")
			w.WriteHeader(http.StatusPartialContent)
		}, "was asked for the bytes from 0 on"},
		"is busy":     {refuse(503, "UNAVAILABLE", "come back later"), "unavailable: come back later"},
		"has no such": {refuse(404, "BLOB_UNKNOWN", "blob unknown to registry"), "blob unknown: blob unknown to registry"},
		"redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}, "more than 10 redirects"},
		"speaks in codes": {refuse(400, "BAD", "\x1b[2Jwiped"), "bad:  [2Jwiped"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.handlers[blobPath+d.Digest.String()] = c.answer
			got, err := io.ReadAll(f.repository(t, f.options()).Blob(background(t), d, 0))
			contains(t, err, c.want)
			if len(got) > len(b) {
				t.Errorf("%d bytes were given on", len(got))
			}
			if n := f.count(blobPath); n > 12 {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

// flush sends bytes without a length.
func flush(w http.ResponseWriter, b []byte) {
	_, _ = w.Write(b)
	_ = http.NewResponseController(w).Flush()
}

// A registry that sends something and then nothing is left after a while; what it sent counts.
func TestStall(t *testing.T) {
	f := newFake(t)
	b := content(1000)
	d := descriptor(b)
	var calls atomic.Int32
	f.handlers[blobPath+d.Digest.String()] = func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) > 2 {
			slice(w, r, b, 0)
			return
		}
		from := rangeOf(r)
		if from > 0 {
			w.Header().Set("Content-Range", "bytes "+strconv.Itoa(from)+"-999/1000")
			w.WriteHeader(http.StatusPartialContent)
		}
		flush(w, b[from:from+300])
		<-r.Context().Done()
	}
	o := f.options()
	o.Stall = 50 * time.Millisecond
	r := f.repository(t, o).Blob(background(t), d, 0)
	var why []error
	r.Retry = func(err error, _ int64) { why = append(why, err) }
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	var stall *StallError
	if len(why) == 0 || !errors.As(why[0], &stall) {
		t.Errorf("retries because of %v", why)
	}
}

// A registry that takes a request and says nothing at all is left, too: manifests, tokens and uploads wait no longer than blobs.
func TestSilence(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // net/http sees the end of the connection behind the body
		<-r.Context().Done()
	}
	b := content(100)
	d := descriptor(b)
	for name, c := range map[string]struct {
		at string
		do func(*fake, Options) error
	}{
		"version":  {"GET /v2/", manifestOf},
		"manifest": {"GET /v2/a/b/manifests/1", manifestOf},
		"upload": {"POST /v2/a/b/blobs/uploads/", func(f *fake, o Options) error {
			return f.repository(t, o).Upload(background(t), d, opener(b), nil)
		}},
		"token": {"GET /token", func(f *fake, o Options) error {
			f.handlers["GET /v2/"] = guarded("never", `Bearer realm="`+f.URL+`/token",service="x"`, nil)
			return manifestOf(f, o)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.handlers[c.at] = silent
			o := f.options()
			o.Stall = 20 * time.Millisecond
			err := c.do(f, o)
			var timeout interface{ Timeout() bool }
			var stall *StallError
			if !errors.As(err, &stall) && (!errors.As(err, &timeout) || !timeout.Timeout()) {
				t.Errorf("%v is no stall", err)
			}
			if n := f.count(c.at); n == 0 || n > 12 {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

func manifestOf(f *fake, o Options) error {
	c := New(o)
	defer c.Close()
	r, err := c.Writing(f.reference("a/b"))
	if err == nil {
		_, err = r.Manifest(context.Background(), "1")
	}
	return err
}

// A reader that takes its time is no stall.
func TestSlowReaderIsNoStall(t *testing.T) {
	f := newFake(t)
	b := content(1 << 20)
	d := descriptor(b)
	f.handlers[blobPath+d.Digest.String()] = func(w http.ResponseWriter, r *http.Request) { slice(w, r, b, 0) }
	o := f.options()
	o.Stall = 500 * time.Millisecond
	r := f.repository(t, o).Blob(background(t), d, 0)
	r.Retry = func(err error, _ int64) { t.Errorf("retry: %v", err) }
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	<-time.After(2 * o.Stall) // the subject of the test
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Error(err)
	}
}

func TestMirrors(t *testing.T) {
	b := content(100_000)
	d := descriptor(b)
	m := image(t)
	registry, mirror := newFake(t), newFake(t)
	for _, f := range []*fake{registry, mirror} {
		f.handlers["GET /v2/a/b/manifests/latest"] = serve("application/vnd.oci.image.manifest.v1+json", m)
	}
	registry.handlers[blobPath+d.Digest.String()] = func(w http.ResponseWriter, r *http.Request) { slice(w, r, b, 0) }
	mirror.handlers[blobPath+d.Digest.String()] = func(w http.ResponseWriter, r *http.Request) { slice(w, r, b, 30_000) }
	nobody := newFake(t)
	nobody.Close()
	o := registry.options()
	o.Config.Mirrors = map[string][]string{registry.host(): {nobody.URL, mirror.URL}}
	c := New(o)
	defer c.Close()
	repo, err := c.Reading(registry.reference("a/b"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Manifest(background(t), "latest"); err != nil || registry.count("") != 0 || mirror.count("GET /v2/a/b/manifests/") != 1 {
		t.Errorf("%v; the registry got %v", err, registry.requests)
	}
	// The mirror breaks in the middle: the registry gives the rest.
	got, err := io.ReadAll(repo.Blob(background(t), d, 0))
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if mirror.count(blobPath) != 1 || registry.count(blobPath) != 1 {
		t.Errorf("mirror %v\nregistry %v", mirror.requests, registry.requests)
	}
	// A mirror that is ill is asked once.
	ill := newFake(t)
	ill.handlers["GET /v2/"] = refuse(503, "UNAVAILABLE", "ill")
	o.Config.Mirrors = map[string][]string{registry.host(): {ill.URL}}
	second := New(o)
	defer second.Close()
	sick, err := second.Reading(registry.reference("a/b"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := sick.Manifest(background(t), "latest"); err != nil || ill.count("") != 1 {
			t.Errorf("%v, %v", err, ill.requests)
		}
	}
	// What the mirror doesn't have comes from the registry.
	delete(mirror.handlers, "GET /v2/a/b/manifests/latest")
	if _, err := repo.Manifest(background(t), "latest"); err != nil {
		t.Error(err)
	}
}
