package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// authority signs certificates into a folder, as NAME.pem and NAME-key.pem; its own is ca.pem.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "a test's authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = a.sign("ca", a.cert, a.cert)
	return a
}

func (a *authority) sign(name string, c, parent *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	c.SerialNumber, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	write(a.t, a.dir+"/"+name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(a.t, a.dir+"/"+name+"-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, key
}

// issue makes a certificate for a server at 127.0.0.1, or for a client.
func (a *authority) issue(name string, usage x509.ExtKeyUsage) {
	a.sign(name, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert)
}

// docker's client over TCP: let in with a certificate of the authority, and only then.
func TestMutualTLS(t *testing.T) {
	docker := testenv.Program(t, "docker")
	a, other := newAuthority(t), newAuthority(t)
	a.issue("server", x509.ExtKeyUsageServerAuth)
	a.issue("hen", x509.ExtKeyUsageClientAuth)
	other.issue("fox", x509.ExtKeyUsageClientAuth)
	audit := t.TempDir() + "/audit"
	s := start(t, "-H", "tcp://0.0.0.0:2376", "--tlsverify", "--tlscacert", a.dir+"/ca.pem",
		"--tlscert", a.dir+"/server.pem", "--tlskey", a.dir+"/server-key.pem", "--audit-log", audit)
	as := func(cert string, args ...string) *exec.Cmd {
		return s.within(docker, append([]string{"-H", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert", a.dir + "/ca.pem",
			"--tlscert", cert + ".pem", "--tlskey", cert + "-key.pem"}, args...)...)
	}
	run := as(a.dir+"/hen", "run", "--rm", "-i", "--network", "none", "box", "sh", "-c", "cat; echo err >&2; exit 7")
	text := strings.Repeat("over the wire\n", 10000)
	var errs strings.Builder
	run.Stdin, run.Stderr = strings.NewReader(text), &errs
	out, _ := run.Output()
	if string(out) != text || errs.String() != "err\n" || run.ProcessState.ExitCode() != 7 {
		t.Errorf("%d bytes of output, want %d; %q, code %d", len(out), len(text), errs.String(), run.ProcessState.ExitCode())
	}
	if b, err := os.ReadFile(audit); err != nil || !strings.Contains(string(b), `"hen"`) {
		t.Errorf("audit log: %v, %s", err, b)
	}
	refused := func(cmd *exec.Cmd, want string) {
		t.Helper()
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s, want %q", err, out, want)
		}
	}
	refused(as(other.dir+"/fox", "ps"), "tls: ")
	refused(s.within(docker, "-H", "tcp://127.0.0.1:2376", "--tls", "--tlscacert", a.dir+"/ca.pem", "ps"), "tls: ")
	refused(s.within(docker, "-H", "tcp://127.0.0.1:2376", "ps"), "HTTP request to an HTTPS server")
}
