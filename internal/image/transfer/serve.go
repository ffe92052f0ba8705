package transfer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"bantam/internal/image/distribution"
	"bantam/internal/image/local"
	"bantam/internal/image/remote"
)

// headerPatience is how long a client may take to say what it wants; a body may take any time.
const headerPatience = 30 * time.Second

// goodbye is how long requests may take to end when the registry is stopped.
const goodbye = 10 * time.Second

// Serve is a registry over a store until ctx ends.
func (t *Transfer) Serve(ctx context.Context, s *local.Store, o *remote.Serve) error {
	lease, err := s.Lease() // makes the store's folders
	if err != nil {
		return err
	}
	if err := lease.Close(); err != nil {
		return err
	}
	options := distribution.Options{Root: s.Root, Blobs: s.Blobs(), Share: s.Share, ReadOnly: o.ReadOnly, Sparse: o.Sparse}
	if o.Users != "" {
		if options.Users, err = distribution.LoadUsers(o.Users); err != nil {
			return err
		}
	}
	if o.Log != nil {
		options.Log = func(r distribution.Request) { o.Log(line(r)) }
	}
	l, err := listen(o)
	if err != nil {
		return err
	}
	hub := distribution.New(options)
	defer hub.Close()
	server := &http.Server{Handler: hub, ReadHeaderTimeout: headerPatience}
	if o.Ready != nil {
		o.Ready(l.Addr().String())
	}
	return until(ctx, server, l)
}

func listen(o *remote.Serve) (net.Listener, error) {
	l, err := net.Listen("tcp", o.Address)
	if err != nil || o.Cert == "" {
		return l, err
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("read certificate %s with %s: %w", o.Cert, o.Key, err)
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// until serves, and lets requests come to their end when ctx ends.
func until(ctx context.Context, server *http.Server, l net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := server.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}

// line is one of the log.
func line(r distribution.Request) string {
	user := r.User
	if user == "" {
		user = "-"
	}
	return fmt.Sprintf("%s %s %s %q %d %d %s", time.Now().UTC().Format(time.RFC3339), r.Remote, user, r.Method+" "+r.Path, r.Status, r.Bytes, r.Took.Round(time.Microsecond))
}

// CollectRegistry takes from the served repositories what nothing in them refers to.
func (t *Transfer) CollectRegistry(s *local.Store, o *remote.CollectRegistry) (*remote.RegistryCollected, error) {
	got, err := distribution.Collect(distribution.CollectOptions{
		Root: s.Root, Blobs: s.Blobs(), Lock: s.Lock, Before: time.Now().Add(-o.Age), Untagged: o.Untagged,
	})
	out := remote.RegistryCollected(got)
	return &out, err
}
