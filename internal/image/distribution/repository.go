package distribution

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/reference"
)

// repository is the folder of one.
type repository struct {
	name, dir string
	blobs     *blob.Store
}

// anywhere stands before names, to hold them against the grammar of references.
const anywhere = "registry.invalid/"

func (s *Server) root() string { return s.opt.Root + "/repositories" }

func (s *Server) repository(name string) (repository, error) {
	r, err := reference.Parse(anywhere + name)
	if err != nil || r.Path != name || r.Tag != "" || r.Digest != "" {
		return repository{}, failure{http.StatusBadRequest, "NAME_INVALID", "the repository's name is invalid"}
	}
	return repository{name, s.root() + "/" + name, s.opt.Blobs}, nil
}

func validTag(tag string) bool {
	r, err := reference.Parse(anywhere + "x:" + tag)
	return err == nil && r.Tag == tag && r.Digest == ""
}

func (r *repository) exists() bool {
	for _, d := range [...]string{"/_manifests", "/_blobs"} {
		if _, err := os.Lstat(r.dir + d); err == nil {
			return true
		}
	}
	return false
}

// resolve finds the store's digest of what the repository has in one of its folders.
func (r *repository) resolve(folder string, d content) (digest.Digest, bool) {
	hex := d.hex
	if d.algorithm != "sha256" {
		to, err := os.Readlink(r.dir + "/" + folder + "/" + d.key())
		if err != nil || len(to) != 64 || !digest.IsHex(to) {
			return "", false
		}
		hex = to
	}
	_, err := os.Lstat(r.dir + "/" + folder + "/" + hex)
	return digest.FromHex(hex), err == nil
}

// blob finds a blob of the repository.
func (r *repository) blob(d content) (digest.Digest, bool) {
	own, ok := r.resolve("_blobs", d)
	return own, ok && r.blobs.Has(own)
}

// link says that the repository has a blob, before it is there: the garbage collector
// looks for these names.
func (r *repository) link(d content, own digest.Digest) error {
	if err := touch(r.dir+"/_blobs", own.Hex()); err != nil {
		return err
	}
	if d.algorithm == "sha256" {
		return nil
	}
	return symlink(own.Hex(), r.dir+"/_blobs", d.key())
}

// touch makes an empty file, or says that it is in use.
func touch(dir, name string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(dir+"/"+name, os.O_WRONLY|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	now := time.Now()
	return errors.Join(f.Close(), os.Chtimes(dir+"/"+name, now, now))
}

// symlink makes or changes a link.
func symlink(to, dir, name string) error {
	return replace(dir, name, func(tmp string) error { return os.Symlink(to, tmp) })
}

// temporary begins the name of what is being made.
const temporary = ".new-"

func replace(dir, name string, make func(tmp string) error) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	tmp := dir + "/" + temporary + randomID()
	defer os.Remove(tmp)
	if err := make(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, dir+"/"+name)
}

func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// list names what is in one of the repository's folders, sorted.
func (r *repository) list(folder string) ([]string, error) {
	names, err := blob.Names(r.dir + "/" + folder)
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", strings.TrimPrefix(folder, "_"), r.name, err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, ".") })
	slices.Sort(names)
	return names, nil
}

// repositories lists all that have something in them.
func (s *Server) repositories() ([]repository, error) {
	var list []repository
	err := filepath.WalkDir(s.root(), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.IsDir() || path == s.root() {
			return err
		}
		if strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if r, err := s.repository(strings.TrimPrefix(path, s.root()+"/")); err == nil && r.exists() {
			list = append(list, r)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b repository) int { return strings.Compare(a.name, b.name) })
	return list, err
}
