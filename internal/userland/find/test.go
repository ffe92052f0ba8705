package find

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

func reason(err error) string { return applet.Reason(err) }

func nanoseconds(st *unix.Stat_t) int64 { return st.Mtim.Sec*1e9 + int64(st.Mtim.Nsec) }

// try tries group after group until one succeeds.
func (g groups) try(f *finder, n *tree.Node) bool {
	for i := range g {
		good := true
		for j := range g[i] {
			t := &g[i][j]
			if f.one(t, n) == t.invert {
				good = false
				break
			}
			if f.stop {
				return true
			}
		}
		if good {
			return true
		}
	}
	return false
}

// one does one test or action.
func (f *finder) one(t *test, n *tree.Node) bool {
	switch t.kind {
	case kName:
		return glob.Match(t.text, base(n), 0)
	case kType:
		return int64(n.Type) == t.number
	case kIName:
		return glob.Match(t.text, base(n), glob.Fold)
	case kPath:
		return glob.Match(t.text, n.Path(), 0)
	case kIPath:
		return glob.Match(t.text, n.Path(), glob.Fold)
	case kRegex:
		var slots [2]int
		path := n.PathBytes()
		return t.regex.Find(path, 0, slots[:], 0) && slots[0] == 0 && slots[1] == len(path)
	case kPrint:
		f.print(n, '\n')
	case kPrint0:
		f.print(n, 0)
	case kPrune:
		f.prune = true
	case kQuit:
		f.stop = true
	case kParen:
		return t.inner.try(f, n)
	case kExec:
		return t.run.add(f, n.Path())
	case kDelete:
		f.remove(n)
	case kExecutable:
		return unix.Faccessat(n.Dir, n.Name, unix.X_OK, 0) == nil
	case kEmpty:
		return f.empty(n)
	default:
		st, err := n.Stat()
		if err != nil {
			f.failed(n, err)
			return t.invert // whatever it is, it fails
		}
		return f.status2(t, st)
	}
	return true
}

// status2 does the tests that look at the file's status.
func (f *finder) status2(t *test, st *unix.Stat_t) bool {
	switch t.kind {
	case kPerm:
		mask := uint32(t.number)
		switch t.sign {
		case '+', '/':
			return st.Mode&mask != 0
		case '-':
			return st.Mode&mask == mask
		}
		return st.Mode&0o7777 == mask
	case kMtime:
		return f.age(t, st.Mtim.Sec)
	case kAtime:
		return f.age(t, st.Atim.Sec)
	case kCtime:
		return f.age(t, st.Ctim.Sec)
	case kNewer:
		return nanoseconds(st) > t.number
	case kInum:
		return st.Ino == uint64(t.number)
	case kSameFile:
		return st.Ino == uint64(t.number) && uint64(st.Dev) == t.other
	case kUser:
		return int64(st.Uid) == t.number
	case kGroup:
		return int64(st.Gid) == t.number
	case kSize:
		return compare(t, st.Size)
	}
	return compare(t, int64(st.Nlink))
}

func compare(t *test, n int64) bool {
	switch t.sign {
	case '+':
		return n > t.number
	case '-':
		return n < t.number
	}
	return n == t.number
}

// age compares a time with N units ago.
func (f *finder) age(t *test, when int64) bool {
	age, unit := f.now-when, int64(t.other)
	limit := t.number * unit
	switch t.sign {
	case '+':
		return age >= limit+unit
	case '-':
		return age < limit
	}
	return age >= limit && age < limit+unit
}

// base is the name that -name compares: of an operand what comes last, without slashes.
func base(n *tree.Node) string {
	if n.Depth > 0 {
		return n.Name
	}
	name := strings.TrimRight(n.Name, "/")
	if name == "" {
		return n.Name[:min(len(n.Name), 1)]
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// remove removes a file, or an empty folder. The folder "." is left alone, as the
// system would refuse it.
func (f *finder) remove(n *tree.Node) {
	flags := 0
	if n.Type == syscall.DT_DIR && !n.Linked {
		if n.Depth == 0 && n.Name == "." {
			return
		}
		flags = unix.AT_REMOVEDIR
	}
	if err := tree.Unlink(n.Dir, n.Name, flags); err != nil {
		f.c.Warn(n.Path(), err)
	}
}

// empty says whether it is a folder or file with nothing in it.
func (f *finder) empty(n *tree.Node) bool {
	switch n.Type {
	case syscall.DT_REG:
		st, err := n.Stat()
		return err == nil && st.Size == 0
	case syscall.DT_DIR:
		flags := syscall.O_RDONLY | syscall.O_DIRECTORY
		if !n.Linked {
			flags |= syscall.O_NOFOLLOW
		}
		fd, err := applet.OpenAt(n.Dir, n.Name, flags, 0)
		if err != nil {
			f.c.Warn(n.Path(), err)
			return false
		}
		defer syscall.Close(fd)
		entries, err := applet.ReadDirFd(fd)
		return err == nil && len(entries) == 0
	}
	return false
}
