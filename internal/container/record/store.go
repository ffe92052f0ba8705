package record

import (
	"errors"
	"os"
	"sort"
	"strings"
	"time"

	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

// Errors that callers match by their text.
var (
	ErrNotExist = errors.New("container does not exist")
	ErrExists   = errors.New("container with given ID already exists")
	ErrBusy     = errors.New("the container is in use by another command: try again when that has ended")
)

// patience bounds the wait for another command to give a container free.
const patience = 30 * time.Second

// File is an open record.
type File struct {
	*Record
	path string
	fd   int
	conf [2]int // offset and length of the config
}

// Create reserves the id of r below root, locks it and writes it. Nothing of the container
// may exist before.
func Create(root string, r *Record, config []byte) (*File, error) {
	f := &File{Record: r, path: root + "/" + r.ID, fd: -1}
	err := f.reserve(root)
	if err != nil {
		return nil, err
	}
	b := r.Encode(config)
	f.conf = [2]int{len(b) - len(config), len(config)}
	if err := writeAt(f.fd, b, 0); err != nil {
		f.Remove()
		return nil, &os.PathError{Op: "write", Path: f.path, Err: err}
	}
	return f, nil
}

func (f *File) reserve(root string) (err error) {
	const flags = unix.O_RDWR | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC | unix.O_NOFOLLOW
	f.fd, err = open(f.path, flags)
	if err == unix.ENOENT {
		if err := os.MkdirAll(root, 0o711); err != nil {
			return err
		}
		f.fd, err = open(f.path, flags)
	}
	if err == unix.EEXIST {
		return ErrExists
	}
	if err != nil {
		return &os.PathError{Op: "create", Path: f.path, Err: err}
	}
	return f.lock()
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags, 0o600)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func writeAt(fd int, b []byte, at int64) error {
	for len(b) > 0 {
		n, err := unix.Pwrite(fd, b, at)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b, at = b[n:], at+int64(n)
	}
	return nil
}

// Open reads the record of id without a lock.
func Open(root, id string) (*File, error) {
	f := &File{path: root + "/" + id, fd: -1}
	var err error
	f.fd, err = open(f.path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW)
	if err == unix.EACCES || err == unix.EROFS {
		f.fd, err = open(f.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW)
	}
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil, ErrNotExist
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: f.path, Err: err}
	}
	if err := f.read(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Lock reads the record of id and holds its lock until Close.
func Lock(root, id string) (*File, error) {
	f, err := Open(root, id)
	if err != nil {
		return nil, err
	}
	if err := f.Lock(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Lock takes the lock of an open record and reads it again.
func (f *File) Lock() error {
	if err := f.lock(); err != nil {
		return err
	}
	return f.read()
}

// Unlock lets other verbs work on the container; the file stays open.
func (f *File) Unlock() {
	_ = unix.FcntlFlock(uintptr(f.fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_UNLCK})
}

// lock waits for the file's lock (fcntl(2), F_SETLK: unlike a flock it stays behind when init, which inherits the
// descriptor, is forked). A file that was removed meanwhile is no container.
func (f *File) lock() error {
	end, wait := time.Now().Add(patience), 100*time.Microsecond
	for {
		err := unix.FcntlFlock(uintptr(f.fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
		if err == nil {
			break
		}
		if err != unix.EAGAIN && err != unix.EACCES && err != unix.EINTR {
			return &os.PathError{Op: "lock", Path: f.path, Err: err}
		}
		if time.Now().After(end) {
			return ErrBusy
		}
		time.Sleep(wait)
		wait = min(2*wait, 10*time.Millisecond)
	}
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return &os.PathError{Op: "stat", Path: f.path, Err: err}
	}
	if st.Nlink == 0 {
		return ErrNotExist
	}
	return nil
}

// read fills Record. A slot that is being written reads as damaged for a moment.
func (f *File) read() error {
	var err error
	for range 50 {
		if err = f.readOnce(); err != ErrDamaged {
			return err
		}
		if f.Record != nil {
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(f.fd, &st) == nil && st.Size == 0 {
			break // its maker has reserved the name alone
		}
	}
	return err
}

func (f *File) readOnce() error {
	buf := make([]byte, 4096)
	n, err := readAt(f.fd, buf, 0)
	if err != nil {
		return &os.PathError{Op: "read", Path: f.path, Err: err}
	}
	if n < prelude {
		return ErrDamaged
	}
	head, config, err := sizes(buf)
	if err != nil {
		return err
	}
	if prelude+head > n {
		buf = append(buf[:n], make([]byte, prelude+head-n)...)
		if n, err = readAt(f.fd, buf, 0); err != nil {
			return &os.PathError{Op: "read", Path: f.path, Err: err}
		}
	}
	r, err := Decode(buf[:n])
	if err != nil {
		return err
	}
	f.Record, f.conf = r, [2]int{prelude + head, config}
	return nil
}

// readAt fills b as far as the file goes.
func readAt(fd int, b []byte, at int64) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.Pread(fd, b[done:], at+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, err
		}
		if n == 0 {
			break
		}
		done += n
	}
	return done, nil
}

// Config reads the config that the container was created with.
func (f *File) Config() ([]byte, error) {
	b := make([]byte, f.conf[1])
	n, err := readAt(f.fd, b, int64(f.conf[0]))
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: f.path, Err: err}
	}
	if n != len(b) {
		return nil, ErrDamaged
	}
	return b, nil
}

// Set changes the slot, here and on disk.
func (f *File) Set(s Slot) error {
	b := s.encode()
	if err := writeAt(f.fd, b[:], 0); err != nil {
		return &os.PathError{Op: "write", Path: f.path, Err: err}
	}
	f.Slot = s
	return nil
}

// SetGroup notes a cgroup that came out otherwise than it was named: with less, or by systemd's choice.
func (f *File) SetGroup(g cgroup.State, config []byte) error {
	if sameGroup(&f.Cgroup, &g) {
		return nil
	}
	f.Cgroup = g
	b := f.Encode(config)
	f.conf = [2]int{len(b) - len(config), len(config)}
	if err := writeAt(f.fd, b, 0); err != nil {
		return &os.PathError{Op: "write", Path: f.path, Err: err}
	}
	return nil
}

func sameGroup(a, b *cgroup.State) bool {
	if a.Unit != b.Unit || a.Slice != b.Slice || len(a.Members) != len(b.Members) {
		return false
	}
	for i := range a.Members {
		if a.Members[i] != b.Members[i] {
			return false
		}
	}
	return true
}

// Remove removes the record and gives the id free. The container must be gone.
func (f *File) Remove() error {
	err := unix.Unlink(f.path)
	f.Close()
	if err != nil && err != unix.ENOENT {
		return &os.PathError{Op: "remove", Path: f.path, Err: err}
	}
	return nil
}

// Close gives descriptor and lock free.
func (f *File) Close() {
	if f.fd >= 0 {
		f.Unlock() // a waiting init still has its copy of the descriptor, and a flock lives as long as the last copy
		unix.Close(f.fd)
		f.fd = -1
	}
}

// Discard removes a damaged record, unless somebody is writing it.
func Discard(root, id string) error {
	f := &File{path: root + "/" + id, fd: -1}
	var err error
	if f.fd, err = open(f.path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW); err != nil {
		return ErrNotExist
	}
	if err := f.lock(); err != nil {
		f.Close()
		return err
	}
	return f.Remove()
}

// List returns the ids below root, sorted.
func List(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			ids = append(ids, e.Name())
		}
	}
	sort.Strings(ids)
	return ids, nil
}
