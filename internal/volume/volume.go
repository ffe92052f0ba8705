// Package volume keeps named folders that outlive containers.
//
//	ROOT/volumes/NAME/volume.json  driver, labels, options; written once, before the volume has its name
//	ROOT/volumes/NAME/_data        the content of a volume without mount options
//	ROOT/volumes/NAME/.copy        the image's content on its way into _data: see [Volume.Fill]
//	ROOT/volumes/.new-*, .gone-*   a volume in the making, or one that is being removed
//
// A volume gets its name by one rename and loses it by another, so it is there whole or not at
// all. Who uses it stands in the containers' records and nowhere else: whatever is killed, no
// count goes wrong. A container's record is written before its volumes are looked up
// ([Store.Ensure]), and a removal reads the records under the volume's lock: one of both sees the other.
package volume

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Driver is the only one that there is.
const Driver = "local"

// AnonymousLabel marks volumes that nobody gave a name, as docker does.
const AnonymousLabel = "com.docker.volume.anonymous"

// Store is all volumes below one root.
type Store struct{ Root string }

// Record is what a volume is made of; volume.json, docker's names.
type Record struct {
	Name      string
	Driver    string
	CreatedAt time.Time
	Labels    map[string]string
	Options   map[string]string // type, device, o: see [Record.Mount]
}

func (r *Record) members(f *statefile.Fields) {
	f.Str("Name", &r.Name)
	f.Str("Driver", &r.Driver)
	f.Time("CreatedAt", &r.CreatedAt)
	f.Dict("Labels", &r.Labels)
	f.Dict("Options", &r.Options)
}

// Volume is one that exists.
type Volume struct {
	Record
	Dir string
}

// Data is the folder of the content of a volume without mount options.
func (v *Volume) Data() string { return v.Dir + "/_data" }

// NotFound is docker's error for a volume that is not there.
type NotFound struct{ Name string }

func (e *NotFound) Error() string { return "get " + e.Name + ": no such volume" }

// InUse says which containers have the volume.
type InUse struct {
	Name string
	IDs  []string
}

func (e *InUse) Error() string {
	return "remove " + e.Name + ": volume is in use - [" + strings.Join(e.IDs, ", ") + "]"
}

// NewName draws the name of an anonymous volume.
func NewName() string { return statefile.NewID() }

// CheckName reports whether docker would accept the name: [a-zA-Z0-9][a-zA-Z0-9_.-]+.
func CheckName(name string) error {
	if len(name) == 1 {
		return errors.New("create " + name + ": volume name is too short, names should be at least two alphanumeric characters")
	}
	ok := len(name) < 256
	for i := 0; i < len(name) && ok; i++ {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = alnum || i > 0 && (c == '_' || c == '.' || c == '-')
	}
	if !ok || name == "" {
		return fmt.Errorf("create %s: %q includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path", name, name)
	}
	return nil
}

func (s *Store) path(name string) string { return s.Root + "/volumes/" + name }

// Get finds a volume.
func (s *Store) Get(name string) (*Volume, error) {
	if CheckName(name) != nil {
		return nil, &NotFound{name}
	}
	v := &Volume{Dir: s.path(name)}
	err := statefile.Read(v.Dir+"/volume.json", v.members)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, &NotFound{name}
	}
	return v, err
}

// List returns all volumes by name, and clears away what killed commands left.
func (s *Store) List() ([]*Volume, error) {
	entries, err := os.ReadDir(s.Root + "/volumes")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var list []*Volume
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			s.clear(e.Name())
			continue
		}
		v, err := s.Get(e.Name())
		var gone *NotFound
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *Volume) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// clear removes a folder that nobody works on.
func (s *Store) clear(name string) {
	l, err := lock(s.path(name), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return
	}
	defer l.Free()
	_ = os.RemoveAll(s.path(name))
}

// Ensure finds the volume or makes it; made says which. The volume can't be removed by somebody who
// read the containers' records before the caller wrote its own.
func (s *Store) Ensure(r Record) (v *Volume, made bool, err error) {
	for {
		v, err := s.Get(r.Name)
		var missing *NotFound
		switch {
		case err == nil:
			l, err := v.lock(unix.LOCK_SH)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			l.Free()
			return v, false, err
		case !errors.As(err, &missing):
			return nil, false, err
		}
		v, err = s.make(r)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		return v, err == nil, err
	}
}

// make makes a new volume under another name and then gives it its own.
func (s *Store) make(r Record) (*Volume, error) {
	if err := os.MkdirAll(s.Root+"/volumes", 0o701); err != nil {
		return nil, err
	}
	tmp, l, err := s.draft()
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", r.Name, err)
	}
	defer l.Free()
	if err = r.write(tmp); err == nil {
		err = unix.Renameat2(unix.AT_FDCWD, tmp, unix.AT_FDCWD, s.path(r.Name), unix.RENAME_NOREPLACE)
	}
	if err != nil {
		_ = os.RemoveAll(tmp)
		return nil, fmt.Errorf("create %s: %w", r.Name, err)
	}
	return &Volume{Record: r, Dir: s.path(r.Name)}, syncFolder(s.Root + "/volumes")
}

// draft makes a folder without a name. Until it has one a concurrent List must not clear
// it, so it is locked; one that was cleared before that is made again.
func (s *Store) draft() (string, *Lock, error) {
	for {
		tmp := s.path(".new-" + NewName()[:16])
		if err := os.Mkdir(tmp, 0o701); err != nil {
			return "", nil, err
		}
		if l, err := lock(tmp, unix.LOCK_EX); !errors.Is(err, os.ErrNotExist) {
			return tmp, l, err
		}
	}
}

func (r *Record) write(dir string) error {
	if err := os.Mkdir(dir+"/_data", 0o755); err != nil {
		return err
	}
	return statefile.Replace(dir, "volume.json", statefile.Encode(r.members), 0o600, true)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Remove removes a volume unless users, asked under the volume's lock, names containers that have it.
func (s *Store) Remove(name string, users func() ([]string, error)) error {
	v, err := s.Get(name)
	if err != nil {
		return err
	}
	l, err := v.lock(unix.LOCK_EX)
	if errors.Is(err, os.ErrNotExist) {
		return &NotFound{name}
	}
	if err != nil {
		return err
	}
	defer l.Free()
	ids, err := users()
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		return &InUse{name, ids}
	}
	gone := s.path(".gone-" + NewName()[:16])
	if err := os.Rename(v.Dir, gone); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}
