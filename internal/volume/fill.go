package volume

import (
	"errors"
	"fmt"
	"io"
	"os"

	"bantam/internal/linux/copytree"

	"golang.org/x/sys/unix"
)

// Fill copies the folder from, an image's, into a volume that is empty. The caller holds the
// volume's lock. It copies into a folder beside the content, names that when it is complete and
// moves the entries: whoever is killed meanwhile, the next Fill finishes or begins anew, and a
// container that already has the empty volume sees no half of it.
func (v *Volume) Fill(from int) error {
	if m, err := v.Mount(); err != nil || m != nil {
		return err
	}
	copied, tmp := v.Dir+"/.copy", v.Dir+"/.copy-new"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if _, err := os.Lstat(copied); errors.Is(err, os.ErrNotExist) {
		empty, err := isEmpty(v.Data())
		if err != nil || !empty {
			return err
		}
		if err := copyBeside(from, tmp, copied); err != nil {
			_ = os.RemoveAll(tmp)
			return fmt.Errorf("copy the image's content into the volume %s: %w", v.Name, err)
		}
	}
	return moveAll(copied, v.Data())
}

// Filled says that there is nothing to do for [Volume.Fill].
func (v *Volume) Filled() bool {
	if m, err := v.Mount(); err != nil || m != nil {
		return false
	}
	_, err := os.Lstat(v.Dir + "/.copy")
	empty, bad := isEmpty(v.Data())
	return errors.Is(err, os.ErrNotExist) && bad == nil && !empty
}

// FillFolder copies the folder from into another that is empty: a volume that is somewhere else.
func FillFolder(from, to int) error {
	dir, err := unix.Openat(to, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(dir), "volume")
	defer f.Close()
	if names, err := f.Readdirnames(1); len(names) > 0 {
		return nil
	} else if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := copytree.Copy(from, to); err != nil {
		return err
	}
	return copytree.Attributes(from, to)
}

func copyBeside(from int, tmp, copied string) error {
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	to, err := unix.Open(tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if err := copytree.Copy(from, to); err != nil {
		return err
	}
	if err := copytree.Attributes(from, to); err != nil {
		return err
	}
	return os.Rename(tmp, copied)
}

// moveAll moves the entries of a folder into another; what a container made there
// meanwhile stays. The folder's own attributes come last.
func moveAll(from, to string) error {
	src, err := unix.Open(from, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: from, Err: err}
	}
	dir := os.NewFile(uintptr(src), from)
	defer dir.Close()
	dst, err := unix.Open(to, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: to, Err: err}
	}
	defer unix.Close(dst)
	var st unix.Stat_t
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	times := []unix.Timespec{st.Atim, st.Mtim}
	if err := copytree.Attributes(src, dst); err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, n := range names {
		err := unix.Renameat2(src, n, dst, n, unix.RENAME_NOREPLACE)
		if err != nil && err != unix.EEXIST {
			return &os.PathError{Op: "move", Path: to + "/" + n, Err: err}
		}
	}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, to, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	return os.RemoveAll(from)
}

func isEmpty(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	_, err = f.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}
