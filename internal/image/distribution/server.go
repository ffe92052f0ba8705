// Package distribution is a registry: it serves the OCI distribution specification 1.1
// over the blobs of the image store. It links net/http, so only bantamd has it.
//
// A repository is a folder below ROOT/repositories, named as the repository is:
//
//	_blobs/HEX              empty: the repository has this blob. The content is in the store, once
//	_blobs/sha512.HEX       symbolic link "HEX": another name for one
//	_manifests/HEX          JSON of what the lists say about a manifest; sha512.HEX as above
//	_tags/TAG               symbolic link whose text is a manifest's digest
//	_referrers/ALG.HEX/HEX  empty: the manifest HEX has the subject ALG:HEX, which may be missing
//	_uploads/ID             empty: a blob on its way; its bytes are the store's partial upload-ID
//
// The store's garbage collector keeps what a file's name of 64 digits stands for. A part of
// a repository's name can't begin with "_". Everything is made beside its place and renamed or
// made exclusively, so a registry may be killed at any time.
//
// # Threat model
//
// Clients are strangers. Names and digests are checked against their grammar before
// they become paths, manifests and lists have a bounded size, and a body that ends early
// is an upload that goes on later. Who may talk to it at all is for htpasswd and TLS to say.
package distribution

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"bantam/internal/image/blob"
)

// Options say what a registry is made of.
type Options struct {
	// Root of the image store.
	Root string
	// Blobs of the store.
	Blobs *blob.Store
	// Share keeps the store's garbage collector from running until free is called.
	Share func() (free func(), err error)
	// Users, if not nil, are those who may use it.
	Users *Users
	// ReadOnly refuses what would change something.
	ReadOnly bool
	// Sparse takes manifests that refer to what is not there, as a partial mirror wants it.
	Sparse bool
	// Log, if not nil, gets each request.
	Log func(Request)
}

// Request is what the log says of one.
type Request struct {
	Remote, User, Method, Path string
	Status                     int
	Bytes                      int64 // of the answer's body
	Took                       time.Duration
}

// Server is a registry. It is an http.Handler.
type Server struct {
	opt      Options
	mu       sync.Mutex
	sessions map[string]*session
}

// New makes a registry over a store.
func New(o Options) *Server { return &Server{opt: o, sessions: map[string]*session{}} }

// Close ends uploads that wait for more; they can be resumed at the next server.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, u := range s.sessions {
		if u.tryLock() {
			u.rest()
			u.unlock()
		}
		delete(s.sessions, id)
	}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Server: s, w: &recorder{ResponseWriter: w, status: http.StatusOK}, r: r}
	begun := time.Now()
	c.serve()
	if s.opt.Log != nil {
		s.opt.Log(Request{r.RemoteAddr, c.user, r.Method, r.URL.RequestURI(), c.w.status, c.w.bytes, time.Since(begun)})
	}
}

// call is one request on its way.
type call struct {
	*Server
	w    *recorder
	r    *http.Request
	user string
	repo repository
}

func (c *call) serve() {
	c.w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if c.opt.Users != nil {
		name, ok := c.opt.Users.who(c.r)
		if !ok {
			c.w.Header().Set("WWW-Authenticate", `Basic realm="bantam registry"`)
			c.fail(failure{http.StatusUnauthorized, "UNAUTHORIZED", "authentication required"})
			return
		}
		c.user = name
	}
	if c.opt.ReadOnly && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		c.fail(failure{http.StatusMethodNotAllowed, "UNSUPPORTED", "the registry is read-only"})
		return
	}
	if err := c.route(); err != nil {
		c.fail(err)
	}
}

// route finds what a path is about, from its end: a repository may be called "a/blobs/b".
func (c *call) route() error {
	path, ok := strings.CutPrefix(c.r.URL.Path, "/v2")
	switch {
	case !ok:
		return failure{http.StatusNotFound, "NOT_FOUND", "want /v2/"}
	case path == "" || path == "/":
		return c.only("", c.base, http.MethodGet, http.MethodHead)
	case path == "/_catalog":
		return c.only("", c.catalog, http.MethodGet)
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	n := len(parts)
	name := func(last int) string { return strings.Join(parts[:n-last], "/") }
	last := parts[n-1]
	switch {
	case n > 2 && parts[n-2] == "manifests":
		return c.manifest(name(2), last)
	case n > 2 && parts[n-2] == "tags" && last == "list":
		return c.only(name(2), c.tags, http.MethodGet)
	case n > 2 && parts[n-2] == "referrers":
		return c.only(name(2), func() error { return c.referrers(last) }, http.MethodGet)
	case n > 3 && parts[n-3] == "blobs" && parts[n-2] == "uploads" && last != "":
		return c.upload(name(3), last)
	case n > 3 && parts[n-3] == "blobs" && parts[n-2] == "uploads":
		return c.only(name(3), c.begin, http.MethodPost)
	case n > 2 && parts[n-2] == "blobs" && last == "uploads":
		return c.only(name(2), c.begin, http.MethodPost)
	case n > 2 && parts[n-2] == "blobs":
		return c.blob(name(2), last)
	}
	return failure{http.StatusNotFound, "NOT_FOUND", "no such resource"}
}

// only opens the repository and calls do, if the method is one of these.
func (c *call) only(name string, do func() error, methods ...string) error {
	for _, m := range methods {
		if c.r.Method != m {
			continue
		}
		if name != "" {
			var err error
			if c.repo, err = c.repository(name); err != nil {
				return err
			}
		}
		return do()
	}
	c.w.Header().Set("Allow", strings.Join(methods, ", "))
	return failure{http.StatusMethodNotAllowed, "UNSUPPORTED", "the operation is unsupported"}
}

// methods calls what belongs to the request's method.
func (c *call) methods(name string, do map[string]func() error) error {
	f, ok := do[c.r.Method]
	if !ok {
		return failure{http.StatusMethodNotAllowed, "UNSUPPORTED", "the operation is unsupported"}
	}
	return c.only(name, f, c.r.Method)
}

func (c *call) base() error { return c.json("application/json", []byte("{}")) }

func (c *call) json(kind string, b []byte) error {
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	c.w.WriteHeader(http.StatusOK)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(b)
	}
	return nil
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel send a file.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController find the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
