package local

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/reference"
)

func config(diffs ...string) string {
	b, err := json.Marshal(diffs)
	if err != nil {
		panic(err)
	}
	return `{"rootfs":{"type":"layers","diff_ids":` + string(b) + `}}`
}

func TestConfigIsChecked(t *testing.T) {
	good := digest.FromBytes(nil).String()
	many := make([]string, maxLayers+1)
	for i := range many {
		many[i] = good
	}
	for _, c := range []struct{ text, want string }{
		{config(good), ""},
		{config(many[1:]...), ""},
		{config(many...), "500 layers"},
		{config("sha256:../../../../etc"), "rootfs.diff_ids[0]"},
		{config(good, strings.ToUpper(good)), "rootfs.diff_ids[1]"},
		{config(""), "rootfs.diff_ids[0]"},
		{`{}`, "rootfs.type"},
		{`{"rootfs":{"type":"tree"}}`, "rootfs.type"},
		{`[`, "not JSON"},
		{`{"config":{"Env":7}}`, "not JSON"},
		{config(good) + strings.Repeat(" ", maxConfig), "larger than 4 MiB"},
	} {
		_, err := decode([]byte(c.text))
		if got := errorText(err); (c.want == "") != (err == nil) || !strings.Contains(got, c.want) {
			t.Errorf("%.80s: %q, want %q", c.text, got, c.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestStoredConfigIsChecked(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	id := digest.FromBytes([]byte("bad"))
	if err := replace(s.image(id), func(tmp string) error {
		return writeDurably(tmp, record(recordHead, 0, time.Time{}, []byte(config("sha256:/../x"))))
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find(id.String()); err == nil || !strings.Contains(err.Error(), "diff_ids") {
		t.Errorf("an image with a path for a diff id: %v", err)
	}
}

func TestNameOfNoDigest(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	ref, err := reference.Parse("box")
	if err != nil {
		t.Fatal(err)
	}
	if err := replace(s.tag(ref.Tagged()), func(tmp string) error { return os.Symlink("sha256:../../secret", tmp) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find("box"); err == nil || !strings.Contains(err.Error(), "invalid digest") {
		t.Errorf("a name that links to a path: %v", err)
	}
	if names, err := s.Names(); err == nil {
		t.Errorf("%v: the bad name is passed over", names)
	}
}

// What decodes is safe to make paths of, and is the same after a round through Add's encoding.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(config(digest.FromBytes(nil).String())))
	f.Add([]byte(config("sha256:..")))
	f.Add([]byte(`{"created":"2026-01-02T03:04:05Z","config":{"Healthcheck":{"Test":["NONE"]}},"rootfs":{"type":"layers","diff_ids":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decode(b)
		if err != nil {
			return
		}
		for _, p := range (&Store{Root: "/r"}).Layers(&c) {
			if strings.Contains(p, "..") || strings.Count(p, "/") > 3 {
				t.Errorf("layer is at %q", p)
			}
		}
		first, err := json.Marshal(&c)
		if err != nil {
			return // a time beyond year 9999
		}
		again, err := decode(first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(&again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s became %s, %v", first, second, err)
		}
	})
}
