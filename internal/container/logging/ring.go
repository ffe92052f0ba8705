package logging

import "sync"

// ring is mode=non-blocking: entries wait in memory for a log that is slow, and are
// dropped when there are too many. So a container never waits for its log.
type ring struct {
	to    Log
	limit int64 // bytes of lines that may wait

	mu     sync.Mutex
	more   sync.Cond
	queue  []Entry
	size   int64
	closed bool
	err    error // of the log, told at the next call
	done   chan struct{}
}

func newRing(to Log, limit int64) *ring {
	r := &ring{to: to, limit: limit, done: make(chan struct{})}
	r.more.L = &r.mu
	go r.run()
	return r
}

// Add keeps a copy of the entry. One that finds the buffer full is dropped, unless nothing else waits.
func (r *ring) Add(e *Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := int64(len(e.Line))
	if r.size+n <= r.limit || len(r.queue) == 0 {
		kept := *e
		kept.Line = append([]byte(nil), e.Line...)
		r.queue = append(r.queue, kept)
		r.size += n
		r.more.Signal()
	}
	return r.trouble()
}

// trouble is the log's first error, told once.
func (r *ring) trouble() error {
	err := r.err
	r.err = nil
	return err
}

// Flush is the other goroutine's business.
func (r *ring) Flush() error { return nil }

// Close waits until all that is kept has been written.
func (r *ring) Close() error {
	r.mu.Lock()
	r.closed = true
	r.more.Signal()
	r.mu.Unlock()
	<-r.done
	return r.trouble()
}

func (r *ring) run() {
	defer close(r.done)
	for {
		batch := r.take()
		for i := range batch {
			r.keep(r.to.Add(&batch[i]))
		}
		if batch == nil {
			r.keep(r.to.Close())
			return
		}
		r.keep(r.to.Flush())
	}
}

// take waits for entries; nil at the end.
func (r *ring) take() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && !r.closed {
		r.more.Wait()
	}
	batch := r.queue
	r.queue, r.size = nil, 0
	return batch
}

func (r *ring) keep(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}
