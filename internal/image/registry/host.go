package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	hubDomain = "docker.io"
	hubHost   = "registry-1.docker.io"
)

// host is one server: a registry or a mirror of one.
type host struct {
	client  *Client
	domain  string // whose credentials it gets: the registry's domain, or the mirror's own address
	address string // host[:port]
	schemes []string
	verify  bool // certificates
	mirror  bool // there is somebody else to ask

	connecting  sync.Mutex
	scheme      string // "" until it is connected
	unreachable error  // of a mirror: nobody waits for it twice
	http        *http.Client
	auth        authority
}

// host returns the server of a domain, or a mirror of it.
func (c *Client) host(domain, mirror string) (*host, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.hosts[domain+" "+mirror]; h != nil {
		return h, nil
	}
	h := &host{client: c, domain: domain, address: domain, schemes: []string{"https"}}
	if domain == hubDomain {
		h.address = hubHost
	}
	if mirror != "" {
		u, err := url.Parse(mirror)
		if err != nil {
			return nil, fmt.Errorf("mirror %q of %s: %w", mirror, domain, err)
		}
		h.address, h.domain, h.schemes, h.mirror = u.Host, u.Host, []string{u.Scheme}, true
	}
	insecure := c.opt.Insecure || c.opt.Config.insecure(h.address)
	if insecure && mirror == "" {
		h.schemes = append(h.schemes, "http")
	}
	h.verify = !insecure
	transport, err := h.transport()
	if err != nil {
		return nil, err
	}
	h.http = &http.Client{Transport: transport, CheckRedirect: redirect}
	h.auth.host = h
	c.hosts[domain+" "+mirror] = h
	return h, nil
}

func (h *host) close() { h.http.CloseIdleConnections() }

func (h *host) transport() (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	// Layers are compressed already, and their lengths are checked.
	t.DisableCompression = true
	t.ResponseHeaderTimeout = h.client.opt.Stall
	t.TLSHandshakeTimeout = h.client.opt.Stall
	t.DialContext = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.MaxIdleConnsPerHost = 8
	t.ReadBufferSize, t.WriteBufferSize = bufferSize, bufferSize
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !h.verify} //nolint: the user asked for it
	if err := h.certificates(t.TLSClientConfig); err != nil {
		return nil, err
	}
	return t, nil
}

// certificates adds the authorities and the client's own certificates: of --ca, and of
// the host's folder, where *.crt is an authority and NAME.cert with NAME.key a client's.
func (h *host) certificates(config *tls.Config) error {
	var authorities, clients []string
	if ca := h.client.opt.CA; ca != "" {
		authorities = append(authorities, ca)
	}
	for _, dir := range h.client.opt.CertDirs {
		for _, name := range []string{h.address, h.domain} {
			crt, _ := filepath.Glob(filepath.Join(dir, name, "*.crt"))
			cert, _ := filepath.Glob(filepath.Join(dir, name, "*.cert"))
			authorities, clients = append(authorities, crt...), append(clients, cert...)
			if h.address == h.domain {
				break
			}
		}
	}
	if len(authorities) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		for _, file := range authorities {
			b, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("read certificates: %w", err)
			}
			if !pool.AppendCertsFromPEM(b) {
				return fmt.Errorf("read certificates: %s has no certificate in PEM format", file)
			}
		}
		config.RootCAs = pool
	}
	for _, file := range clients {
		key := strings.TrimSuffix(file, ".cert") + ".key"
		pair, err := tls.LoadX509KeyPair(file, key)
		if err != nil {
			return fmt.Errorf("read client certificate %s with %s: %w", file, key, err)
		}
		config.Certificates = append(config.Certificates, pair)
	}
	return nil
}

const (
	maxRedirects = 10
	bufferSize   = 64 << 10 // of a connection; a layer is many megabytes
)

// redirect keeps credentials at home: net/http would pass them to a subdomain and to any
// port of the same host.
func redirect(r *http.Request, via []*http.Request) error {
	switch first := via[0]; {
	case len(via) >= maxRedirects:
		return errors.New("more than 10 redirects")
	case first.URL.Scheme == "https" && r.URL.Scheme != "https":
		return fmt.Errorf("a redirect to %s leaves TLS", r.URL.Redacted())
	case r.URL.Scheme != first.URL.Scheme || r.URL.Host != first.URL.Host:
		r.Header.Del("Authorization")
	}
	return nil
}

func (h *host) url(path string) string { return h.scheme + "://" + h.address + path }

// connect finds out whether the server speaks TLS and what it wants to know, once.
func (h *host) connect(ctx context.Context) error {
	h.connecting.Lock()
	defer h.connecting.Unlock()
	if h.scheme != "" || h.unreachable != nil {
		return h.unreachable
	}
	var first error
	for _, scheme := range h.schemes {
		err := h.ping(ctx, scheme)
		if err == nil {
			h.scheme = scheme
			return nil
		}
		if first == nil || scheme == "http" && !isRefused(err) {
			first = err
		}
	}
	if h.mirror && ctx.Err() == nil {
		h.unreachable = first
	}
	return first
}

func (h *host) ping(ctx context.Context, scheme string) error {
	address := scheme + "://" + h.address + "/v2/"
	ctx, cancel := context.WithTimeout(ctx, h.client.opt.Stall)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	q.Header.Set("User-Agent", h.client.opt.Agent)
	a, err := h.http.Do(q)
	if err != nil {
		return &ConnectError{Host: h.address, Err: plainError(err)}
	}
	defer discard(a.Body)
	switch a.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		h.auth.learn(a.Header)
		return nil
	}
	return &StatusError{Method: q.Method, URL: address, Status: a.StatusCode, Errors: readErrors(a)}
}
