package applet

import (
	"io"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// OpenFile opens a file with open(2)'s flags, close-on-exec.
func OpenFile(path string, flags int, perm uint32) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, perm)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

// OpenAt is OpenFile relative to a folder's descriptor.
func OpenAt(dir int, path string, flags int, perm uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, path, flags|syscall.O_CLOEXEC, perm)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

// ReadFd reads once, again after a signal.
func ReadFd(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, p)
		if err == syscall.EINTR {
			continue
		}
		return max(n, 0), err
	}
}

// WriteFd writes all of p.
func WriteFd(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := syscall.Write(fd, p)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// ReadFile reads a whole file.
func ReadFile(path string) ([]byte, error) {
	fd, err := OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	return ReadAll(fd)
}

// ReadAll reads a descriptor to its end.
func ReadAll(fd int) ([]byte, error) {
	buf := make([]byte, 0, 1024)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := ReadFd(fd, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil || n == 0 {
			return buf, err
		}
	}
}

// WriteFile writes a whole file, which it makes or empties.
func WriteFile(path string, data []byte, perm uint32) error {
	out, err := Create(path, perm)
	if err != nil {
		return err
	}
	out.Write(data)
	return out.Close()
}

// ReadString reads a small file of the kernel's without the white space at its end,
// "" if it can't be read.
func ReadString(path string) string {
	data, _ := ReadFile(path)
	return strings.TrimRight(string(data), " \n\x00")
}

// Dirent is an entry of a folder. Type is DT_REG and so on, DT_UNKNOWN where
// the file system doesn't tell.
type Dirent struct {
	Name string
	Ino  uint64
	Type uint8
}

// ReadDir returns a folder's entries in the file system's order, without . and .. .
func ReadDir(path string) ([]Dirent, error) {
	fd, err := OpenFile(path, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	return ReadDirFd(fd)
}

// ReadDirFd is ReadDir of an open folder, from where it stands.
func ReadDirFd(fd int) ([]Dirent, error) {
	var entries []Dirent
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return entries, err
		}
		for p := buf[:n]; len(p) > 0; {
			d := (*syscall.Dirent)(unsafe.Pointer(&p[0]))
			name := p[unsafe.Offsetof(d.Name):d.Reclen]
			if i := strings.IndexByte(unsafe.String(&name[0], len(name)), 0); i >= 0 {
				name = name[:i]
			}
			if s := string(name); s != "." && s != ".." {
				entries = append(entries, Dirent{s, d.Ino, d.Type})
			}
			p = p[d.Reclen:]
		}
	}
}

// Readlink returns a link's target.
func Readlink(path string) (string, error) {
	for size := 128; ; size *= 2 {
		buf := make([]byte, size)
		n, err := syscall.Readlink(path, buf)
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// Exists says whether a path leads to a file.
func Exists(path string) bool { return syscall.Access(path, 0) == nil }

// Base returns the last element of a path, as basename(1) does.
//
//go:noinline
func Base(path string) string {
	for len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	if i := strings.LastIndexByte(path, '/'); i >= 0 && len(path) > 1 {
		path = path[i+1:]
	}
	return path
}

// Join puts a name below a folder.
//
//go:noinline
func Join(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// IsTerminal says whether the descriptor is a terminal.
func IsTerminal(fd int) bool {
	var t unix.Termios
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.TCGETS, uintptr(unsafe.Pointer(&t)))
	return e == 0
}

// Copy writes all of in to o and returns the number of bytes. Between two
// descriptors the kernel copies where it can.
func (o *Out) Copy(in *In) (int64, error) {
	var total int64
	if in.r < in.w {
		n, _ := o.Write(in.Buffered())
		in.r = in.w
		total = int64(n)
	}
	if o.fd >= 0 && in.fd >= 0 {
		if err := o.Flush(); err != nil {
			return total, err
		}
		total += kernelCopy(o.fd, in.fd, 1<<62)
	}
	for {
		p, err := in.Chunk()
		if len(p) == 0 || err != nil {
			return total, err
		}
		o.Write(p)
		total += int64(len(p))
		if o.err != nil {
			return total, o.err
		}
		if o.fd >= 0 {
			o.Flush()
		}
	}
}

// CopyFrom copies up to size bytes of the descriptor the fastest way and returns how many
// it did; what is missing is to be read and written.
func (o *Out) CopyFrom(fd int, size int64) int64 {
	if o.fd < 0 || o.Flush() != nil {
		return 0
	}
	return kernelCopy(o.fd, fd, size)
}

// kernelCopy copies up to size bytes by sendfile, without bringing them here, and returns how many it did. The rest is
// to be read and written, if only to see which of the two fails: sendfile doesn't say. Files of the kernel
// (proc) say to it that they are empty. A pipe would hold the file's own pages, in which its reader sees what is
// written to the file afterwards.
func kernelCopy(to, from int, size int64) (n int64) {
	var st syscall.Stat_t
	if syscall.Fstat(to, &st) != nil || st.Mode&syscall.S_IFMT == syscall.S_IFIFO {
		return 0
	}
	const most = 16 << 20 // each call may cost the thread its place in the scheduler
	for n < size {
		k, err := syscall.Sendfile(to, from, nil, int(min(size-n, most)))
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil || k == 0 {
			break
		}
		n += int64(k)
	}
	return n
}

var _ io.Reader = (*In)(nil)
