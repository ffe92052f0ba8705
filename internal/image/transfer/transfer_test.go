package transfer

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/distribution"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
	"bantam/internal/testenv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// server is a registry that a test may spoil: twist sees each request before the registry.
type server struct {
	*httptest.Server
	store *local.Store
	twist atomic.Pointer[func(w http.ResponseWriter, r *http.Request, next http.Handler)]
	mu    sync.Mutex
	log   []string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{store: &local.Store{Root: t.TempDir()}}
	lease, err := s.store.Lease()
	if err != nil {
		t.Fatal(err)
	}
	lease.Close()
	hub := distribution.New(distribution.Options{Root: s.store.Root, Blobs: s.store.Blobs(), Share: s.store.Share})
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.log = append(s.log, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Range"))
		s.mu.Unlock()
		if f := s.twist.Load(); f != nil {
			(*f)(w, r, hub)
			return
		}
		hub.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) spoil(f func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	s.twist.Store(&f)
}

func (s *server) ref(t *testing.T, name string) reference.Reference {
	t.Helper()
	r, err := reference.Parse(strings.TrimPrefix(s.URL, "http://") + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return r.Tagged()
}

func (s *server) count(part string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.log {
		if strings.Contains(l, part) {
			n++
		}
	}
	return n
}

func ours() *Transfer {
	return &Transfer{Agent: "test", Backoff: time.Millisecond, Stall: 20 * time.Second}
}

func store(t *testing.T) *local.Store {
	t.Helper()
	s := &local.Store{Root: filepath.Join(t.TempDir(), "root")}
	return s
}

// layerTar is a tar file with one file of n bytes that can't be compressed.
func layerTar(t *testing.T, name string, n int) []byte {
	t.Helper()
	content := make([]byte, n)
	_, _ = rand.Read(content)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(n), Uid: os.Getuid(), Gid: os.Getgid()})
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type packer func(*testing.T, []byte) (kind string, packed []byte)

func gzipped(t *testing.T, b []byte) (string, []byte) {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return manifest.TypeLayer + "+gzip", out.Bytes()
}

func zstandard(t *testing.T, b []byte) (string, []byte) {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	if err == nil {
		_, err = z.Write(b)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return manifest.TypeLayer + "+zstd", out.Bytes()
}

func plain(_ *testing.T, b []byte) (string, []byte) { return manifest.TypeLayer, b }

// offer puts an image into the registry, one layer for each packer; change may spoil the
// configuration and the manifest. It returns the layers' descriptors.
func (s *server) offer(t *testing.T, ref reference.Reference, size int, change func(*local.Config, *manifest.Document), packers ...packer) []manifest.Descriptor {
	t.Helper()
	c := &local.Config{OS: "linux", Architecture: manifest.Host().Architecture, Created: time.Unix(0, 0).UTC()}
	c.RootFS.Type = "layers"
	c.RootFS.DiffIDs = []digest.Digest{}
	m := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeManifest, Layers: []manifest.Descriptor{}}
	for i, pack := range packers {
		b := layerTar(t, fmt.Sprint("file", i), size)
		kind, packed := pack(t, b)
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.FromBytes(b))
		m.Layers = append(m.Layers, manifest.Descriptor{MediaType: kind, Digest: s.put(t, ref, packed), Size: int64(len(packed))})
	}
	if change != nil {
		change(c, m)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if m.Config == nil {
		m.Config = &manifest.Descriptor{MediaType: manifest.TypeConfig, Digest: s.put(t, ref, raw), Size: int64(len(raw))}
	}
	s.tag(t, ref, m)
	return m.Layers
}

func (s *server) put(t *testing.T, ref reference.Reference, b []byte) digest.Digest {
	t.Helper()
	d := digest.FromBytes(b)
	s.ask(t, http.MethodPost, "/v2/"+ref.Path+"/blobs/uploads/?digest="+d.String(), "", b)
	return d
}

func (s *server) tag(t *testing.T, ref reference.Reference, m *manifest.Document) digest.Digest {
	t.Helper()
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s.ask(t, http.MethodPut, "/v2/"+ref.Path+"/manifests/"+ref.Tag, m.MediaType, b)
	return digest.FromBytes(b)
}

func (s *server) ask(t *testing.T, method, path, kind string, b []byte) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if text, _ := io.ReadAll(a.Body); a.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s: %s %s", method, path, a.Status, text)
	}
}

