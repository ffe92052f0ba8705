//go:build tls

package wget

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "secret") }))
	defer s.Close()
	dir := t.TempDir()
	ca, out := filepath.Join(dir, "ca"), filepath.Join(dir, "out")
	os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
	if _, m, status := use([]string{"SSL_CERT_FILE=" + ca}, "-q", "-O", out, s.URL); status != 0 {
		t.Error(m)
	}
	if p, _ := os.ReadFile(out); string(p) != "secret" {
		t.Errorf("%q", p)
	}
	if _, m, status := use(nil, "-q", "-O", out, s.URL); status != 1 || !strings.Contains(m, "certificate") {
		t.Error(m, status)
	}
	if _, m, status := use(nil, "-q", "--no-check-certificate", "-O", out, s.URL); status != 0 {
		t.Error(m)
	}
	name := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	if _, m, status := use([]string{"SSL_CERT_FILE=" + ca}, "-q", "-O", out, name); status != 1 || !strings.Contains(m, "localhost") {
		t.Error("the wrong name: ", m, status)
	}
}
