package distribution

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// Users are those of a file as `htpasswd -B` writes it: NAME:BCRYPT on each line.
type Users struct {
	hashes map[string][]byte
	// known remembers whose password was right: bcrypt is slow on purpose, and every
	// request brings the password.
	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
}

const maxKnown = 1024

// LoadUsers reads the file.
func LoadUsers(file string) (*Users, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	u := &Users{hashes: map[string][]byte{}, known: map[[sha256.Size]byte]bool{}}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		if _, err := bcrypt.Cost([]byte(hash)); !ok || name == "" || err != nil {
			return nil, fmt.Errorf("read %s: line %d is not NAME:BCRYPT (make it with htpasswd -B)", file, n)
		}
		u.hashes[name] = []byte(hash)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(u.hashes) == 0 {
		return nil, fmt.Errorf("read %s: there are no users in it", file)
	}
	return u, nil
}

// nobody's password takes as long to be wrong as a user's.
var nobody = sync.OnceValue(func() []byte {
	b, _ := bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost) // short enough
	return b
})

// who says whose request it is.
func (u *Users) who(r *http.Request) (string, bool) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return "", false
	}
	sum := sha256.Sum256([]byte(name + "\x00" + password))
	u.mu.Lock()
	known := u.known[sum]
	u.mu.Unlock()
	if known {
		return name, true
	}
	hash, ok := u.hashes[name]
	if !ok {
		hash = nobody()
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || !ok {
		return "", false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.known) >= maxKnown {
		clear(u.known)
	}
	u.known[sum] = true
	return name, true
}
