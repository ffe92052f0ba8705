package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLSOptions are dockerd's.
type TLSOptions struct {
	On, Verify        bool // Verify: clients need a certificate of CACert
	CACert, Cert, Key string
}

// Enabled says whether TCP is served over TLS.
func (o *TLSOptions) Enabled() bool { return o.On || o.Verify }

func (o *TLSOptions) config() (*tls.Config, error) {
	if o.Cert == "" || o.Key == "" {
		return nil, errors.New("TLS needs --tlscert and --tlskey")
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return nil, fmt.Errorf("could not load the server's key pair: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if !o.Verify {
		return c, nil
	}
	if o.CACert == "" {
		return nil, errors.New("--tlsverify needs --tlscacert: the authority of the clients' certificates")
	}
	pem, err := os.ReadFile(o.CACert)
	if err != nil {
		return nil, fmt.Errorf("could not read the authority's certificate: %w", err)
	}
	c.ClientCAs = x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", o.CACert)
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	return c, nil
}