func pull(t *testing.T, s *local.Store, ref reference.Reference) (*remote.Pulled, []remote.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var events []remote.Event
	got, err := ours().Pull(ctx, s, &remote.Pull{Reference: ref, Progress: func(e remote.Event) { events = append(events, e) }})
	return got, events, err
}

func said(events []remote.Event, status string) (n int) {
	for _, e := range events {
		if e.Status == status {
			n++
		}
	}
	return n
}

// whole fails unless the store has the image with all its files.
func whole(t *testing.T, s *local.Store, ref reference.Reference, layers int) {
	t.Helper()
	i, err := s.Find(ref.String())
	if err != nil {
		t.Fatal(err)
	}
	if len(i.RootFS.DiffIDs) != layers {
		t.Errorf("%d layers, want %d", len(i.RootFS.DiffIDs), layers)
	}
	for _, d := range i.RootFS.DiffIDs {
		if err := s.WriteTar(io.Discard, d); err != nil {
			t.Error(err)
		}
	}
}

func TestPullAndPush(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	layers := hub.offer(t, ref, 100_000, nil, gzipped, zstandard, gzipped)
	got, events, err := pull(t, s, ref)
	if err != nil || !got.Fresh || said(events, "Pull complete") != 3 || said(events, "Pulling from coop/egg") != 1 {
		t.Fatalf("%+v, %v, %v", got, events, err)
	}
	whole(t, s, ref, 3)
	got, events, err = pull(t, s, ref)
	if err != nil || got.Fresh || said(events, "Pull complete") != 0 {
		t.Errorf("%+v, %v, %v", got, events, err)
	}
	for _, l := range layers {
		if n := hub.count("GET /v2/coop/egg/blobs/" + l.Digest.String()); n != 1 {
			t.Errorf("layer %s was fetched %d times", l.Digest.Short(), n)
		}
	}
	by := ref
	by.Tag, by.Digest = "", got.Digest
	if again, _, err := pull(t, s, by); err != nil || again.Image != got.Image {
		t.Errorf("%+v, %v", again, err)
	}
	// What goes to another registry is the same, to the byte.
	other := newServer(t)
	to := other.ref(t, "nest/egg:2")
	n, err := s.Name(ref)
	if err != nil {
		t.Fatal(err)
	}
	n.Reference = to
	pushed, err := ours().Push(t.Context(), s, &remote.Push{Name: n})
	if err != nil || pushed.Digest != got.Digest {
		t.Errorf("%+v, %v, want %s", pushed, err, got.Digest)
	}
	if back, _, err := pull(t, store(t), to); err != nil || back.Image != got.Image {
		t.Errorf("%+v, %v", back, err)
	}
	// Within a registry nothing is sent again.
	before := other.count("PUT /v2/")
	n.Path = "nest/second"
	if _, err := ours().Push(t.Context(), s, &remote.Push{Name: n}); err != nil || other.count("PUT /v2/")-before != 2 { // configuration, manifest
		t.Errorf("%v, %d", err, other.count("PUT /v2/")-before)
	}
}

// Layers that are not compressed arrive, too; they are compressed when they are pushed.
func TestPlainLayers(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	hub.offer(t, ref, 10_000, nil, plain, gzipped)
	got, _, err := pull(t, s, ref)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, ref, 2)
	n, err := s.Name(ref)
	if err != nil {
		t.Fatal(err)
	}
	n.Tag = "2"
	if _, err := ours().Push(t.Context(), s, &remote.Push{Name: n}); err != nil {
		t.Fatal(err)
	}
	if back, _, err := pull(t, store(t), n.Reference); err != nil || back.Image != got.Image {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestPullByPlatform(t *testing.T) {
	hub := newServer(t)
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
	for _, arch := range []string{"amd64", "arm64", "riscv64"} {
		ref := hub.ref(t, "coop/egg:"+arch)
		hub.offer(t, ref, 100, func(c *local.Config, _ *manifest.Document) { c.Architecture = arch }, gzipped)
		m, err := ours().Manifest(t.Context(), ref, remote.Access{})
		if err != nil {
			t.Fatal(err)
		}
		index.Manifests = append(index.Manifests, manifest.Descriptor{MediaType: m.Type, Digest: m.Digest, Size: int64(len(m.Bytes)), Platform: &manifest.Platform{OS: "linux", Architecture: arch}})
	}
	ref := hub.ref(t, "coop/egg:all")
	top := hub.tag(t, ref, index)
	s := store(t)
	for _, want := range []string{"linux/arm64", "linux/riscv64"} {
		got, err := ours().Pull(t.Context(), s, &remote.Pull{Reference: ref, Platform: want})
		if err != nil || got.Digest != top {
			t.Fatalf("%+v, %v", got, err)
		}
		if i, err := s.Find(ref.String()); err != nil || "linux/"+i.Architecture != want {
			t.Errorf("%+v, %v", i, err)
		}
	}
	if _, err := ours().Pull(t.Context(), s, &remote.Pull{Reference: ref, Platform: "linux/s390x"}); err == nil || !strings.Contains(err.Error(), "no matching manifest for linux/s390x") {
		t.Error(err)
	}
}

// isLayer says whether a request is for a layer.
func isLayer(r *http.Request, l manifest.Descriptor) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/blobs/"+l.Digest.String())
}

