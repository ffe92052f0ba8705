//go:build tls

package wget

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"

	"bantam/internal/userland/applet"
)

// encrypts says that https is in this build.
const encrypts = true

// pipe is a link as package tls wants it. The link has the time limits.
type pipe struct{ *link }

func (pipe) LocalAddr() net.Addr              { return nil }
func (pipe) RemoteAddr() net.Addr             { return nil }
func (pipe) SetDeadline(time.Time) error      { return nil }
func (pipe) SetReadDeadline(time.Time) error  { return nil }
func (pipe) SetWriteDeadline(time.Time) error { return nil }

// secure makes an encrypted connection of a link, to a server whose certificate
// names the host.
func secure(w *wget, l *link, host string) (io.ReadWriteCloser, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if w.Has("no-check-certificate") {
		config.InsecureSkipVerify = true
	} else {
		roots, err := authorities(w)
		if err != nil {
			return nil, err
		}
		config.RootCAs = roots
	}
	conn := tls.Client(pipe{l}, config)
	if err := conn.Handshake(); err != nil {
		return nil, err
	}
	return conn, nil
}

// authorities reads the certificates of those who are trusted.
func authorities(w *wget) (*x509.CertPool, error) {
	path := w.Getenv("SSL_CERT_FILE")
	if path == "" {
		path = "/etc/ssl/certs/ca-certificates.crt"
	}
	data, err := applet.ReadFile(path)
	if err != nil {
		return nil, errors.New("can't open '" + path + "': " + applet.Reason(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New("no certificates in '" + path + "'")
	}
	return pool, nil
}
