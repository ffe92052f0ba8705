package volume

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func record(name string) Record {
	return Record{Name: name, Driver: Driver, CreatedAt: time.Unix(5, 0).UTC(), Labels: map[string]string{"a": "b"}}
}

func nobody() ([]string, error) { return nil, nil }

func ensure(t *testing.T, s *Store, name string) *Volume {
	t.Helper()
	v, _, err := s.Ensure(record(name))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func open(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestLifeOfAVolume(t *testing.T) {
	s := &Store{t.TempDir()}
	ensure(t, s, "hen")
	v, made, err := s.Ensure(Record{Name: "hen", Driver: Driver})
	if err != nil || made || !cmp.Equal(v.Record, record("hen")) {
		t.Errorf("second time: %+v, %v, %v", v, made, err)
	}
	if err := s.Remove("hen", func() ([]string, error) { return []string{"id1", "id2"}, nil }); err == nil || err.Error() != "remove hen: volume is in use - [id1, id2]" {
		t.Errorf("used: %v", err)
	}
	if err := s.Remove("hen", nobody); err != nil {
		t.Error(err)
	}
	var gone *NotFound
	if err := s.Remove("hen", nobody); !errors.As(err, &gone) || err.Error() != "get hen: no such volume" {
		t.Errorf("twice: %v", err)
	}
	if l, err := os.ReadDir(s.Root + "/volumes"); err != nil || len(l) != 0 {
		t.Errorf("left: %v, %v", l, err)
	}
}

// Whoever is killed while making or removing a volume leaves nothing that List doesn't clear.
func TestInterrupted(t *testing.T) {
	s := &Store{t.TempDir()}
	ensure(t, s, "stays")
	for _, d := range []string{".new-1/_data", ".gone-2/_data/x"} {
		if err := os.MkdirAll(s.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].Name != "stays" {
		t.Errorf("%v, %v", list, err)
	}
	if l, _ := os.ReadDir(s.Root + "/volumes"); len(l) != 1 {
		t.Errorf("left: %v", l)
	}
}

// Many want a volume while others remove it: each has it whole at its turn.
func TestEnsureAgainstRemove(t *testing.T) {
	s := &Store{t.TempDir()}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, _, err := s.Ensure(record("busy")); err != nil {
					t.Error(err)
				}
				var gone *NotFound
				if err := s.Remove("busy", nobody); err != nil && !errors.As(err, &gone) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if l, _ := os.ReadDir(s.Root + "/volumes"); len(l) != 0 {
		t.Errorf("left: %v", l)
	}
}

func TestFill(t *testing.T) {
	s := &Store{t.TempDir()}
	image := t.TempDir()
	os.WriteFile(image+"/f", []byte("image"), 0o640)
	os.Mkdir(image+"/d", 0o700)
	unix.Chmod(image, 0o1770)
	from := open(t, image)
	content := func(v *Volume) string {
		b, _ := os.ReadFile(v.Data() + "/f")
		return string(b)
	}

	v := ensure(t, s, "empty")
	var st unix.Stat_t
	if err := v.Fill(from); err != nil || content(v) != "image" || !v.Filled() {
		t.Errorf("empty volume: %v, %q", err, content(v))
	}
	if unix.Stat(v.Data(), &st); st.Mode&0o7777 != 0o1770 {
		t.Errorf("mode %o", st.Mode)
	}
	os.WriteFile(v.Data()+"/f", []byte("own"), 0o644)
	if err := v.Fill(from); err != nil || content(v) != "own" {
		t.Errorf("volume with content: %v, %q", err, content(v))
	}

	// Killed while copying: begun anew.
	v = ensure(t, s, "half")
	os.MkdirAll(v.Dir+"/.copy-new/half", 0o755)
	if err := v.Fill(from); err != nil || content(v) != "image" {
		t.Errorf("interrupted copy: %v, %q", err, content(v))
	}
	// Killed while moving: finished, and what a container has written meanwhile stays.
	v = ensure(t, s, "moved")
	os.MkdirAll(v.Dir+"/.copy/g", 0o755)
	os.WriteFile(v.Dir+"/.copy/f", []byte("image"), 0o644)
	os.WriteFile(v.Data()+"/f", []byte("container"), 0o644)
	if v.Filled() {
		t.Error("a move that was interrupted counts as done")
	}
	if err := v.Fill(from); err != nil || content(v) != "container" {
		t.Errorf("interrupted move: %v, %q", err, content(v))
	}
	if _, err := os.Stat(v.Data() + "/g"); err != nil || !v.Filled() {
		t.Errorf("interrupted move: %v", err)
	}
	for _, v := range []*Volume{v, ensure(t, s, "half"), ensure(t, s, "empty")} {
		if l, _ := os.ReadDir(v.Dir); len(l) != 2 {
			t.Errorf("left: %v", l)
		}
	}
}

func TestOptions(t *testing.T) {
	for text, want := range map[string]*Mount{
		"": nil,
		"type=tmpfs device=tmpfs o=size=1m,uid=5": {Type: "tmpfs", Device: "tmpfs", Options: []string{"size=1m", "uid=5"}},
		"type=none device=/x o=bind,ro":           {Bind: "/x", Options: []string{"bind", "ro"}},
		"type=bind device=/x":                     {Bind: "/x"},
		"type=nfs device=:/x o=addr=1.2.3.4,rw":   {Type: "nfs", Device: ":/x", Options: []string{"addr=1.2.3.4", "rw"}},
	} {
		r := Record{Name: "vol", Driver: Driver, Options: options(text)}
		err := r.Check()
		got, bad := r.Mount()
		if err != nil || bad != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %+v, %v, %v", text, got, err, bad)
		}
	}
	for text, want := range map[string]string{
		"device=/x":            `create vol: missing required option: "type"`,
		"type=tmpfs":           `create vol: missing required option: "device"`,
		"o=ro":                 `create vol: missing required option: "device"`,
		"foo=1":                `create vol: invalid option: "foo"`,
		"size=1g":              "create vol: quota size requested but no quota support",
		"type=none device=/x":  `create vol: a volume of type "none" needs o=bind`,
		"type=bind device=./x": "create vol: the device of a bind mount must be an absolute path",
	} {
		r := Record{Name: "vol", Driver: Driver, Options: options(text)}
		if err := r.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func options(text string) map[string]string {
	m := map[string]string{}
	for _, f := range strings.Fields(text) {
		k, v, _ := strings.Cut(f, "=")
		m[k] = v
	}
	return m
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{"ab": true, "a.b-c_d": true, "0a": true, "a": false, "": false, ".a": false, "a/b": false, "..": false, "a\x00": false, strings.Repeat("a", 256): false} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}

// A volume.json that was broken or edited is an error or a volume, never a crash.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"Name":"v","Driver":"local","Options":{"type":"nfs","device":":/x","o":"addr=h,ro"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Store{t.TempDir()}
		os.MkdirAll(s.path("v0"), 0o755)
		os.WriteFile(s.path("v0")+"/volume.json", b, 0o644)
		v, err := s.Get("v0")
		if err != nil {
			return
		}
		if m, err := v.Mount(); err == nil && m != nil {
			m.Address()
		}
		v.Check()
	})
}
