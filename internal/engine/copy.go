package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/container/passwd"
	"bantam/internal/image/archive"
	"bantam/internal/image/layer"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// CopyOptions are those of docker cp.
type CopyOptions struct {
	Archive    bool // keep uid and gid
	FollowLink bool // of the source
	In         io.Reader
	Out        io.Writer
	Found      func(*PathStat) // is told what the source in the container is; may be nil
	// NoOverwriteDirNonDir refuses to put a file in a folder's place, and a folder in a file's.
	NoOverwriteDirNonDir bool
	UserOwner            bool // files of an archive on In become the container's user's
	user                 *layer.Owner
}

// Copy copies between a container and the host: one of from and to is CONTAINER:PATH.
// "-" is a tar file on standard input or output.
func (e *Engine) Copy(from, to string, o *CopyOptions) error {
	source, sourcePath := splitCopy(from)
	target, targetPath := splitCopy(to)
	switch {
	case source != "" && target != "":
		return errors.New("copying between containers is not supported")
	case source != "":
		return e.copyOut(source, sourcePath, targetPath, o)
	case target != "":
		return e.copyIn(sourcePath, target, targetPath, o)
	}
	return errors.New("must specify at least one container source")
}

// splitCopy: an absolute path, or one that begins with a dot, is the host's even with a
// colon in it.
func splitCopy(arg string) (container, path string) {
	if filepath.IsAbs(arg) {
		return "", arg
	}
	container, path, has := strings.Cut(arg, ":")
	if !has || strings.HasPrefix(container, ".") {
		return "", arg
	}
	return container, path
}

// inside makes a path of a container absolute and clean, and says whether the user
// wants the content of a folder (docker's rule for /.) or means a folder (a slash at the end).
func inside(p string) (clean string, content, folder bool) {
	content = p == "." || strings.HasSuffix(p, "/.")
	folder = content || strings.HasSuffix(p, "/") || p == ""
	return path.Clean("/" + p), content, folder
}

func (e *Engine) copyOut(name, from, to string, o *CopyOptions) error {
	s, c, err := e.get(name)
	if err != nil {
		return err
	}
	src, err := c.source(s, from, o.FollowLink)
	if err != nil {
		return err
	}
	defer src.release()
	e.containerEvent(c.Record, "archive-path")
	if o.Found != nil {
		o.Found(src.stat())
	}
	if to == "-" {
		return layer.PackFile(o.Out, src.dir, src.base, src.own)
	}
	where, as, err := hostTarget(to, src.own, src.isDir(), src.content)
	if err != nil {
		return err
	}
	return unpackOnHost(where, o, func(w io.Writer) error { return layer.PackFile(w, src.dir, src.base, as) })
}

// hostTarget applies docker's rules to a target on the host: the folder to unpack in and
// the name that the source gets there; "." for a folder's content.
func hostTarget(to, own string, isDir, content bool) (where, as string, err error) {
	info, err := os.Stat(to)
	switch {
	case err == nil && info.IsDir() && (content || own == "."):
		return to, ".", nil
	case err == nil && info.IsDir():
		return to, own, nil
	case err == nil && isDir:
		return "", "", errors.New("cannot copy directory")
	case err == nil:
		return filepath.Dir(to), filepath.Base(to), nil
	case !errors.Is(err, os.ErrNotExist):
		return "", "", err
	case strings.HasSuffix(to, "/") && !isDir:
		return "", "", fmt.Errorf("no such directory: %s", to)
	}
	parent := filepath.Dir(filepath.Clean(to))
	if _, err := os.Stat(parent); err != nil {
		return "", "", fmt.Errorf("invalid output path: directory %q does not exist", parent)
	}
	if isDir {
		// The folder itself gets the new name, and its content goes into it.
		return parent, filepath.Base(filepath.Clean(to)), nil
	}
	return parent, filepath.Base(to), nil
}

// unpackOnHost writes what pack gives into a folder of the host. The files belong to the
// user unless he wants their owners.
func unpackOnHost(where string, o *CopyOptions, pack func(io.Writer) error) error {
	dir, err := unix.Open(where, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", where, err)
	}
	defer unix.Close(dir)
	owner := &layer.Owner{UID: os.Getuid(), GID: os.Getgid()}
	if o.Archive {
		owner = nil
	}
	r, w := io.Pipe()
	defer r.Close()
	go func() { w.CloseWithError(pack(w)) }()
	_, err = layer.Unpack(dir, r, layer.Options{Plain: true, Owner: owner, Rootless: os.Geteuid() != 0})
	return err
}

