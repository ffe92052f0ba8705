// Package transfer copies files and trees: cp, mv to another file system, install and
// the skeleton of a home.
//
// Below the two operands nothing is reached by a path: the source is walked by
// descriptors, and so is the destination, whose folders are entered without following
// links. A link that someone puts in the way is replaced or refused.
package transfer

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Copier copies files.
type Copier struct {
	Call *applet.Call
	// Follow is which links in the source are taken for what they lead to.
	Follow tree.Follow
	// Recurse copies folders and copies special files as what they are.
	Recurse bool
	// Preserve keeps mode, owner and times.
	Preserve bool
	// Force removes a destination that can't be opened, Remove any that exists.
	Force, Remove bool
	// Ask asks before overwriting, Keep never overwrites, Newer only what is older.
	Ask, Keep, Newer bool
	// Hard and Soft make links in place of copies.
	Hard, Soft bool
	// Clone is "auto" or "always", to share the data blocks.
	Clone   string
	Verbose bool
	// Given says that the destination is what the user named, so that a link there is
	// what the user wants to write through.
	Given bool

	walk   tree.Walk
	dest   tree.Stack
	source int    // length of the source operand
	target string // the destination operand
	made   []inode
	links  map[inode]first
	levels []folder
	mask   uint32
	masked bool
	failed bool
	buf    []byte
}

type inode struct{ dev, ino uint64 }

// first is the first copy of a file with several names.
type first struct {
	path string
	id   inode
}

// folder is a folder of the destination that is being filled.
type folder struct {
	existed, entered bool
}

func id(st *unix.Stat_t) inode { return inode{uint64(st.Dev), st.Ino} }

// Copy copies source to the path dest and says whether all went well.
func (k *Copier) Copy(source, dest string) bool {
	k.failed = false
	k.source, k.target = len(source), dest
	k.walk.Visit, k.walk.Leave, k.walk.Failed = k.visit, k.leave, k.unseen
	k.walk.Follow, k.walk.Dangling = k.Follow, true
	k.walk.Run(source)
	k.dest.Close()
	return !k.failed
}

// destPath is the destination of a node, for messages.
func (k *Copier) destPath(n *tree.Node) string {
	rest := n.PathBytes()[k.source:]
	for len(rest) > 0 && rest[0] == '/' {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return k.target
	}
	return applet.Join(k.target, string(rest))
}

// destName is the destination's name in the folder k.dest.Top().
func (k *Copier) destName(n *tree.Node) string {
	if n.Depth == 0 {
		return k.target
	}
	return n.Name
}

func (k *Copier) unseen(n *tree.Node, err error) {
	k.failed = true
	what := "can't stat '" + n.Path() + "'"
	if n.Type == syscall.DT_DIR {
		what = "can't open '" + n.Path() + "'"
	}
	k.Call.Warn(what, err)
}

// fail tells an error about the destination, or about both.
func (k *Copier) fail(text string, err error) tree.Next {
	k.failed = true
	k.Call.Warn(text, err)
	return tree.Over
}

func (k *Copier) umask() uint32 {
	if !k.masked {
		k.mask, k.masked = modes.Umask(), true
	}
	return k.mask
}

// visit copies one file, or makes the folder for a folder.
func (k *Copier) visit(n *tree.Node) tree.Next {
	st, err := n.Stat()
	if err == nil && n.Follows() && n.Type == syscall.DT_LNK && !k.Hard && !k.Soft {
		err = syscall.ENOENT // leads nowhere
	}
	if err != nil {
		return k.fail("can't stat '"+n.Path()+"'", err)
	}
	var old *unix.Stat_t
	// Nothing can be in a folder that was only just made.
	if n.Depth == 0 || k.levels[n.Depth-1].existed {
		var at unix.Stat_t
		err := unix.Fstatat(k.dest.Top(), k.destName(n), &at, unix.AT_SYMLINK_NOFOLLOW)
		switch {
		case err == nil:
			old = &at
		case err != syscall.ENOENT:
			return k.fail("can't stat '"+k.destPath(n)+"'", err)
		}
	}
	if old != nil && id(old) == id(st) {
		return k.fail("'"+n.Path()+"' and '"+k.destPath(n)+"' are the same file", nil)
	}
	if n.Type == syscall.DT_DIR {
		return k.folder(n, st, old)
	}
	if old != nil && (k.Keep || k.Newer && st.Mtim.Sec <= old.Mtim.Sec) {
		return tree.Over
	}
	k.file(n, st, old)
	return tree.Over
}

// folder makes or takes the folder for a folder and enters it.
func (k *Copier) folder(n *tree.Node, st, old *unix.Stat_t) tree.Next {
	if !k.Recurse {
		return k.fail("omitting directory '"+n.Path()+"'", nil)
	}
	for _, m := range k.made {
		if m == id(st) {
			return k.fail("recursion detected, omitting directory '"+n.Path()+"'", nil)
		}
	}
	if old != nil && old.Mode&unix.S_IFMT != unix.S_IFDIR {
		return k.fail("target '"+k.destPath(n)+"' is not a directory", nil)
	}
	if old == nil {
		if err := unix.Mkdirat(k.dest.Top(), k.destName(n), st.Mode&0o777|0o700); err != nil {
			return k.fail("can't create directory '"+k.destPath(n)+"'", err)
		}
	}
	if err := k.dest.Enter(k.destName(n), false); err != nil {
		return k.fail("can't open '"+k.destPath(n)+"'", err)
	}
	k.levels = append(k.levels[:n.Depth], folder{existed: old != nil, entered: true})
	var at unix.Stat_t
	if err := unix.Fstat(k.dest.Top(), &at); err == nil {
		k.made = append(k.made, id(&at))
	}
	return tree.Into
}

// leave finishes a folder, whose times and mode could not be set before it was filled.
func (k *Copier) leave(n *tree.Node) tree.Next {
	st, _ := n.Stat()
	fd := k.dest.Top()
	if !k.levels[n.Depth].existed {
		mode := st.Mode & modes.All
		if !k.Preserve {
			mode &^= k.umask()
		}
		if mode != (st.Mode&0o777|0o700)&^k.umask() {
			if err := unix.Fchmod(fd, mode); err != nil {
				k.warn("permissions", k.destPath(n), err)
			}
		}
	}
	if k.Preserve {
		k.preserve(fd, st, n)
	}
	if err := k.dest.Leave(); err != nil {
		k.fail("can't open '"+k.destPath(n)+"/..'", err)
		return tree.Stop
	}
	if k.Verbose {
		k.tell(n)
	}
	return tree.Into
}

func (k *Copier) tell(n *tree.Node) {
	k.Call.Out.Print("'", n.Path(), "' -> '", k.destPath(n), "'\n")
}

func (k *Copier) warn(what, path string, err error) {
	k.Call.Warn("can't preserve "+what+" of '"+path+"'", err)
}

// preserve gives an open file the source's times, owner and mode. That it can't is
// told but is no failure: the copy was made.
func (k *Copier) preserve(fd int, st *unix.Stat_t, n *tree.Node) {
	mode := st.Mode & modes.All
	if err := unix.Fchown(fd, int(st.Uid), int(st.Gid)); err != nil {
		mode &^= syscall.S_ISUID | syscall.S_ISGID
		k.warn("ownership", k.destPath(n), err)
	}
	if err := unix.Fchmod(fd, mode); err != nil {
		k.warn("permissions", k.destPath(n), err)
	}
	if err := SetTimes(fd, st); err != nil {
		k.warn("times", k.destPath(n), err)
	}
}
