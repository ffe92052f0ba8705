package local

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// Lease is a command that brings content in or relies on some: what it has asked for or
// put is not collected while it lives. Its folder is locked, and the kernel takes the lock
// from one that is killed. It may be used by several goroutines.
type Lease struct {
	*Store
	dir    string
	fd     int
	mu     sync.Mutex
	staged []*staged
	known  map[digest.Digest]bool
	flight map[digest.Digest]*flight
	// sweep looks once for what killed commands have left.
	sweep sync.Once
}

// Lease begins a lease. Close it.
func (s *Store) Lease() (*Lease, error) {
	for _, d := range [...]string{"/leases", "/layers", "/images/sha256", "/blobs"} {
		if err := os.MkdirAll(s.Root+d, 0o710); err != nil {
			return nil, fmt.Errorf("prepare root: %w", err)
		}
	}
	if err := s.Base(); err != nil {
		return nil, fmt.Errorf("prepare root: %w", err)
	}
	dir, fd, err := layer.Claim(s.Root + "/leases")
	if err != nil {
		return nil, fmt.Errorf("begin a lease: %w", err)
	}
	return &Lease{Store: s, dir: dir, fd: fd, known: map[digest.Digest]bool{}, flight: map[digest.Digest]*flight{}}, nil
}

// Protect keeps content of that digest, blob, layer or image, from being collected, and
// says whether it is there.
func (l *Lease) Protect(d digest.Digest) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[d] {
		return l.Has(d), nil
	}
	free, err := l.Share()
	if err != nil {
		return false, err
	}
	defer free()
	fd, err := unix.Open(l.dir+"/"+d.Hex(), unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return false, fmt.Errorf("protect %s: %w", d.Short(), err)
	}
	unix.Close(fd)
	l.known[d] = true
	return l.Has(d), nil
}

// Close ends the lease and removes what was unpacked and never published.
func (l *Lease) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	for _, st := range l.staged {
		err = errors.Join(err, st.discard())
	}
	l.staged = nil
	err = errors.Join(err, os.RemoveAll(l.dir))
	unix.Close(l.fd)
	return err
}
