package record

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

func sample(id string) *Record {
	return &Record{
		Slot: Slot{Status: Created, Pid: 7, Start: 99}, ID: id, Version: "1.2.0", Bundle: "/b", Rootfs: "/b/rootfs", Created: 5, Owner: 3,
		Flags: Poststop | OwnPID, ExeDev: 1, ExeIno: 2, Comm: "x", Closid: "c",
		Cgroup:      cgroup.State{Mode: cgroup.Hybrid, Members: []cgroup.Member{{Controllers: cgroup.CPU, Path: "/c"}, {Controllers: cgroup.Unified, Path: "/u"}}, Unit: "u", Slice: "s", Explicit: true},
		Annotations: []Pair{{"a", "1"}, {"b", ""}},
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample("x")
	got, err := Decode(want.Encode([]byte("{}")))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
}

func TestEveryCutIsDamage(t *testing.T) {
	b := sample("x").Encode(nil)
	for n := range b {
		if _, err := Decode(b[:n]); err != ErrDamaged {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(b), err)
		}
	}
	for i := range b {
		if i >= 28 && i < slotSize { // unused
			continue
		}
		c := append([]byte{}, b...)
		c[i] ^= 0x40
		if r, err := Decode(c); err == nil && i >= prelude {
			t.Fatalf("byte %d changed: read %+v", i, r)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample("x").Encode([]byte("{}")))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(r.Encode(nil))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%v: %+v and %+v", err, r, again)
		}
	})
}

func TestLifeOnDisk(t *testing.T) {
	root := filepath.Join(t.TempDir(), "deep", "root")
	if _, err := Open(root, "x"); err != ErrNotExist {
		t.Fatalf("open what is not there: %v", err)
	}
	config := make([]byte, 10000)
	config[9999] = 'z'
	f, err := Create(root, sample("x"), config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, sample("x"), nil); err != ErrExists {
		t.Errorf("second create: %v", err)
	}
	if err := f.Set(Slot{Status: Started, Pid: 8, Start: 100}); err != nil {
		t.Fatal(err)
	}
	g := f.Cgroup
	g.Unit = "other.scope"
	if err := f.SetGroup(g, config); err != nil {
		t.Fatal(err)
	}
	o, err := Open(root, "x")
	if err != nil || o.Pid != 8 || o.Status != Started || o.Cgroup.Unit != "other.scope" {
		t.Fatalf("%v: %+v", err, o)
	}
	b, err := o.Config()
	if err != nil || len(b) != 10000 || b[9999] != 'z' {
		t.Errorf("config: %v, %d bytes", err, len(b))
	}
	o.Close()
	if ids, err := List(root); err != nil || len(ids) != 1 || ids[0] != "x" {
		t.Errorf("list: %v %v", ids, err)
	}
	if err := f.Remove(); err != nil {
		t.Fatal(err)
	}
	if ids, err := List(root); err != nil || len(ids) != 0 {
		t.Errorf("list after remove: %v %v", ids, err)
	}
}

func TestLongHead(t *testing.T) {
	root := t.TempDir()
	r := sample("x")
	r.Bundle = "/" + string(make([]byte, 20000))
	f, err := Create(root, r, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	o, err := Open(root, "x")
	if err != nil || o.Bundle != r.Bundle {
		t.Fatalf("%v", err)
	}
	o.Close()
}

func TestDamagedIsDiscarded(t *testing.T) {
	root := t.TempDir()
	for _, content := range []string{"", "rubbish", magic} {
		if err := os.WriteFile(filepath.Join(root, "x"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(root, "x"); err != ErrDamaged {
			t.Errorf("%q: %v", content, err)
		}
		if err := Discard(root, "x"); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := Discard(root, "x"); err != ErrNotExist {
		t.Errorf("discard nothing: %v", err)
	}
}

// A slot that is read while it is written is never half of one and half of the other.
func TestReadersSeeWholeSlots(t *testing.T) {
	root := t.TempDir()
	f, err := Create(root, sample("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for i := range 2000 {
			if err := f.Set(Slot{Status: Started, Pid: i + 1, Start: uint64(i + 1)}); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 500 {
		o, err := Open(root, "x")
		if err != nil {
			t.Error(err)
			break
		}
		if uint64(o.Pid) != o.Start && o.Pid != 7 {
			t.Errorf("pid %d with start %d", o.Pid, o.Start)
		}
		o.Close()
	}
	wg.Wait()
}

func TestParseStat(t *testing.T) {
	line := "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21\n"
	if start, alive := parseStat([]byte(line)); start != 4242 || !alive {
		t.Errorf("%d %v", start, alive)
	}
	if _, alive := parseStat([]byte("12 (z) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20\n")); alive {
		t.Error("a zombie lives")
	}
	for _, bad := range []string{"", "12", "12 (x", "12 (x)", "12 (x) S", "12 (x) S 1 2"} {
		if start, _ := parseStat([]byte(bad)); start != 0 {
			t.Errorf("%q: %d", bad, start)
		}
	}
}

func TestStateFollowsTheProcess(t *testing.T) {
	cmd := exec.Command("/bin/sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start, ok := StartTime(cmd.Process.Pid)
	if !ok {
		t.Fatal("no start time")
	}
	r := sample("x")
	r.Slot = Slot{Status: Created, Pid: cmd.Process.Pid, Start: start}
	if s := r.State(); s != StateCreated {
		t.Errorf("created: %s", s)
	}
	r.Status = Starting // sleep is not the runtime's file
	if s := r.State(); s != StateRunning {
		t.Errorf("starting, executed: %s", s)
	}
	r.Start++
	if s := r.State(); s != StateStopped {
		t.Errorf("another process of that pid: %s", s)
	}
	r.Start--
	if err := unix.Kill(r.Pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s := r.State(); s != StateStopped {
		t.Errorf("killed: %s", s)
	}
	if s := (&Record{Slot: Slot{Status: Creating}}).State(); s != StateCreating {
		t.Errorf("no process yet: %s", s)
	}
}

func TestTransitions(t *testing.T) {
	for _, c := range []struct {
		s                               State
		start, signal, exec, pause, del bool
	}{
		{StateCreating, false, false, false, false, true},
		{StateCreated, true, true, true, true, false},
		{StateRunning, false, true, true, true, false},
		{StatePaused, false, true, false, false, false},
		{StateStopped, false, false, false, false, true},
	} {
		got := [...]bool{c.s.CanStart(), c.s.CanSignal(), c.s.CanExec(), c.s.CanPause(), c.s.CanDelete()}
		if want := [...]bool{c.start, c.signal, c.exec, c.pause, c.del}; got != want {
			t.Errorf("%s: %v, want %v", c.s, got, want)
		}
	}
}
