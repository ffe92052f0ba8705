// Package crash kills commands that change the image store, and fills its disk, at random
// instants: what was acknowledged is there, and nothing is broken.
package crash

import (
	"archive/tar"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bantam/internal/testenv"
)

const (
	rounds = 15
	// longest is how long a command is let live at most; most end before.
	longest = 60 * time.Millisecond
)

// store is an image store and what its user was told.
type store struct {
	t      *testing.T
	bin    string
	root   string
	dir    string
	mu     sync.Mutex
	images map[string]bool // names that were acknowledged and not removed
}

func newStore(t *testing.T, dir string) *store {
	t.Helper()
	return &store{t: t, bin: testenv.Bin(t, "bantam"), root: dir + "/root", dir: dir, images: map[string]bool{}}
}

func (s *store) command(args ...string) *exec.Cmd {
	return exec.Command(s.bin, append([]string{"--root", s.root}, args...)...)
}

func (s *store) must(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("bantam %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tarFile writes an archive of some files that nobody else has.
func (s *store) tarFile(name string, seed uint64, size int) string {
	s.t.Helper()
	rnd := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 16 {
		body := make([]byte, size/16)
		_, _ = rnd.Read(body)
		h := &tar.Header{Name: "dir" + strconv.Itoa(i%3) + "/file" + strconv.Itoa(i), Mode: 0o644, Size: int64(len(body))}
		if err := w.WriteHeader(h); err != nil {
			s.t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// killed runs a command and kills it after a while, and says whether it had done its work.
func (s *store) killed(after time.Duration, args ...string) bool {
	cmd := s.command(args...)
	if err := cmd.Start(); err != nil {
		s.t.Error(err)
		return false
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() == nil
}

// check demands that all acknowledged images are there and that nothing is broken.
func (s *store) check(when string) {
	s.t.Helper()
	if out, err := s.command("system", "fsck").CombinedOutput(); err != nil {
		s.t.Fatalf("%s: fsck: %v\n%s", when, err, out)
	}
	have := map[string]bool{}
	for _, n := range strings.Fields(s.must("images", "--format", "{{.Repository}}:{{.Tag}}")) {
		have[n] = true
	}
	for n := range s.images {
		if !have[n] {
			s.t.Fatalf("%s: the image %s was acknowledged and is gone", when, n)
		}
	}
}

// empty removes all images and demands that nothing else is left.
func (s *store) empty() {
	s.t.Helper()
	s.must("image", "prune", "--all", "--force")
	for _, d := range []string{"layers", "leases", "blobs/sha256", "blobs/layers", "images/sha256", "tags"} {
		left, _ := os.ReadDir(filepath.Join(s.root, d))
		for _, e := range left {
			s.t.Errorf("left: %s/%s", d, e.Name())
		}
	}
}

func TestKills(t *testing.T) {
	testenv.Root(t)
	s := newStore(t, t.TempDir())
	shared, archive := s.tarFile("shared.tar", 1, 1<<20), filepath.Join(s.dir, "archive.tar")
	s.must("import", shared, "shared:1")
	s.must("import", s.tarFile("other.tar", 2, 1<<20), "other:1")
	s.must("save", "--format", "docker-dir", "-o", s.dir+"/folder", "shared:1")
	s.must("save", "-o", archive, "shared:1", "other:1")
	s.must("rmi", "shared:1", "other:1")
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range rounds {
		n := strconv.Itoa(round)
		fresh := s.tarFile("fresh.tar", uint64(round)+10, 1<<20)
		var wg sync.WaitGroup
		try := func(names []string, args ...string) {
			after := time.Duration(rnd.Int64N(int64(longest)))
			wg.Go(func() {
				if s.killed(after, args...) {
					s.mu.Lock()
					defer s.mu.Unlock()
					for _, name := range names {
						s.images[name] = true
					}
				}
			})
		}
		try([]string{"shared:1", "other:1"}, "load", "-q", "-i", archive)
		try(nil, "load", "-q", "-i", s.dir+"/folder")
		try([]string{"kept:" + n}, "import", fresh, "kept:"+n)
		try(nil, "import", shared, "victim:"+n)
		try(nil, "rmi", "victim:"+strconv.Itoa(round-1))
		try(nil, "image", "prune", "--force")
		try(nil, "save", "-o", s.dir+"/out.tar", "shared:1")
		wg.Wait()
		s.check("round " + n)
	}
	s.empty()
}
