package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// request is one question to a registry.
type request struct {
	method string
	path   string // of the host, or a whole URL
	scope  string
	header http.Header
	// body makes the body anew for each attempt; nil for none.
	body   func() (io.Reader, error)
	length int64
	// want are the statuses that are answers; none is 200.
	want []int
	// once: the caller repeats it, if anybody.
	once bool
}

func (q *request) accepts(status int) bool {
	if len(q.want) == 0 {
		return status == http.StatusOK
	}
	for _, w := range q.want {
		if w == status {
			return true
		}
	}
	return false
}

// do asks until there is an answer, with credentials where the server wants them. What
// may pass (a broken connection, a busy server) is tried again after a pause.
func (h *host) do(ctx context.Context, q request) (*http.Response, error) {
	fresh := false
	for attempt := 1; ; attempt++ {
		answer, err := h.try(ctx, q, fresh)
		if err == nil && q.accepts(answer.StatusCode) {
			return answer, nil
		}
		pause := h.client.opt.Backoff << (attempt - 1)
		var refused *StatusError
		if err == nil {
			refused = &StatusError{Method: q.method, URL: h.whole(q.path), Status: answer.StatusCode, Errors: readErrors(answer)}
			err = refused
			pause = max(pause, retryAfter(answer.Header))
			discard(answer.Body)
		}
		if refused != nil && refused.Status == http.StatusUnauthorized && !fresh {
			h.auth.learn(answer.Header)
			fresh = true // what the first answer could not know
			attempt--
			continue
		}
		if q.once || h.mirror || attempt == attempts || !passing(err) || ctx.Err() != nil {
			return nil, err
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

func (h *host) whole(path string) string {
	if len(path) > 0 && path[0] == '/' {
		return h.url(path)
	}
	return path
}

// try asks once.
func (h *host) try(ctx context.Context, q request, fresh bool) (*http.Response, error) {
	if err := h.connect(ctx); err != nil {
		return nil, err
	}
	watch := newWatch(ctx, h.client.opt.Stall)
	r, err := h.request(watch.ctx, q, watch)
	if err != nil {
		watch.stop()
		return nil, err
	}
	if r.URL.Scheme == h.scheme && r.URL.Host == h.address {
		if err := h.auth.authorize(ctx, r, q.scope, fresh); err != nil {
			watch.stop()
			return nil, err
		}
	}
	answer, err := h.http.Do(r)
	if err != nil {
		watch.stop()
		return nil, watch.explain(fmt.Errorf("%s %s: %w", q.method, redacted(r.URL.String()), plainError(err)))
	}
	watch.rest()
	answer.Body = &watchedBody{answer.Body, watch}
	return answer, nil
}

func (h *host) request(ctx context.Context, q request, w *watch) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		b, err := q.body()
		if err != nil {
			return nil, err
		}
		body = &watchedReader{b, w}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, h.whole(q.path), body)
	if err != nil {
		return nil, err
	}
	if q.header != nil {
		r.Header = q.header.Clone()
	}
	r.Header.Set("User-Agent", h.client.opt.Agent)
	if q.body != nil {
		r.ContentLength = q.length
		r.GetBody = func() (io.ReadCloser, error) { // for a redirect
			b, err := q.body()
			return &watchedReader{b, w}, err
		}
		if q.length == 0 {
			r.Body, r.GetBody = http.NoBody, nil
		}
	}
	return r, nil
}

// passing says whether an error may be gone when the request is repeated.
func passing(err error) bool {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status == http.StatusRequestTimeout || s.Status == http.StatusTooManyRequests || s.Status >= 500 && s.Status != http.StatusNotImplemented
	}
	var c *ConnectError
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return name.IsTemporary || name.IsTimeout
	case errors.As(err, &c): // nobody is there; a registry that was there may come back
		return isNetwork(err) && !isRefused(err)
	}
	return isNetwork(err)
}

// maxPause bounds what a server may ask for with Retry-After.
const maxPause = time.Minute

func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxPause)
}

// sleep pauses between half of d and d, so that those who failed together do not come
// back together.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
