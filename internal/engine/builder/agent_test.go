package builder

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// keyFile writes a new private key.
func keyFile(t *testing.T, passphrase string) (path string, key ssh.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err = ssh.NewPublicKey(public); err != nil {
		t.Fatal(err)
	}
	return path, key
}

// TestAgent: a step finds the keys of --ssh ID=KEY,KEY, signs with them and can do no more.
func TestAgent(t *testing.T) {
	one, key := keyFile(t, "")
	two, _ := keyFile(t, "")
	j := &job{temp: t.TempDir()}
	defer func() {
		for _, c := range j.close {
			c()
		}
	}()
	id, socket, err := j.parseSSH("forge=" + one + "," + two)
	if err != nil || id != "forge" {
		t.Fatal(id, err)
	}
	path := filepath.Join(t.TempDir(), "sock")
	end, err := relay(path, socket)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := agent.NewClient(c)
	if list, err := a.List(); err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	sig, err := a.Sign(key, []byte("text"))
	if err != nil || key.Verify([]byte("text"), sig) != nil {
		t.Error("signature:", err)
	}
	for what, err := range map[string]error{"remove": a.Remove(key), "remove all": a.RemoveAll(), "lock": a.Lock([]byte("x"))} {
		if err == nil {
			t.Errorf("a step can %s keys", what)
		}
	}
	if list, err := a.List(); err != nil || len(list) != 2 {
		t.Error("afterwards:", list, err)
	}
}

func TestParseSSHRefuses(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	locked, _ := keyFile(t, "secret")
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"=x": "id is missing", "default": "SSH_AUTH_SOCK", "default=/nonexistent": "no such file", "a=" + locked: "has a passphrase", "a=" + plain: "neither a socket nor a private key",
	} {
		if _, _, err := (&job{temp: t.TempDir()}).parseSSH(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
