package layer

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// dirs is the chain of open folders from the layer's root to the parent of the
// current entry. Archives list a folder's content together, so most entries find
// their parent open.
//
// It also gives folders their times and modes. Creating something in a folder
// changes its time, and a mode without write permission would stop an ordinary
// user, so both are applied when the chain leaves the folder. Entering it again
// later saves what it has and leaving restores it: what must be remembered grows
// with the depth of the archive, not with its number of folders.
type dirs struct {
	chain  []frame
	stats  *Stats
	limits Limits
}

type frame struct {
	name   string
	fd     int
	gid    uint32 // of a set-group-id folder, whose content inherits it
	setgid bool
	mode   uint32 // to be set on leaving, if chmod
	chmod  bool
	times  [2]unix.Timespec // to be set on leaving, if keep
	keep   bool
}

func (d *dirs) open(root int, s *Stats, l Limits) error {
	d.stats, d.limits = s, l
	fd, err := unix.Openat(root, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open layer: %w", err)
	}
	d.chain = append(d.chain, frame{fd: fd, mode: 0o755, chmod: true})
	return nil
}

func (d *dirs) top() *frame { return &d.chain[len(d.chain)-1] }

// enter makes path, which is clean and relative, the top of the chain. Folders
// that do not exist are made with mode 0755, as docker does.
func (d *dirs) enter(path, overlay string) error {
	rest, depth := path, 1
	for depth < len(d.chain) {
		part, more, _ := strings.Cut(rest, "/")
		if rest == "" || part != d.chain[depth].name {
			break
		}
		rest = more
		depth++
	}
	if err := d.leave(depth); err != nil {
		return err
	}
	for rest != "" {
		part, more, _ := strings.Cut(rest, "/")
		if err := d.push(part, path[:len(path)-len(rest)+len(part)], overlay); err != nil {
			return err
		}
		rest = more
	}
	return nil
}

// push opens one more component; whole is its path from the root.
func (d *dirs) push(part, whole, overlay string) error {
	f := frame{name: part}
	var err error
	f.fd, err = d.openPart(part, whole, &f)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		err = d.imply(part, overlay, &f)
	} else if err == nil {
		err = f.remember()
	}
	if err != nil {
		if f.fd > 0 {
			unix.Close(f.fd)
		}
		return fmt.Errorf("enter directory %s: %w", printable(whole), err)
	}
	d.chain = append(d.chain, f)
	return nil
}

const openDir = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// openPart opens an existing component. Where it is a link, its whole path is
// resolved with the layer as the root; where it may not be opened (an ordinary
// user met mode 0000), its owner is let in until the chain leaves it.
func (d *dirs) openPart(part, whole string, f *frame) (int, error) {
	fd, err := unix.Openat(d.top().fd, part, openDir, 0)
	switch err {
	case unix.ENOTDIR, unix.ELOOP:
		var st unix.Stat_t
		if e := unix.Fstatat(d.top().fd, part, &st, unix.AT_SYMLINK_NOFOLLOW); e != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return -1, err
		}
		return d.follow(whole)
	case unix.EACCES:
		var st unix.Stat_t
		if e := unix.Fstatat(d.top().fd, part, &st, unix.AT_SYMLINK_NOFOLLOW); e != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return -1, err
		}
		if e := unix.Fchmodat(d.top().fd, part, 0o700, 0); e != nil {
			return -1, err
		}
		f.mode, f.chmod = st.Mode&0o7777, true
		return unix.Openat(d.top().fd, part, openDir, 0)
	}
	return fd, err
}

// errDangling is not ENOENT, so that no folder is made in place of the link.
var errDangling = errors.New("it is a symbolic link that leads nowhere in the layer")

func (d *dirs) follow(whole string) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	}
	fd, err := unix.Openat2(d.chain[0].fd, whole, &how)
	switch err {
	case unix.ENOENT:
		return -1, errDangling
	case unix.ENOTDIR:
		return -1, errors.New("it is a symbolic link to something that is no directory")
	}
	return fd, err
}

// imply makes a folder that has no entry of its own (yet). A whiteout in its
// place means that the lower layers' folder is gone, so the new one is opaque.
func (d *dirs) imply(part, overlay string, f *frame) error {
	if err := d.stats.count(d.limits); err != nil {
		return err
	}
	parent := d.top().fd
	opaque := false
	err := unix.Mkdirat(parent, part, 0o700)
	if err == unix.EEXIST && isWhiteout(parent, part) {
		if err = unix.Unlinkat(parent, part, 0); err == nil {
			opaque = true
			err = unix.Mkdirat(parent, part, 0o700)
		}
	} else if err == unix.EEXIST {
		err = unix.ENOTDIR
	}
	if err != nil {
		return err
	}
	if f.fd, err = unix.Openat(parent, part, openDir, 0); err != nil {
		return err
	}
	f.mode, f.chmod = 0o755, true
	if opaque {
		return setOpaque(f.fd, overlay)
	}
	return nil
}

// remember saves what leaving the folder must restore.
func (f *frame) remember() error {
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return err
	}
	f.times, f.keep = [2]unix.Timespec{st.Atim, st.Mtim}, true
	f.setgid, f.gid = st.Mode&unix.S_ISGID != 0, st.Gid
	return nil
}

// leave closes all but the first n folders of the chain, innermost first.
func (d *dirs) leave(n int) error {
	var first error
	for len(d.chain) > n {
		if err := d.top().finish(); err != nil && first == nil {
			first = err
		}
		d.chain = d.chain[:len(d.chain)-1]
	}
	return first
}

func (d *dirs) close() error { return d.leave(0) }

func (f *frame) finish() error {
	defer unix.Close(f.fd)
	if f.chmod {
		if err := unix.Fchmod(f.fd, f.mode); err != nil {
			return fmt.Errorf("set mode of directory %s: %w", printable(f.name), err)
		}
	}
	if f.keep {
		if err := setTimes(f.fd, &f.times); err != nil {
			return fmt.Errorf("set times of directory %s: %w", printable(f.name), err)
		}
	}
	return nil
}
