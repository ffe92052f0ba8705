package archive

import (
	"context"
	"io"
	"sync"
)

const (
	aheadSize  = 64 << 10
	aheadCount = 4
)

// Ahead reads from a source in a goroutine of its own, so that reading, hashing
// and decompressing run beside the unpacking. It holds at most 256 KiB.
type Ahead struct {
	ctx   context.Context
	full  chan chunk
	empty chan []byte
	stop  chan struct{}
	once  sync.Once
	cur   chunk
	rest  []byte
}

type chunk struct {
	b   []byte
	err error
}

// NewAhead starts reading r. The reader of the result sees an end of ctx as an
// error, even while r blocks. Close it to let the goroutine go.
func NewAhead(ctx context.Context, r io.Reader) *Ahead {
	a := &Ahead{
		ctx:   ctx,
		full:  make(chan chunk, aheadCount),
		empty: make(chan []byte, aheadCount),
		stop:  make(chan struct{}),
	}
	for range aheadCount - 1 {
		a.empty <- nil
	}
	go a.fill(r)
	return a
}

func (a *Ahead) fill(r io.Reader) {
	for {
		var b []byte
		select {
		case b = <-a.empty:
		case <-a.stop:
			return
		}
		if b == nil {
			b = make([]byte, aheadSize)
		}
		n, err := readFull(r, b[:aheadSize])
		select {
		case a.full <- chunk{b[:n], err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// readFull is io.ReadFull that returns the source's own error at its end.
func readFull(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = r.Read(b[n:])
		n += k
	}
	return n, err
}

func (a *Ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.b != nil {
			a.empty <- a.cur.b // never blocks: there are as many buffers as room
			a.cur.b = nil
		}
		select {
		case a.cur = <-a.full:
			a.rest = a.cur.b
		case <-a.ctx.Done():
			a.cur = chunk{err: a.ctx.Err()}
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close ends the goroutine, after the read of the source that it may be in.
func (a *Ahead) Close() { a.once.Do(func() { close(a.stop) }) }