func (e *Engine) copyIn(from, name, to string, o *CopyOptions) error {
	s, c, err := e.get(name)
	if err != nil {
		return err
	}
	if c.State.Status == folder.Running && c.Record.Host.IDSize > 0 {
		return fmt.Errorf("copy into %s: it runs with a user namespace of its own, where the host's users own nothing: stop the container first, or use exec with tar", name)
	}
	root, release, err := c.rootfs(s)
	if err != nil {
		return err
	}
	defer release()
	own := *o
	if o.UserOwner {
		u, err := passwd.Lookup(append([]string{c.Path("upper")}, c.Record.Layers...), c.Record.Config.User)
		if err != nil {
			return err
		}
		own.user = &layer.Owner{UID: int(u.UID), GID: int(u.GID)}
	}
	if err := copyInto(root, from, name, to, &own); err != nil {
		return err
	}
	e.containerEvent(c.Record, "extract-to-dir")
	return nil
}

// copyInto copies a file of the host, or a tar file, into the files of a container.
func copyInto(root int, from, name, to string, o *CopyOptions) error {
	if from == "-" {
		return unpackStream(root, to, o, name)
	}
	source, st, err := hostSource(from, o.FollowLink)
	if err != nil {
		return err
	}
	defer unix.Close(source.dir)
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	_, content, _ := inside(from)
	where, as, err := containerTarget(root, to, path.Base(path.Clean(from)), isDir, content && isDir, name)
	if err != nil {
		return err
	}
	r, w := io.Pipe()
	defer r.Close()
	go func() { w.CloseWithError(layer.PackFile(w, source.dir, source.base, as)) }()
	return unpackIn(root, where, as, r, o, name)
}

// unpackStream unpacks a tar file that may be compressed, as docker's may.
func unpackStream(root int, to string, o *CopyOptions, name string) error {
	plain, err := archive.NewReader(o.In)
	if err != nil {
		return err
	}
	defer plain.Close()
	return unpackIn(root, to, "", plain, o, name)
}

type hostFile struct {
	dir  int
	base string
}

// hostSource opens the folder that the source is in.
func hostSource(from string, follow bool) (hostFile, unix.Stat_t, error) {
	var st unix.Stat_t
	clean := filepath.Clean(from)
	if follow || strings.HasSuffix(from, "/") || strings.HasSuffix(from, "/.") {
		if real, err := filepath.EvalSymlinks(clean); err == nil {
			clean = real
		}
	}
	if err := unix.Lstat(clean, &st); err != nil {
		return hostFile{}, st, fmt.Errorf("lstat %s: %w", clean, err)
	}
	if strings.HasSuffix(from, "/") && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return hostFile{}, st, fmt.Errorf("%s: not a directory", from)
	}
	dir, err := unix.Open(filepath.Dir(clean), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return hostFile{}, st, fmt.Errorf("open %s: %w", filepath.Dir(clean), err)
	}
	base := filepath.Base(clean)
	if clean == "/" {
		base = "."
	}
	return hostFile{dir, base}, st, nil
}

// containerTarget is hostTarget for a target in a container.
func containerTarget(root int, to, own string, isDir, content bool, name string) (where, as string, err error) {
	clean, _, isFolder := inside(to)
	fd, err := mount.OpenInRoot(root, clean, unix.O_PATH)
	if err == nil {
		var st unix.Stat_t
		err = unix.Fstat(fd, &st)
		unix.Close(fd)
		targetDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
		switch {
		case err != nil:
			return "", "", err
		case targetDir && content:
			return clean, ".", nil
		case targetDir:
			return clean, own, nil
		case isDir:
			return "", "", fmt.Errorf("cannot overwrite non-directory %q with directory %q", clean, own)
		case isFolder:
			return "", "", fmt.Errorf("not a directory: %s", to)
		}
		return path.Dir(clean), path.Base(clean), nil
	}
	if isFolder && !isDir {
		return "", "", fmt.Errorf("no such directory: %s:%s", name, to)
	}
	return path.Dir(clean), path.Base(clean), nil
}

// unpackIn unpacks a tar file in a folder of the container. The files belong to root
// unless the user wants their owners, or the tar file is his own.
func unpackIn(root int, where, as string, r io.Reader, o *CopyOptions, name string) error {
	clean, _, _ := inside(where)
	dir, err := mount.OpenInRoot(root, clean, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return &NoSuchPath{clean, name}
	}
	defer unix.Close(dir)
	if err := mayWrite(root, dir); err != nil {
		return err
	}
	var owner *layer.Owner
	switch {
	case o.user != nil:
		owner = o.user
	case as != "" && !o.Archive:
		owner = &layer.Owner{}
	}
	_, err = layer.Unpack(dir, r, layer.Options{Plain: true, Owner: owner, KeepKind: o.NoOverwriteDirNonDir, Rootless: os.Geteuid() != 0})
	return err
}

// mayWrite refuses, as docker does, to write where the container itself may not.
func mayWrite(root, dir int) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(dir, &fs); err != nil || fs.Flags&unix.ST_RDONLY == 0 {
		return err
	}
	var top, own unix.Statx_t
	err := unix.Statx(root, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &top)
	if err == nil {
		err = unix.Statx(dir, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &own)
	}
	switch {
	case err != nil:
		return err
	case top.Mnt_id == own.Mnt_id:
		return &Invalid{errors.New("container rootfs is marked read-only")}
	}
	return &Invalid{errors.New("mounted volume is marked read-only")}
}
