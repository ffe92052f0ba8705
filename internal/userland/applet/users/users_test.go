package users

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	u, ok := ParseUser("joe:x:1000:100:Joe,,:/home/joe:/bin/sh")
	if want := (User{"joe", "x", 1000, 100, "Joe,,", "/home/joe", "/bin/sh"}); !ok || u != want {
		t.Errorf("%+v", u)
	}
	g, ok := ParseGroup("wheel:x:10:root,joe")
	if !ok || g.GID != 10 || !g.Has("joe") || g.Has("jo") {
		t.Errorf("%+v", g)
	}
	for _, bad := range []string{"", "joe", "joe:x:a:1:::", "joe:x:1:1::/", ":x:1:1:::", "#joe:x:1:1:::", "j:x:4294967296:1:::"} {
		if _, ok := ParseUser(bad); ok {
			t.Error(bad)
		}
	}
}

func TestLookup(t *testing.T) {
	if u := ByUID(0); u == nil || u.Name != "root" || ByName("root") == nil || ByName("no such user") != nil {
		t.Errorf("%+v", u)
	}
	if g := GroupByGID(0); g == nil || g.Name != "root" {
		t.Errorf("%+v", g)
	}
	var n Names
	for range 2 {
		if n.User(0) != "root" || n.User(4000000000) != "4000000000" || n.Group(0) != "root" {
			t.Errorf("%+v", n)
		}
	}
	if got := GroupsOf("no such user", 7); !slices.Equal(got, []uint32{7}) {
		t.Error(got)
	}
}

func TestOwner(t *testing.T) {
	for _, c := range []struct {
		text     string
		uid, gid uint32
		unknown  string
	}{
		{"root", 0, Unchanged, ""}, {"root:", 0, 0, ""}, {":root", Unchanged, 0, ""}, {"5:6", 5, 6, ""}, {":nosuch", 0, 0, "unknown group nosuch"},
		{"nosuch", Unchanged, Unchanged, "unknown user nosuch"}, {"0:nosuch", 0, 0, "unknown user/group 0:nosuch"},
		{"", Unchanged, Unchanged, "unknown user "}, {":", Unchanged, Unchanged, ""},
	} {
		uid, gid, unknown := Owner(c.text)
		if unknown != c.unknown || unknown == "" && (uid != c.uid || gid != c.gid) {
			t.Errorf("%q: %d %d %q", c.text, uid, gid, unknown)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("joe:x:1000:100:Joe,,:/home/joe:/bin/sh")
	f.Add("wheel:x:10:root,joe")
	f.Fuzz(func(t *testing.T, line string) {
		if u, ok := ParseUser(line); ok && u.Name == "" {
			t.Error("no name")
		}
		if g, ok := ParseGroup(line); ok && g.Name == "" {
			t.Error("no name")
		}
	})
}
