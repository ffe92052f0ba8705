package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bantam/internal/image/manifest"
)

// HasBlob says whether the registry has a blob in this repository.
func (r *Repository) HasBlob(ctx context.Context, d manifest.Descriptor) (bool, error) {
	return r.head(ctx, "blobs/"+d.Digest.String())
}

// Mount asks the registry to take a blob over from another of its repositories. false
// says that it wants the bytes instead.
func (r *Repository) Mount(ctx context.Context, d manifest.Descriptor, from string) (bool, error) {
	query := url.Values{"mount": {d.Digest.String()}, "from": {from}}
	a, err := r.own().do(ctx, request{
		method: http.MethodPost, path: r.path("blobs/uploads/?" + query.Encode()), scope: r.scope + " repository:" + from + ":pull",
		want: []int{http.StatusCreated, http.StatusAccepted}, body: empty,
	})
	if err != nil {
		return false, err
	}
	discard(a.Body)
	if a.StatusCode == http.StatusCreated {
		return true, nil
	}
	if session, err := location(a); err == nil { // begun for nothing
		if a, err := r.own().do(ctx, request{method: http.MethodDelete, path: session, scope: r.scope, once: true, want: []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted}}); err == nil {
			discard(a.Body)
		}
	}
	return false, nil
}

func empty() (io.Reader, error) { return strings.NewReader(""), nil }

// Upload writes a blob. open gives its bytes from an offset on; sent is told how many
// have gone. A broken upload goes on where the registry says that it stands.
func (r *Repository) Upload(ctx context.Context, d manifest.Descriptor, open func(from int64) (io.ReadCloser, error), sent func(at int64)) error {
	u := &upload{repo: r, want: d, open: open, sent: sent}
	for failed := 0; ; {
		before := u.at
		err := u.attempt(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if u.at > before {
			failed = 0
		}
		if failed++; failed >= attempts || !passing(err) || u.session == "" { // the beginning was tried often enough
			return fmt.Errorf("push blob %s: %w", d.Digest.Short(), err)
		}
		if err := sleep(ctx, r.client.opt.Backoff<<(failed-1)); err != nil {
			return err
		}
		u.where(ctx)
	}
}

type upload struct {
	repo    *Repository
	want    manifest.Descriptor
	open    func(from int64) (io.ReadCloser, error)
	sent    func(at int64)
	session string // address to send to; "" before it has begun
	at      int64
}

func (u *upload) attempt(ctx context.Context) error {
	if u.session == "" {
		if err := u.begin(ctx); err != nil {
			return err
		}
	}
	if u.at > 0 && u.at < u.want.Size {
		if err := u.patch(ctx); err != nil {
			return err
		}
	}
	return u.finish(ctx)
}

func (u *upload) begin(ctx context.Context) error {
	a, err := u.repo.own().do(ctx, request{method: http.MethodPost, path: u.repo.path("blobs/uploads/"), scope: u.repo.scope, want: []int{http.StatusAccepted}, body: empty})
	if err != nil {
		return err
	}
	discard(a.Body)
	u.at = 0
	u.session, err = location(a)
	return err
}

// patch sends the rest of what an earlier attempt began.
func (u *upload) patch(ctx context.Context) error {
	a, err := u.send(ctx, request{
		method: http.MethodPatch, path: u.session, want: []int{http.StatusAccepted, http.StatusNoContent},
		header: http.Header{"Content-Type": {"application/octet-stream"}, "Content-Range": {strconv.FormatInt(u.at, 10) + "-" + strconv.FormatInt(u.want.Size-1, 10)}},
	})
	if err != nil {
		return err
	}
	u.at = u.want.Size
	u.session, err = location(a)
	return err
}

// finish sends everything, or nothing more, and the digest.
func (u *upload) finish(ctx context.Context) error {
	to, err := url.Parse(u.session)
	if err != nil {
		return errors.New("the registry's address for the upload is invalid")
	}
	query := to.Query()
	query.Set("digest", u.want.Digest.String())
	to.RawQuery = query.Encode()
	a, err := u.send(ctx, request{
		method: http.MethodPut, path: to.String(), want: []int{http.StatusCreated, http.StatusNoContent},
		header: http.Header{"Content-Type": {"application/octet-stream"}},
	})
	if err != nil {
		return err
	}
	u.at = u.want.Size
	if got := a.Header.Get("Docker-Content-Digest"); got != "" && got != u.want.Digest.String() {
		return fmt.Errorf("the registry took it as %s", printable(got))
	}
	return nil
}

// send is one request with the bytes from where the upload stands.
func (u *upload) send(ctx context.Context, q request) (*http.Response, error) {
	from := u.at
	q.scope, q.once, q.length = u.repo.scope, true, u.want.Size-from
	q.body = func() (io.Reader, error) {
		r, err := u.open(from)
		if err != nil {
			return nil, err
		}
		return &counted{ReadCloser: r, at: from, sent: u.sent}, nil
	}
	a, err := u.repo.own().do(ctx, q)
	if err == nil {
		discard(a.Body)
	}
	return a, err
}

// counted tells how far a body has gone.
type counted struct {
	io.ReadCloser
	at   int64
	sent func(at int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.at += int64(n); n > 0 && c.sent != nil {
		c.sent(c.at)
	}
	return n, err
}

// where asks how much has arrived; a registry that doesn't know gets it from the start.
func (u *upload) where(ctx context.Context) {
	session := u.session
	u.session, u.at = "", 0
	if session == "" {
		return
	}
	a, err := u.repo.own().do(ctx, request{method: http.MethodGet, path: session, scope: u.repo.scope, want: []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted}})
	if err != nil {
		return
	}
	discard(a.Body)
	first, last, ok := strings.Cut(strings.TrimPrefix(a.Header.Get("Range"), "bytes="), "-")
	n, bad := strconv.ParseInt(last, 10, 64)
	if to, err := location(a); err == nil && ok && first == "0" && bad == nil && n > 0 && n < u.want.Size {
		u.session, u.at = to, n+1
	}
}

// location is where an upload goes on. Where it leads to another host, no credentials go there.
func location(a *http.Response) (string, error) {
	text := a.Header.Get("Location")
	to, err := a.Request.URL.Parse(text)
	if err != nil || text == "" || to.Scheme != "http" && to.Scheme != "https" {
		return "", fmt.Errorf("%s gives no address for the upload", a.Request.URL.Host)
	}
	if a.Request.URL.Scheme == "https" && to.Scheme != "https" {
		// Behind a proxy that ends TLS, a registry may think that it has none.
		if to.Host != a.Request.URL.Host {
			return "", fmt.Errorf("the address for the upload, %s, leaves TLS", redacted(text))
		}
		to.Scheme = "https"
	}
	return to.String(), nil
}