// A pull that fails in the middle of a layer is taken up where it broke.
func TestNextPullGoesOn(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	l := hub.offer(t, ref, 1<<20, nil, gzipped)[0]
	half := l.Size / 2
	hub.spoil(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !isLayer(r, l) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Header.Get("Range") != "" {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(&short{ResponseWriter: w, left: half}, r)
	})
	_, _, err := pull(t, s, ref)
	if err == nil || !strings.Contains(err.Error(), "layer "+l.Digest.Short()) {
		t.Fatal(err)
	}
	if _, err := s.Find(ref.String()); err == nil {
		t.Error("half an image has a name")
	}
	hub.twist.Store(nil)
	if _, _, err := pull(t, s, ref); err != nil {
		t.Fatal(err)
	}
	whole(t, s, ref, 1)
	hub.mu.Lock()
	last := hub.log[len(hub.log)-1]
	hub.mu.Unlock()
	if !strings.Contains(last, l.Digest.String()) || !strings.Contains(last, "bytes=") {
		t.Errorf("the last request was %s", last)
	}
}

// short breaks the connection after some bytes.
type short struct {
	http.ResponseWriter
	left int64
}

func (w *short) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		_, _ = w.ResponseWriter.Write(p[:w.left])
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	w.left -= int64(len(p))
	return w.ResponseWriter.Write(p)
}

// Half a layer that is wrong is thrown away, and the layer fetched anew at once.
func TestWrongPartial(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	l := hub.offer(t, ref, 1<<20, nil, gzipped)[0]
	lease, err := s.Lease()
	if err != nil {
		t.Fatal(err)
	}
	w, err := lease.Blobs().Begin(l.Digest.Hex())
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte("wrong"), 1000))
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	lease.Close()
	if _, events, err := pull(t, s, ref); err != nil {
		t.Fatal(err, events)
	}
	whole(t, s, ref, 1)
}

func TestHostileImages(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*local.Config, *manifest.Document)
		twist  func(l manifest.Descriptor, w http.ResponseWriter, r *http.Request, next http.Handler)
		want   string
	}{
		"wrong content": {twist: func(l manifest.Descriptor, w http.ResponseWriter, r *http.Request, next http.Handler) {
			if isLayer(r, l) {
				w.Header().Set("Content-Length", fmt.Sprint(l.Size))
				_, _ = w.Write(make([]byte, l.Size))
				return
			}
			next.ServeHTTP(w, r)
		}, want: "layer "},
		"flipped bit": {twist: func(l manifest.Descriptor, w http.ResponseWriter, r *http.Request, next http.Handler) {
			if isLayer(r, l) {
				next.ServeHTTP(&flip{ResponseWriter: w}, r)
				return
			}
			next.ServeHTTP(w, r)
		}, want: "layer "},
		"wrong diff id": {change: func(c *local.Config, _ *manifest.Document) {
			c.RootFS.DiffIDs[0] = digest.FromBytes([]byte("x"))
		}, want: "diff id"},
		"diff id that is a path": {change: func(c *local.Config, _ *manifest.Document) { c.RootFS.DiffIDs[0] = "../../../etc" }, want: "invalid digest"},
		"too many diff ids": {change: func(c *local.Config, _ *manifest.Document) {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, c.RootFS.DiffIDs[0])
		}, want: "its configuration names 2 layers, its manifest 1"},
		"a size that is a lie": {change: func(_ *local.Config, m *manifest.Document) { m.Layers[0].Size += 10 }, want: "the descriptor says"},
		"configuration that is a page": {twist: func(l manifest.Descriptor, w http.ResponseWriter, r *http.Request, next http.Handler) {
			if strings.Contains(r.URL.Path, "/blobs/") && !isLayer(r, l) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<html>"))
				return
			}
			next.ServeHTTP(w, r)
		}, want: "answers with a web page"},
	} {
		t.Run(name, func(t *testing.T) {
			hub, s := newServer(t), store(t)
			ref := hub.ref(t, "coop/egg:1")
			l := hub.offer(t, ref, 100_000, c.change, gzipped)[0]
			if c.twist != nil {
				hub.spoil(func(w http.ResponseWriter, r *http.Request, next http.Handler) { c.twist(l, w, r, next) })
			}
			_, _, err := pull(t, s, ref)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if list, err := s.List(); err != nil || len(list) > 0 {
				t.Errorf("the store has %v, %v", list, err)
			}
			if c.twist != nil { // the next attempt finds nothing in its way
				hub.twist.Store(nil)
				if _, _, err := pull(t, s, ref); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			}
		})
	}
}

