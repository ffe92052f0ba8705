package registry

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/image/remote"

	"golang.org/x/sys/unix"
)

// Credential is what a registry wants to know of a user.
type Credential = remote.Credential

// Credentials is docker's config.json, whose other members are left as they are.
type Credentials struct {
	Path string
	// Helper runs docker-credential-NAME ACTION; nil runs the program of that name.
	Helper func(name, action, input string) (string, error)
}

// hubKey is docker's name for Docker Hub in its files.
const hubKey = "https://index.docker.io/v1/"

// entry is a member of "auths".
type entry struct {
	Auth          string `json:"auth,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	RegistryToken string `json:"registrytoken,omitempty"`
}

type credentialFile struct {
	Auths       map[string]json.RawMessage `json:"auths"`
	CredsStore  string                     `json:"credsStore"`
	CredHelpers map[string]string          `json:"credHelpers"`
	all         map[string]json.RawMessage
}

// DefaultCredentials is docker's file: DOCKER_CONFIG, else ~/.docker.
func DefaultCredentials() *Credentials {
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(home(), ".docker")
	}
	return &Credentials{Path: filepath.Join(dir, "config.json")}
}

func home() string {
	if h := os.Getenv("HOME"); h != "" || os.Geteuid() != 0 {
		return h
	}
	return "/root"
}

func key(domain string) string {
	if domain == hubDomain {
		return hubKey
	}
	return domain
}

// load reads the file; one that is not there is empty.
func (c *Credentials) load() (*credentialFile, error) {
	f := &credentialFile{all: map[string]json.RawMessage{}}
	b, err := os.ReadFile(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		if err = json.Unmarshal(b, &f.all); err == nil {
			err = json.Unmarshal(b, f)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Path, err)
	}
	return f, nil
}

// helper is the program that keeps a registry's credentials, "" for the file itself.
func (f *credentialFile) helper(domain string) string {
	if h, ok := f.CredHelpers[key(domain)]; ok {
		return h
	}
	if h, ok := f.CredHelpers[domain]; ok {
		return h
	}
	return f.CredsStore
}

// Get returns what is known for a registry, nil for nothing.
func (c *Credentials) Get(domain string) (*Credential, error) {
	f, err := c.load()
	if err != nil {
		return nil, err
	}
	if h := f.helper(domain); h != "" {
		return c.fromHelper(h, domain)
	}
	raw, ok := f.find(domain)
	if !ok {
		return nil, nil
	}
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("read %s: auths of %s: %w", c.Path, domain, err)
	}
	return e.credential()
}

// find takes the domain's own entry, or one that older clients wrote as a URL.
func (f *credentialFile) find(domain string) (json.RawMessage, bool) {
	if raw, ok := f.Auths[key(domain)]; ok {
		return raw, true
	}
	for k, raw := range f.Auths {
		if hostOf(k) == domain || domain == hubDomain && hostOf(k) == "index.docker.io" {
			return raw, true
		}
	}
	return nil, false
}

func hostOf(key string) string {
	key = strings.TrimPrefix(strings.TrimPrefix(key, "https://"), "http://")
	host, _, _ := strings.Cut(key, "/")
	return host
}

func (e *entry) credential() (*Credential, error) {
	c := &Credential{IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken}
	if e.Auth != "" {
		b, err := base64.StdEncoding.DecodeString(e.Auth)
		name, password, ok := strings.Cut(string(b), ":")
		if err != nil || !ok {
			return nil, errors.New("the entry is not NAME:PASSWORD in base64: log in again")
		}
		c.Username, c.Password = name, strings.TrimRight(password, "\x00")
	}
	if *c == (Credential{}) {
		return nil, nil
	}
	return c, nil
}

// Store keeps a registry's credentials and says whether they stand in the file, unencrypted.
func (c *Credentials) Store(domain string, cred *Credential) (plain bool, err error) {
	free, err := c.lock()
	if err != nil {
		return false, err
	}
	defer free()
	f, err := c.load()
	if err != nil {
		return false, err
	}
	e := entry{IdentityToken: cred.IdentityToken}
	if h := f.helper(domain); h != "" {
		if err := c.toHelper(h, domain, cred); err != nil {
			return false, err
		}
		e = entry{}
	} else {
		plain = true
		e.Auth = base64.StdEncoding.EncodeToString([]byte(cred.Username + ":" + cred.Password))
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return plain, err
	}
	if f.Auths == nil {
		f.Auths = map[string]json.RawMessage{}
	}
	f.Auths[key(domain)] = raw
	return plain, c.save(f)
}

// Erase forgets a registry's credentials and says whether there were any.
func (c *Credentials) Erase(domain string) (bool, error) {
	free, err := c.lock()
	if err != nil {
		return false, err
	}
	defer free()
	f, err := c.load()
	if err != nil {
		return false, err
	}
	had := false
	if h := f.helper(domain); h != "" {
		cred, err := c.fromHelper(h, domain)
		if err != nil {
			return false, err
		}
		if had = cred != nil; had {
			if err := c.eraseHelper(h, domain); err != nil {
				return false, err
			}
		}
	}
	if _, ok := f.Auths[key(domain)]; !ok {
		return had, nil
	}
	delete(f.Auths, key(domain))
	return true, c.save(f)
}

// save writes the file anew with the members that it had. A link is followed, as docker does.
func (c *Credentials) save(f *credentialFile) error {
	auths, err := json.Marshal(f.Auths)
	if err != nil {
		return err
	}
	f.all["auths"] = auths
	b, err := json.MarshalIndent(f.all, "", "\t")
	if err != nil {
		return err
	}
	path := c.Path
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config-")
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Path, err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Path, err)
	}
	return nil
}

// lock orders two that log in at the same time.
func (c *Credentials) lock() (free func(), err error) {
	dir := filepath.Dir(c.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make %s: %w", dir, err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}
