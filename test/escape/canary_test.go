package escape

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// secret stands in the canary and nowhere else: output that has it has read the host.
const secret = "canary-of-the-host-4f1d"

func (r *rig) makeCanary() {
	r.must(os.MkdirAll(filepath.Join(r.canary, "sub"), 0o711))
	r.must(os.WriteFile(filepath.Join(r.canary, "secret"), []byte(secret), 0o640))
	r.must(os.WriteFile(filepath.Join(r.canary, "sub/file"), []byte("x"), 0o600))
	r.must(os.Chown(filepath.Join(r.canary, "sub/file"), 4242, 4343))
	r.before = listing(r.canary)
}

// checkCanary compares names, content, mode and owner with what they were.
func (r *rig) checkCanary() {
	after := listing(r.canary)
	for name, was := range r.before {
		if is := after[name]; is != was {
			r.t.Errorf("canary %s: was %s, is %s", name, was, is)
		}
	}
	for name, is := range after {
		if _, ok := r.before[name]; !ok {
			r.t.Errorf("canary: new file %s: %s", name, is)
		}
	}
}

func listing(dir string) map[string]string {
	all := make(map[string]string)
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			all[path] = err.Error()
			return nil
		}
		info, err := d.Info()
		if err != nil {
			all[path] = err.Error()
			return nil
		}
		st := info.Sys().(*syscall.Stat_t)
		text := fmt.Sprintf("%v %d:%d %d", info.Mode(), st.Uid, st.Gid, st.Rdev)
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			text += fmt.Sprintf(" %x %v", sha256.Sum256(b), err)
		}
		rel, _ := filepath.Rel(dir, path)
		all[rel] = text
		return nil
	})
	return all
}

// sum is the digest of a file of the host's.
func (r *rig) sum(path string) string {
	b, err := os.ReadFile(path)
	r.must(err)
	return fmt.Sprintf("%x", sha256.Sum256(b))
}
