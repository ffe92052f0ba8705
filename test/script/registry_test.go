package script

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/bcrypt"
)

// registry [OPTIONS...] starts `bantam registry serve` over the store $REGISTRY_ROOT
// (default: $WORK/registry) and puts its address into $REGISTRY.
func registry(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: registry [options of bantam registry serve...]")
	}
	root := ts.Getenv("REGISTRY_ROOT")
	if root == "" {
		root = ts.MkAbs("registry")
	}
	program := filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "bantam")
	cmd := exec.Command(program, append([]string{"--root", root, "registry", "serve", "--quiet", "-a", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			ts.Fatalf("bantam registry serve: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	ts.Setenv("REGISTRY", strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
}

// htpasswd FILE NAME PASSWORD writes a user for registry serve --htpasswd.
func htpasswd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: htpasswd FILE NAME PASSWORD")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(args[2]), bcrypt.MinCost)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+":"+string(hash)+"\n"), 0o600))
}

// certificate CERT KEY writes a certificate for 127.0.0.1 that nobody has signed.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for i, b := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: private}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(b), 0o600))
	}
}

// killing PROGRAM ARGS... runs it again and again and kills it, each time a little later,
// until it succeeds.
func killing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: killing PROGRAM [ARGS...]")
	}
	program := filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[0])
	for n := time.Duration(0); n < 400; n++ {
		cmd := exec.Command(program, args[1:]...)
		cmd.Env = append(os.Environ(), "BANTAM_ROOT="+ts.Getenv("BANTAM_ROOT"))
		var said strings.Builder
		cmd.Stderr = &said
		ts.Check(cmd.Start())
		timer := time.AfterFunc(n*3*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		var exit *exec.ExitError
		switch {
		case err == nil:
			ts.Logf("killed %d times", n)
			return
		case !errors.As(err, &exit) || exit.Exited():
			ts.Fatalf("after %d kills: %v: %s", n, err, said.String())
		}
	}
	ts.Fatalf("it never came to its end")
}
