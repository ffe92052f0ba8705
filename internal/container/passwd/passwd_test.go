package passwd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const passwdText = `# comment
root:x:0:0:root:/root:/bin/sh
short:x
bird:x:1000:1001::/home/bird:/bin/sh
1234:x:77:78::/number:/bin/sh
huge:x:4294967296:0::/:/bin/sh
`

const groupText = `root:x:0:
bird:x:1001:bird
flock:x:2000:owl,bird
wheel:x:10:root
`

func layer(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	os.Mkdir(filepath.Join(root, "etc"), 0o755)
	os.WriteFile(filepath.Join(root, "etc/passwd"), []byte(passwdText), 0o644)
	os.WriteFile(filepath.Join(root, "etc/group"), []byte(groupText), 0o644)
	return root
}

func TestLookup(t *testing.T) {
	layers := []string{filepath.Join(t.TempDir(), "absent"), t.TempDir(), layer(t)}
	for _, c := range []struct {
		text     string
		uid, gid uint32
		more     []uint32
		home     string
	}{
		{"", 0, 0, []uint32{10}, "/root"},
		{"root", 0, 0, []uint32{10}, "/root"},
		{"bird", 1000, 1001, []uint32{2000}, "/home/bird"},
		{"1000", 1000, 1001, []uint32{2000}, "/home/bird"},
		{"bird:flock", 1000, 2000, nil, "/home/bird"},
		{"bird:5", 1000, 5, nil, "/home/bird"},
		{"5000:flock", 5000, 2000, nil, "/"},
		{"5000", 5000, 0, nil, "/"},
		{"1234", 77, 78, nil, "/number"},
		{"1:", 1, 0, nil, "/"},
		{":7", 0, 7, nil, "/root"},
		{"01", 1, 0, nil, "/"},
	} {
		u, err := Lookup(layers, c.text)
		if err != nil || u.UID != c.uid || u.GID != c.gid || !slices.Equal(u.AdditionalGids, append([]uint32{c.gid}, c.more...)) || u.Home != c.home {
			t.Errorf("%q: %+v, %v, want %+v", c.text, u, err, c)
		}
	}
	for text, want := range map[string]string{
		"nobody":       "unable to find user nobody: no matching entries in passwd file",
		"bird:nobody":  "unable to find group nobody: no matching entries in group file",
		"4294967296":   "uids and gids must be in range 0-2147483647: 4294967296",
		"4294967295":   "uids and gids must be in range 0-2147483647: 4294967295",
		"-1":           "uids and gids must be in range 0-2147483647: -1",
		"+1":           "uids and gids must be in range 0-2147483647: +1",
		"0:4294967295": "uids and gids must be in range 0-2147483647: 4294967295",
		"huge":         "user huge in /etc/passwd: uid and gid must be in range 0-2147483647",
	} {
		if u, err := Lookup(layers, text); err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v, want %s", text, u, err, want)
		}
	}
}

func TestImageWithoutFiles(t *testing.T) {
	if u, err := Lookup([]string{t.TempDir()}, ""); err != nil || u.UID != 0 || u.Home != "/" {
		t.Errorf("%+v, %v", u, err)
	}
}

// The files are a stranger's: links do not leave the layer, and nothing blocks or fills the memory.
func TestHostileFiles(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "passwd")
	os.WriteFile(canary, []byte("bird:x:4:4::/stolen:\n"), 0o644)
	for name, plant := range map[string]func(path string) error{
		"a link to the host": func(p string) error { return os.Symlink(canary, p) },
		"a fifo":             func(p string) error { return unix.Mkfifo(p, 0o644) },
		"a folder":           func(p string) error { return os.Mkdir(p, 0o755) },
		"an endless file":    func(p string) error { return os.WriteFile(p, nil, 0o644) },
	} {
		root := layer(t)
		p := filepath.Join(root, "etc/passwd")
		os.Remove(p)
		if err := plant(p); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "an endless") {
			os.Truncate(p, 1<<40)
		}
		if u, err := Lookup([]string{root}, "bird"); err == nil {
			t.Errorf("%s: found %+v", name, u)
		}
	}
}
