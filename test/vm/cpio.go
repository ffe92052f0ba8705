package vm

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// archive writes an initramfs: cpio's "newc" format (kernel documentation,
// driver-api/early-userspace/buffer-format).
type archive struct {
	w     io.Writer
	inode int
	dirs  map[string]bool
	err   error
}

func newArchive(w io.Writer) *archive { return &archive{w: w, dirs: map[string]bool{}} }

// entry writes one member. Missing folders above it are added first.
func (a *archive) entry(name string, mode uint32, content []byte) {
	name = strings.Trim(filepath.Clean(name), "/")
	a.parents(name)
	a.inode++
	head := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	a.write([]byte(head + name + "\x00"))
	a.pad(len(head) + len(name) + 1)
	a.write(content)
	a.pad(len(content))
}

func (a *archive) parents(name string) {
	if d := filepath.Dir(name); d != "." && !a.dirs[d] {
		a.dir(d)
	}
}

func (a *archive) dir(name string) {
	name = strings.Trim(filepath.Clean(name), "/")
	if a.dirs[name] || name == "" {
		return
	}
	a.parents(name)
	a.dirs[name] = true
	a.entry(name, 0o040755, nil)
}

func (a *archive) file(name string, mode fs.FileMode, content []byte) {
	a.entry(name, 0o100000|uint32(mode.Perm()), content)
}

func (a *archive) link(name, target string) { a.entry(name, 0o120777, []byte(target)) }

// copy adds a file of this machine.
func (a *archive) copy(name, from string) {
	content, err := os.ReadFile(from)
	if err != nil {
		a.fail(err)
		return
	}
	info, err := os.Stat(from)
	if err != nil {
		a.fail(err)
		return
	}
	a.file(name, info.Mode(), content)
}

// tree adds a folder of this machine with all that is in it.
func (a *archive) tree(name, from string) {
	a.fail(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(name, strings.TrimPrefix(path, from))
		switch {
		case d.IsDir():
			a.dir(to)
		case d.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			a.link(to, target)
		case d.Type().IsRegular():
			a.copy(to, path)
		}
		return a.err
	}))
}

// close writes the end mark and returns the first error of all.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, nil)
	return a.err
}

func (a *archive) pad(n int) { a.write(make([]byte, (4-n%4)%4)) }

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
}

func (a *archive) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}
