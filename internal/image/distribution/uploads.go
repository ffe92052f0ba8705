package distribution

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
)

// session is an upload that this process has open, so that a chunk needn't hash what
// came before. Without one it is taken up from the disk.
type session struct {
	busy  chan struct{} // holds one while a request works on it
	w     *blob.Writer  // nil when it rests
	timer *time.Timer
}

// idle is how long an upload may wait for more before its file is closed.
const idle = time.Minute

func (u *session) lock(ctx context.Context) error {
	select {
	case u.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *session) tryLock() bool {
	select {
	case u.busy <- struct{}{}:
		return true
	default:
		return false
	}
}

func (u *session) unlock() { <-u.busy }

// rest closes the file and leaves what is there for later.
func (u *session) rest() {
	if u.w != nil {
		u.w.Close()
		u.w = nil
	}
}

// session returns the upload of that id, locked.
func (c *call) session(id string) (*session, error) {
	unknown := failure{http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "the upload is unknown to the registry"}
	if len(id) != 32 || !digest.IsHex(id) {
		return nil, unknown
	}
	c.mu.Lock()
	u := c.sessions[id]
	if u == nil {
		u = &session{busy: make(chan struct{}, 1)}
		c.sessions[id] = u
	}
	c.mu.Unlock()
	if err := u.lock(c.r.Context()); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(c.repo.dir + "/_uploads/" + id); err != nil {
		c.forget(id, u)
		u.unlock()
		return nil, unknown
	}
	if u.timer != nil {
		u.timer.Stop()
	}
	if u.w == nil {
		w, err := c.repo.blobs.Begin("upload-" + id)
		if err != nil {
			u.unlock()
			return nil, err
		}
		u.w = w
	}
	return u, nil
}

// leave gives an upload back until the next request.
func (c *call) leave(id string, u *session) {
	u.timer = time.AfterFunc(idle, func() {
		if u.tryLock() {
			u.rest()
			c.forget(id, u)
			u.unlock()
		}
	})
	u.unlock()
}

func (s *Server) forget(id string, u *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[id] == u {
		delete(s.sessions, id)
	}
}

// end takes an upload away for good.
func (c *call) end(id string, u *session) error {
	err := os.Remove(c.repo.dir + "/_uploads/" + id)
	if u.w != nil {
		err = errors.Join(err, u.w.Discard())
		u.w = nil
	}
	c.forget(id, u)
	u.unlock()
	return err
}

// begin serves POST /v2/NAME/blobs/uploads/: a mount, a blob in one request, or a session.
func (c *call) begin() error {
	q := c.r.URL.Query()
	if q.Has("mount") {
		if done, err := c.mount(); done || err != nil {
			return err
		}
	}
	if a := q.Get("digest-algorithm"); a != "" && a != "sha256" && a != "sha512" {
		return digestInvalid("the digest's algorithm is not supported: want sha256 or sha512")
	}
	if text := q.Get("digest"); text != "" {
		if _, err := parseContent(text); err != nil {
			return err
		}
	}
	id := randomID()
	if err := touch(c.repo.dir+"/_uploads", id); err != nil {
		return err
	}
	if q.Get("digest") != "" {
		return c.finish(id)
	}
	c.stands(id, 0)
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// upload serves /v2/NAME/blobs/uploads/ID.
func (c *call) upload(name, id string) error {
	return c.methods(name, map[string]func() error{
		http.MethodGet:    func() error { return c.status(id) },
		http.MethodPatch:  func() error { return c.chunk(id) },
		http.MethodPut:    func() error { return c.finish(id) },
		http.MethodDelete: func() error { return c.cancel(id) },
	})
}

// stands says where an upload goes on.
func (c *call) stands(id string, size int64) {
	h := c.w.Header()
	h.Set("Location", "/v2/"+c.repo.name+"/blobs/uploads/"+id)
	h.Set("Docker-Upload-UUID", id)
	h.Set("Range", "0-"+strconv.FormatInt(max(size-1, 0), 10))
	h.Set("Content-Length", "0")
}

func (c *call) status(id string) error {
	u, err := c.session(id)
	if err != nil {
		return err
	}
	defer c.leave(id, u)
	c.stands(id, u.w.Size())
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) cancel(id string) error {
	u, err := c.session(id)
	if err != nil {
		return err
	}
	if err := c.end(id, u); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) chunk(id string) error {
	u, err := c.session(id)
	if err != nil {
		return err
	}
	defer c.leave(id, u)
	err = c.receive(u)
	c.stands(id, u.w.Size())
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// receive appends the request's body. What arrives of one that is cut short counts.
func (c *call) receive(u *session) error {
	if text := c.r.Header.Get("Content-Range"); text != "" {
		first, last, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "-")
		last, _, _ = strings.Cut(last, "/")
		from, bad := strconv.ParseInt(first, 10, 64)
		to, worse := strconv.ParseInt(last, 10, 64)
		if !ok || bad != nil || worse != nil || from < 0 || to < from-1 {
			return failure{http.StatusBadRequest, "BLOB_UPLOAD_INVALID", "Content-Range is not FIRST-LAST"}
		}
		if from != u.w.Size() {
			return failure{http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", fmt.Sprintf("the chunk begins at %d, the upload stands at %d", from, u.w.Size())}
		}
		if n := c.r.ContentLength; n >= 0 && n != to-from+1 {
			return failure{http.StatusBadRequest, "SIZE_INVALID", "Content-Range and Content-Length don't agree"}
		}
	}
	_, err := io.CopyBuffer(onlyWriter{u.w}, c.r.Body, make([]byte, 256<<10))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return failure{http.StatusBadRequest, "SIZE_INVALID", "the body is shorter than Content-Length says"}
	}
	return err
}

type onlyWriter struct{ io.Writer }

// finish takes the last bytes, verifies the whole and keeps it.
func (c *call) finish(id string) error {
	d, err := parseContent(c.r.URL.Query().Get("digest"))
	if err != nil {
		return err
	}
	u, err := c.session(id)
	if err != nil {
		return err
	}
	if err := c.receive(u); err != nil {
		c.stands(id, u.w.Size())
		c.leave(id, u)
		return err
	}
	if err := c.keep(d, u.w); err != nil {
		return errors.Join(err, c.end(id, u))
	}
	u.w = nil
	if err := c.end(id, u); err != nil {
		return err
	}
	c.created(d)
	return nil
}

func (c *call) keep(d content, w *blob.Writer) error {
	own := w.Digest()
	if ok, err := verify(d, own, w); err != nil || !ok {
		return errors.Join(err, digestInvalid("the content's digest is not "+d.String()))
	}
	free, err := c.opt.Share()
	if err != nil {
		return err
	}
	defer free()
	if err := c.repo.link(d, own); err != nil {
		return err
	}
	_, err = w.Commit(own, -1)
	return err
}

func verify(d content, own digest.Digest, w *blob.Writer) (bool, error) {
	if d.algorithm == "sha256" {
		return d.String() == own.String(), nil
	}
	h := d.hash()
	if _, err := io.Copy(h, io.NewSectionReader(w, 0, w.Size())); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == d.hex, nil
}
