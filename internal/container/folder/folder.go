package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Store is all containers below one root.
type Store struct{ Root string }

// Folder is one container's place on disk.
type Folder struct{ Dir string }

// Open makes sure that the places for containers and names exist.
func Open(root string) (*Store, error) {
	for _, d := range [...]string{root + "/containers", root + "/names"} {
		if err := os.MkdirAll(d, 0o710); err != nil {
			return nil, fmt.Errorf("prepare root %s: %w", root, err)
		}
	}
	return &Store{root}, nil
}

// Folder returns the place of the container with that full id.
func (s *Store) Folder(id string) Folder { return Folder{s.Root + "/containers/" + id} }

// ID is the container's id.
func (f Folder) ID() string { return f.Dir[strings.LastIndexByte(f.Dir, '/')+1:] }

// Path names a file in the folder.
func (f Folder) Path(name string) string { return f.Dir + "/" + name }

// Log is the json-file log, named as docker does.
func (f Folder) Log() string { return f.Path(f.ID() + "-json.log") }

// Create makes the folder of a new container and returns it locked.
func (s *Store) Create(id string) (Folder, *Lock, error) {
	f := s.Folder(id)
	for {
		if err := unix.Mkdir(f.Dir, 0o710); err != nil {
			return f, nil, fmt.Errorf("create container folder %s: %w", f.Dir, err)
		}
		// A concurrent List may have cleared the folder before it was locked.
		if l, err := f.Lock(); !errors.Is(err, os.ErrNotExist) {
			return f, l, err
		}
	}
}

// ReadRecord reads what was asked for.
func (f Folder) ReadRecord() (*Record, error) {
	r := new(Record)
	return r, f.read("record.json", r.decode)
}

// WriteRecord replaces the record. durable: it survives a power cut.
func (f Folder) WriteRecord(r *Record, durable bool) error {
	return f.replace("record.json", r.encode(), 0o600, durable)
}

// ReadState reads what became of it. A container without one is created.
func (f Folder) ReadState() (*State, error) {
	st := &State{Status: Created}
	err := f.read("state.json", st.decode)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return st, err
}

// WriteState replaces the state; only the holder of the lock does.
func (f Folder) WriteState(st *State, durable bool) error {
	return f.replace("state.json", st.encode(), 0o600, durable)
}

func (f Folder) read(name string, decode func([]byte) error) error {
	b, err := os.ReadFile(f.Path(name))
	if err != nil {
		return err
	}
	if err := decode(b); err != nil {
		return fmt.Errorf("read %s: %w", f.Path(name), err)
	}
	return nil
}

// replace replaces a file at once: temporary, fsync where asked, rename.
func (f Folder) replace(name string, b []byte, mode uint32, durable bool) error {
	tmp := f.Path("." + name)
	err := WriteFile(tmp, b, mode, durable)
	if err == nil {
		err = unix.Rename(tmp, f.Path(name))
	}
	if err == nil && durable {
		err = syncDir(f.Dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path(name), err)
	}
	return nil
}

// WriteFile writes a whole file without the poller that package os sets up.
func WriteFile(path string, b []byte, mode uint32, durable bool) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	if durable {
		return unix.Fsync(fd)
	}
	return nil
}

func syncDir(dir string) error {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fsync(fd)
}
