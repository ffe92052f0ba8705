package tree

import (
	"strings"
	"syscall"
)

// MakeAll makes a folder and those above it that are missing. made, if not nil, is
// told each one. A path that ends in a slash is one that something is put into. The path of the error is that of the folder that couldn't be made.
func MakeAll(path string, made func(string)) (failed string, err error) {
	for end := 0; end < len(path); {
		// Up to and with the next slashes, as BusyBox cuts it.
		if i := strings.IndexByte(path[end:], '/'); i < 0 {
			end = len(path)
		} else {
			for end += i; end < len(path) && path[end] == '/'; end++ {
			}
		}
		part := path[:end]
		if part == "/" || part == "." || part == "./" {
			continue
		}
		switch err := Make(part, end < len(path) || part[end-1] == '/'); {
		case err == nil && made != nil:
			made(part)
		case err != nil && err != syscall.EEXIST:
			return part, err
		}
	}
	return "", nil
}

// Make makes a folder. For one that others are put into the umask doesn't take the
// owner's rights. EEXIST is returned only for a folder: another file is ENOTDIR or
// whatever mkdir says.
func Make(path string, upper bool) error {
	var st syscall.Stat_t
	err := syscall.Mkdir(path, 0o777)
	switch err {
	case nil:
		if upper && syscall.Stat(path, &st) == nil && st.Mode&0o300 != 0o300 {
			syscall.Chmod(path, st.Mode&0o7777|0o300)
		}
		return nil
	case syscall.EEXIST, syscall.EISDIR, syscall.EROFS:
		if e := syscall.Stat(path, &st); e != nil {
			return e
		}
		if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			return syscall.EEXIST
		}
		if err == syscall.EEXIST && upper {
			return syscall.ENOTDIR
		}
	}
	return err
}
