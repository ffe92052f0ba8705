package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"bantam/internal/statefile"

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

const (
	recordFile = "record.json"
	stateFile  = "state.json"
)

// ReadRecord reads what was asked for.
func (f Folder) ReadRecord() (*Record, error) {
	r := new(Record)
	return r, statefile.Read(f.Path(recordFile), r.members)
}

// WriteRecord replaces the record. durable: it survives a power cut.
func (f Folder) WriteRecord(r *Record, durable bool) error {
	return f.replace(recordFile, r.members, durable)
}

// ReadState reads what became of it. A container without one is created.
func (f Folder) ReadState() (*State, error) {
	st := &State{Status: Created}
	err := statefile.Read(f.Path(stateFile), st.members)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return st, err
}

// WriteState replaces the state; only the holder of the lock does.
func (f Folder) WriteState(st *State, durable bool) error {
	return f.replace(stateFile, st.members, durable)
}

// replace replaces a file at once: temporary, fsync where asked, rename.
func (f Folder) replace(name string, m statefile.Members, durable bool) error {
	return statefile.Replace(f.Dir, name, statefile.Encode(m), 0o600, durable)
}
