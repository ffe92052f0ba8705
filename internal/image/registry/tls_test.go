package registry

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/image/reference"
)

// private is a registry with a certificate that nobody knows. It listens on the machine
// itself, which needs no verification: so the test says that this one does.
func private(t *testing.T) (address, ca string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			serve("", image(t))(w, r)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are refused
	s.StartTLS()
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.crt")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(s.URL, "https://"), ca
}

func ask(t *testing.T, address string, o Options, verify bool) error {
	t.Helper()
	o.Agent = "test"
	c := New(o)
	defer c.Close()
	h, err := c.host(address, "")
	if err != nil {
		return err
	}
	if verify {
		h.schemes, h.verify = []string{"https"}, true
		transport, err := h.transport()
		if err != nil {
			return err
		}
		h.http.Transport = transport
	}
	ref, err := reference.Parse(address + "/a/b:1")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := c.Reading(ref)
	if err == nil {
		_, err = repo.Manifest(background(t), "1")
	}
	return err
}

func TestCertificates(t *testing.T) {
	address, ca := private(t)
	contains(t, ask(t, address, Options{}, true), "x509:")
	contains(t, ask(t, address, Options{}, true), "give its authority with --ca or in /etc/docker/certs.d/"+address)
	for name, o := range map[string]Options{"--ca": {CA: ca}, "certs.d": {CertDirs: []string{certsD(t, address, ca)}}} {
		if err := ask(t, address, o, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ask(t, address, Options{}, false); err != nil {
		t.Errorf("a registry on this machine: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty.crt")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, ask(t, address, Options{CA: empty}, false), "has no certificate in PEM format")
	contains(t, ask(t, address, Options{CA: empty + "x"}, false), "no such file")
}

func certsD(t *testing.T, address, ca string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, address), 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(ca)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, address, "ca.crt"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A client's certificate without its key is said, not left out.
func TestClientCertificateWithoutKey(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.example"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.example", "me.cert"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{CertDirs: []string{dir}}).host("a.example", "")
	contains(t, err, "read client certificate")
}

// Without TLS only what is known to be insecure is spoken to.
func TestNoTLS(t *testing.T) {
	f := newFake(t)
	o := f.options()
	contains(t, ask(t, f.host(), o, true), "it has no TLS: give --insecure")
	if err := ask(t, f.host(), o, false); err == nil || !IsNotFound(err) {
		t.Errorf("%v", err)
	}
}
