package folder

import (
	"errors"
	"os"
	"reflect"
	"sync"
	"testing"

	"bantam/internal/statefile"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// add makes a container as run does and frees its lock.
func add(t *testing.T, s *Store, id, name string) Folder {
	t.Helper()
	f, l, err := s.Create(id)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Free()
	if err := s.Reserve(name, id); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteRecord(&Record{ID: id, Name: name}, false); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFind(t *testing.T) {
	s := open(t)
	a := add(t, s, "aa11", "one")
	b := add(t, s, "aa22", "two")
	for text, want := range map[string]Folder{"one": a, "/two": b, "aa1": a, "aa22": b} {
		if got, err := s.Find(text); err != nil || got != want {
			t.Errorf("Find(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	if _, err := s.Find("aa"); err == nil || err.Error() != "multiple IDs found with provided prefix: aa" {
		t.Errorf("ambiguous prefix: %v", err)
	}
	for _, text := range []string{"", "x", "../one", "aa11\x00"} {
		var nf *NotFound
		if _, err := s.Find(text); !errors.As(err, &nf) {
			t.Errorf("Find(%q) = %v, want NotFound", text, err)
		}
	}
}

func TestNameIsExclusive(t *testing.T) {
	s := open(t)
	var won sync.Map
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			id := statefile.NewID()
			f, l, err := s.Create(id)
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Free()
			if err := s.Reserve("name", id); err == nil {
				won.Store(id, true)
				f.WriteRecord(&Record{ID: id, Name: "name"}, false)
				return
			}
			s.Remove(f, "")
		})
	}
	wg.Wait()
	n := 0
	won.Range(func(id, _ any) bool {
		n++
		if owner, _ := s.Owner("name"); owner != id {
			t.Errorf("name belongs to %v, winner was %v", owner, id)
		}
		return true
	})
	if n != 1 {
		t.Errorf("%d creations got the name, want 1", n)
	}
}

// A creation killed between any two of its steps leaves nothing in the way.
func TestInterruptedCreation(t *testing.T) {
	s := open(t)
	_, l, err := s.Create("dead")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reserve("n", "dead"); err != nil {
		t.Fatal(err)
	}
	var taken *NameTaken
	if err := s.Reserve("n", "next"); !errors.As(err, &taken) {
		t.Fatalf("name of a creation under way: %v, want NameTaken", err)
	}
	l.Free() // what the kernel does for a killed process
	if err := s.Reserve("n", "next"); err != nil {
		t.Fatalf("name of a dead creation: %v", err)
	}
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("List = %v, %v, want none", list, err)
	}
	if _, err := os.Stat(s.Folder("dead").Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder of a dead creation is still there: %v", err)
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	s := open(t)
	f := add(t, s, "a", "n")
	for _, d := range []string{"upper/etc", "work/work"} {
		os.MkdirAll(f.Path(d), 0o755)
	}
	os.WriteFile(f.Path("upper/etc/x"), nil, 0o600)
	if err := s.Remove(f, "n"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"containers", "names"} {
		if e, err := os.ReadDir(s.Root + "/" + d); err != nil || len(e) != 0 {
			t.Errorf("%s holds %v (%v), want nothing", d, e, err)
		}
	}
}

func TestStateRoundTrip(t *testing.T) {
	s := open(t)
	f := add(t, s, "a", "n")
	if st, err := f.ReadState(); err != nil || st.Status != Created {
		t.Fatalf("state of a new container: %+v, %v", st, err)
	}
	start, ok := StartTime(os.Getpid())
	if !ok {
		t.Fatal("own start time not found")
	}
	in := &State{Status: Running, Pid: os.Getpid(), PidStart: start, Boot: Boot()}
	if err := f.WriteState(in, true); err != nil {
		t.Fatal(err)
	}
	st, err := f.ReadState()
	if err != nil || !reflect.DeepEqual(st, in) || !st.Alive() {
		t.Errorf("read back %+v, %v, alive %v", st, err, st.Alive())
	}
	st.PidStart++
	if st.Alive() {
		t.Error("a process with another start time counts as ours")
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{"ab": true, "a.b-c_d": true, "a": false, "": false, "_a": false, "a/b": false, "ä": false} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}
