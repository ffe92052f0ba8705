package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"bantam/internal/image/manifest"
)

// Blob reads a blob from a byte on. The reader goes on by itself where a connection
// breaks, on another mirror where one fails, and gives up when there was no progress in
// several attempts. It ends exactly at the blob's size; the digest is the caller's to
// verify, who may have the beginning.
func (r *Repository) Blob(ctx context.Context, d manifest.Descriptor, from int64) *BlobReader {
	ctx, cancel := context.WithCancel(ctx)
	return &BlobReader{ctx: ctx, cancel: cancel, repo: r, want: d, at: from, hosts: r.hosts}
}

// BlobReader is a blob on its way. Close may be called while another goroutine reads.
type BlobReader struct {
	ctx    context.Context
	cancel context.CancelFunc // ends what is on its way, and every other attempt
	repo   *Repository
	want   manifest.Descriptor
	at     int64
	body   io.ReadCloser // the reader's own
	failed int           // attempts since the last progress
	hosts  []*host       // the first is read from
	// Retry is told why the reader begins again, and where.
	Retry func(err error, at int64)
}

// errLength marks a registry that lies about a blob's length: no repetition helps.
var errLength = errors.New("wrong length")

func (b *BlobReader) Read(p []byte) (int, error) {
	for {
		if b.at == b.want.Size && b.body == nil {
			return 0, io.EOF
		}
		err := b.open()
		if err == nil {
			var n int
			n, err = b.read(p)
			if n > 0 || err == io.EOF {
				return n, err
			}
		}
		if err := b.again(err); err != nil {
			return 0, err
		}
	}
}

// read takes what arrives. The body's end is looked for at the blob's end, for a blob
// that is longer than its descriptor says is not the blob.
func (b *BlobReader) read(p []byte) (int, error) {
	left := b.want.Size - b.at
	if int64(len(p)) > left && left > 0 {
		p = p[:left]
	}
	if left == 0 {
		p = make([]byte, 1)
	}
	n, err := b.body.Read(p)
	if left == 0 && n > 0 {
		return 0, fmt.Errorf("%w: it is longer than the %d bytes that its descriptor says", errLength, b.want.Size)
	}
	b.at += int64(n)
	if n > 0 {
		b.failed = 0
		return n, nil
	}
	if err == io.EOF {
		if left > 0 {
			return 0, fmt.Errorf("cut short after %d of %d bytes: %w", b.at, b.want.Size, io.ErrUnexpectedEOF)
		}
		b.drop()
	}
	return 0, err
}

// again decides whether another attempt makes sense, and pauses before it.
func (b *BlobReader) again(err error) error {
	b.drop()
	wrap := func(err error) error { return fmt.Errorf("blob %s: %w", b.want.Digest.Short(), err) }
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if len(b.hosts) > 1 { // a mirror: the next one has it, too
		b.hosts = b.hosts[1:]
		return nil
	}
	if b.failed++; errors.Is(err, errLength) || b.failed >= attempts || !passing(err) {
		return wrap(err)
	}
	if b.Retry != nil {
		b.Retry(err, b.at)
	}
	return sleep(b.ctx, b.repo.client.opt.Backoff<<(b.failed-1))
}

// open asks for the rest, unless it is on its way already.
func (b *BlobReader) open() error {
	if b.body != nil {
		return nil
	}
	q := request{
		method: http.MethodGet, path: b.repo.path("blobs/" + b.want.Digest.String()), scope: b.repo.scope, once: true,
		want: []int{http.StatusOK, http.StatusPartialContent},
	}
	if b.at > 0 {
		q.header = http.Header{"Range": {"bytes=" + strconv.FormatInt(b.at, 10) + "-"}}
	}
	a, err := b.hosts[0].do(b.ctx, q)
	if err != nil {
		return err
	}
	if err := b.check(a); err != nil {
		a.Body.Close()
		return err
	}
	b.body = a.Body
	return nil
}

// check holds the answer against the question. A server that knows no ranges sends
// everything: what is there already is passed over.
func (b *BlobReader) check(a *http.Response) error {
	if isHTML(a.Header) && !strings.Contains(b.want.MediaType, "html") {
		return fmt.Errorf("%s answers with a web page where a blob was asked for: is it a registry, or is a proxy in between?", a.Request.URL.Host)
	}
	rest := b.want.Size - b.at
	if a.StatusCode == http.StatusOK {
		rest = b.want.Size
	} else if start, ok := rangeStart(a.Header.Get("Content-Range")); !ok || start != b.at {
		return fmt.Errorf("%s was asked for the bytes from %d on and sends %q", a.Request.URL.Host, b.at, printable(a.Header.Get("Content-Range")))
	}
	if a.ContentLength >= 0 && a.ContentLength != rest {
		return fmt.Errorf("%w: %s announces %d bytes, the descriptor says %d", errLength, a.Request.URL.Host, a.ContentLength, rest)
	}
	if a.StatusCode == http.StatusOK && b.at > 0 {
		if _, err := io.CopyN(io.Discard, a.Body, b.at); err != nil {
			return err
		}
	}
	return nil
}

func rangeStart(s string) (int64, bool) {
	s, ok := strings.CutPrefix(s, "bytes ")
	first, _, dash := strings.Cut(s, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return n, ok && dash && err == nil && n >= 0
}

// drop gives up what has not arrived of one attempt.
func (b *BlobReader) drop() {
	if b.body != nil {
		b.body.Close()
		b.body = nil
	}
}

// Close gives up what has not arrived.
func (b *BlobReader) Close() error {
	b.cancel()
	return nil
}