type flip struct {
	http.ResponseWriter
	done bool
}

func (w *flip) Write(p []byte) (int, error) {
	if !w.done && len(p) > 100 {
		p = bytes.Clone(p)
		p[len(p)/2] ^= 1
		w.done = true
	}
	return w.ResponseWriter.Write(p)
}

func TestManyPullTheSame(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	hub.offer(t, ref, 200_000, nil, gzipped, gzipped, zstandard)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { _, errs[i] = ours().Pull(t.Context(), s, &remote.Pull{Reference: ref}) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	whole(t, s, ref, 3)
}

func TestPutManifestTakesOver(t *testing.T) {
	hub := newServer(t)
	from := hub.ref(t, "coop/egg:1")
	hub.offer(t, from, 1000, nil, gzipped, plain)
	m, err := ours().Manifest(t.Context(), from, remote.Access{})
	if err != nil {
		t.Fatal(err)
	}
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{{MediaType: m.Type, Digest: m.Digest, Size: int64(len(m.Bytes)), Platform: &manifest.Platform{OS: "linux", Architecture: manifest.Host().Architecture}}}}
	b, err := index.Encode()
	if err != nil {
		t.Fatal(err)
	}
	to := hub.ref(t, "nest/all:1")
	top := &remote.Manifest{Type: manifest.TypeIndex, Digest: digest.FromBytes(b), Bytes: b}
	if err := ours().PutManifest(t.Context(), to, top, map[digest.Digest]reference.Reference{m.Digest: from}, remote.Access{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := pull(t, store(t), to); err != nil {
		t.Error(err)
	}
	from.Domain = "elsewhere.example"
	to.Path = "nest/other"
	err = ours().PutManifest(t.Context(), to, top, map[digest.Digest]reference.Reference{m.Digest: from}, remote.Access{})
	if err == nil || !strings.Contains(err.Error(), "cannot use source images from a different registry") {
		t.Error(err)
	}
}

func TestCorruptIsSaid(t *testing.T) {
	if err := hint(fmt.Errorf("layer: %w", blob.ErrCorrupt)); !strings.Contains(err.Error(), "nothing of it is kept") {
		t.Error(err)
	}
}

// Layers come side by side, and are unpacked while they arrive: the registry holds back the second half of each until
// the files of all are there.
func TestUnpackedWhileArriving(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	layers := hub.offer(t, ref, 2<<20, nil, gzipped, zstandard, plain)
	begun := func() bool {
		seen := map[string]bool{}
		_ = filepath.WalkDir(s.Root+"/layers", func(_ string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.HasPrefix(e.Name(), "file") {
				if info, err := e.Info(); err == nil && info.Size() > 0 {
					seen[e.Name()] = true
				}
			}
			return nil
		})
		return len(seen) == len(layers)
	}
	hub.spoil(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		for _, l := range layers {
			if isLayer(r, l) {
				next.ServeHTTP(&held{ResponseWriter: w, left: int(l.Size) / 2, until: func() { testenv.Until(t, "all layers have begun to be unpacked", begun) }}, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
	if _, _, err := pull(t, s, ref); err != nil {
		t.Error(err)
	}
}

// held waits when so many bytes have been sent.
type held struct {
	http.ResponseWriter
	left  int
	until func()
}

func (h *held) Write(b []byte) (int, error) {
	n := 0
	if h.left > 0 && len(b) >= h.left {
		k, err := h.ResponseWriter.Write(b[:h.left])
		if err != nil {
			return k, err
		}
		_ = http.NewResponseController(h.ResponseWriter).Flush()
		h.until()
		n, b = k, b[k:]
	}
	h.left -= n + len(b)
	k, err := h.ResponseWriter.Write(b)
	return n + k, err
}
