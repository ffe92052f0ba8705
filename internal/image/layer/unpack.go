// Package layer turns layers, which are tar files from strangers, into folders
// that overlayfs can use as lower directories.
//
// # Threat model
//
// Every byte of the tar is hostile; the folder that is unpacked into is ours
// alone until it is finished. A name is cleaned and may not climb out of the
// layer. Its parent folder is opened one component at a time without following
// links; a component that is a link is opened again from the layer's root with
// openat2 and RESOLVE_IN_ROOT, so that it means what it would mean inside a
// container. The last component is never followed: it is created exclusively,
// after whatever stood there has been removed. So nothing outside the layer is
// read, written, linked, or has its mode or owner changed (the class of
// CVE-2021-32760, CVE-2025-47290 and CVE-2025-11395).
//
// Descriptors are used and no paths, so that it makes no difference how the
// store's own folder is reached.
package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Options say how to unpack.
type Options struct {
	Limits Limits
	// Rootless makes what an ordinary user may: owners that cannot be given are
	// left, device nodes are left out, and whiteouts are marked in user.overlay.
	Rootless bool
	// Plain unpacks no layer but a tar file, into a folder that may have files: names of
	// whiteouts mean nothing, and the folder itself keeps its attributes.
	Plain bool
	// KeepKind refuses to put a file in a folder's place, and a folder in a file's.
	KeepKind bool
	// Owner gets all files, nil leaves them to the archive's owners.
	Owner *Owner
	// Recipe, if not nil, takes down what it needs to write the tar file again.
	Recipe *Recipe
}

// Owner is a user and a group.
type Owner struct{ UID, GID int }

// Stats tell what was unpacked.
type Stats struct {
	Entries  int64    // headers and the folders they implied
	Size     int64    // bytes of the regular files
	Warnings []string // what could not be kept, at most maxWarnings
}

const maxWarnings = 16

type unpacker struct {
	tr      *tar.Reader
	tap     *tap
	opt     Options
	stats   Stats
	dirs    dirs
	buf     []byte
	uid     int
	gid     int
	overlay string // prefix of overlayfs's extended attributes
	behind  *behind
	large   []byte // for large files, once there was one
}

// Unpack reads the tar file r to its end and puts its content into the empty
// folder that the descriptor root is open on. After an error the folder is in no
// useful state: remove it with Remove.
func Unpack(root int, r io.Reader, opt Options) (Stats, error) {
	opt.Limits = opt.Limits.withDefaults()
	t := &tap{r: &limitReader{r: r, left: opt.Limits.Size}, recipe: opt.Recipe}
	u := &unpacker{
		tr:      tar.NewReader(t),
		tap:     t,
		opt:     opt,
		buf:     make([]byte, 64<<10),
		uid:     os.Geteuid(),
		gid:     os.Getegid(),
		overlay: "trusted.overlay.",
	}
	if opt.Rootless {
		u.overlay = "user.overlay."
	}
	if opt.Recipe != nil {
		if journal, _, _ := ordered(root); journal { // WriteOut follows, and waits for each file
			u.behind = newBehind()
			defer u.behind.close()
		}
	}
	if err := u.dirs.open(root, &u.stats, opt.Limits); err != nil {
		return u.stats, err
	}
	err := u.entries()
	if e := u.dirs.close(); err == nil {
		err = e
	}
	if err == nil {
		_, err = io.CopyBuffer(io.Discard, onlyReader{t}, u.buf)
	}
	if err == nil && opt.Recipe != nil {
		err = opt.Recipe.finish(u.stats.Size)
	}
	return u.stats, err
}

// onlyReader hides every method but Read, so that CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }

func (u *unpacker) entries() error {
	for {
		h, err := u.tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readError(err, u.stats.Entries)
		}
		if err := u.stats.count(u.opt.Limits); err != nil {
			return err
		}
		if err := u.entry(h); err != nil {
			return fmt.Errorf("unpack %s: %w", printable(h.Name), err)
		}
	}
}

// readError words what archive/tar says about a broken archive.
func readError(err error, entries int64) error {
	at := "after " + strconv.FormatInt(entries, 10) + " entries"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read tar: the archive is cut short %s: %w", at, err)
	case errors.Is(err, tar.ErrHeader) && entries == 0:
		return fmt.Errorf("read tar: this is not a tar archive: %w", err)
	}
	return fmt.Errorf("read tar: %s: %w", at, err)
}

func (u *unpacker) entry(h *tar.Header) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, err := cleanName(h.Name, u.opt.Limits)
	if err != nil {
		return err
	}
	parent, base := splitName(name)
	if kind := markerOf(parent, base); kind != notWhiteout && !u.opt.Plain {
		return u.whiteout(kind, parent, base)
	}
	m, err := headerMeta(h)
	if err != nil {
		return err
	}
	if o := u.opt.Owner; o != nil {
		m.uid, m.gid = o.UID, o.GID
	}
	if name == "" {
		if u.opt.Plain {
			return nil
		}
		if h.Typeflag != tar.TypeDir {
			return errors.New("the root of a layer must be a directory")
		}
		if err := u.dirs.enter("", u.overlay); err != nil {
			return err
		}
		return u.describeDir(m)
	}
	if err := u.dirs.enter(parent, u.overlay); err != nil {
		return err
	}
	return u.create(h, base, m)
}

// create makes the last component of an entry in the folder that was entered.
func (u *unpacker) create(h *tar.Header, base string, m meta) error {
	if u.opt.KeepKind {
		if err := u.checkKind(h.Typeflag == tar.TypeDir, base); err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.directory(base, h.Name, m)
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return u.regular(h, base, m)
	case tar.TypeSymlink:
		return u.symlink(h, base, m)
	case tar.TypeLink:
		return u.hardLink(h, base)
	case tar.TypeChar:
		return u.node(h, unix.S_IFCHR, base, m)
	case tar.TypeBlock:
		return u.node(h, unix.S_IFBLK, base, m)
	case tar.TypeFifo:
		return u.node(h, unix.S_IFIFO, base, m)
	}
	return errors.New("unknown type of entry " + strconv.QuoteRune(rune(h.Typeflag)))
}

// checkKind compares what there is with what comes.
func (u *unpacker) checkKind(dir bool, base string) error {
	var st unix.Stat_t
	if unix.Fstatat(u.dirs.top().fd, base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return nil
	}
	switch is := st.Mode&unix.S_IFMT == unix.S_IFDIR; {
	case is && !dir:
		return fmt.Errorf("cannot overwrite directory %s with non-directory", printable(base))
	case !is && dir:
		return fmt.Errorf("cannot overwrite non-directory %s with directory", printable(base))
	}
	return nil
}

func (u *unpacker) warn(what string) {
	if len(u.stats.Warnings) < maxWarnings {
		u.stats.Warnings = append(u.stats.Warnings, what)
	}
}

// printable quotes a name of the archive for a terminal, shortened.
func printable(name string) string {
	if len(name) > 256 {
		name = name[:256] + "..."
	}
	return strconv.Quote(name)
}
