package layer

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	decompress "bantam/internal/image/archive"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// archive writes a tar file; a regular file's Linkname is its content.
func archive(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		body := ""
		if h.Typeflag == tar.TypeReg {
			body, h.Linkname = h.Linkname, ""
			h.Size = int64(len(body))
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		h.Format = tar.FormatPAX
		h.Uid, h.Gid = max(h.Uid, os.Geteuid()), max(h.Gid, os.Getegid())
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name, body string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Linkname: body}
}
func dir(name string) tar.Header { return tar.Header{Typeflag: tar.TypeDir, Name: name} }
func symlink(name, to string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: to}
}
func hardLink(name, to string) tar.Header {
	return tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: to}
}

// canary is a folder of the host beside the layer, with what an attack would reach.
type canary struct {
	t           testing.TB
	base, layer string
	before      string
}

func newCanary(t testing.TB) *canary {
	base := t.TempDir()
	c := &canary{t: t, base: base, layer: filepath.Join(base, "layer")}
	if err := os.MkdirAll(base+"/host", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base+"/host/secret", []byte("canary"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.layer, 0o755); err != nil {
		t.Fatal(err)
	}
	c.before = c.look()
	return c
}

func (c *canary) look() string {
	var b strings.Builder
	for _, p := range []string{"", "/host", "/host/secret"} {
		var st unix.Stat_t
		if err := unix.Lstat(c.base+p, &st); err != nil {
			c.t.Fatal(err)
		}
		b.WriteString(p + time.Unix(st.Mtim.Unix()).String() + os.FileMode(st.Mode).String() + string(rune('0'+st.Uid%10)) + string(rune('0'+st.Nlink)))
	}
	content, _ := os.ReadFile(c.base + "/host/secret")
	list, _ := os.ReadDir(c.base + "/host")
	return b.String() + string(content) + string(rune('0'+len(list)))
}

func (c *canary) unpack(tarFile []byte, opt Options) (Stats, error) {
	c.t.Helper()
	opt.Rootless = opt.Rootless || os.Geteuid() != 0
	fd, err := unix.Open(c.layer, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer unix.Close(fd)
	s, err := Unpack(fd, bytes.NewReader(tarFile), opt)
	if got := c.look(); got != c.before {
		c.t.Errorf("the host was changed:\n%s\n%s", c.before, got)
	}
	return s, err
}

func TestHostileArchives(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries func(host string) []tar.Header
		want    string // of the error; "" if the archive is harmless once contained
	}{
		{"absolute name", func(h string) []tar.Header { return []tar.Header{file(h+"/secret", "x")} }, ""},
		{"dot dot", func(string) []tar.Header { return []tar.Header{file("../host/secret", "x")} }, "leads out"},
		{"dot dot inside", func(string) []tar.Header { return []tar.Header{file("a/../../host/secret", "x")} }, "leads out"},
		{"file below absolute link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h), file("l/secret", "x")}
		}, "leads nowhere"},
		{"file below relative link", func(string) []tar.Header {
			return []tar.Header{symlink("l", "../host"), file("l/secret", "x")}
		}, "leads nowhere"},
		{"folder over link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h), dir("l/"), file("l/secret", "x")}
		}, ""},
		{"file over link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h+"/secret"), file("l", "x")}
		}, ""},
		{"hard link out", func(string) []tar.Header { return []tar.Header{hardLink("l", "../host/secret")} }, "leads out"},
		{"hard link by link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h), hardLink("k", "l/secret"), file("k", "x")}
		}, "no such file"},
		{"hard link to absolute", func(h string) []tar.Header { return []tar.Header{hardLink("k", h+"/secret")} }, "no such file"},
		{"hard link to link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h+"/secret"), hardLink("k", "l"), file("k", "x")}
		}, ""},
		{"hard link to folder", func(string) []tar.Header { return []tar.Header{dir("d"), hardLink("k", "d")} }, "directory"},
		{"whiteout of parent", func(string) []tar.Header { return []tar.Header{file("d/.wh...", "")} }, "valid whiteout"},
		{"whiteout of itself", func(string) []tar.Header { return []tar.Header{file("d/.wh..", "")} }, "valid whiteout"},
		{"whiteout as folder", func(string) []tar.Header { return []tar.Header{file("d/.wh.x/y", "")} }, "valid whiteout"},
		{"opaque by link", func(h string) []tar.Header {
			return []tar.Header{symlink("l", h), file("l/.wh..wh..opq", "")}
		}, "leads nowhere"},
		{"root as file", func(string) []tar.Header { return []tar.Header{file("./.", "x")} }, "must be a directory"},
		{"file as parent", func(string) []tar.Header { return []tar.Header{file("f", ""), file("f/g", "")} }, "not a directory"},
		{"magic link", func(string) []tar.Header {
			return []tar.Header{symlink("l", "/proc/self/root"), file("l/x", "x")}
		}, "leads nowhere"},
		{"uid -1", func(string) []tar.Header {
			return []tar.Header{{Typeflag: tar.TypeReg, Name: "f", Uid: 4294967295}}
		}, "uid 4294967295"},
		{"long part", func(string) []tar.Header { return []tar.Header{file(strings.Repeat("x", 256), "")} }, "255 bytes"},
		{"long path", func(string) []tar.Header { return []tar.Header{file(strings.Repeat("xxxxxxx/", 600)+"x", "")} }, "4095 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newCanary(t)
			_, err := k.unpack(archive(t, c.entries(k.base+"/host")...), Options{})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err := Remove(k.layer); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(k.layer); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("layer still there: %v", err)
			}
		})
	}
}

func TestBrokenArchives(t *testing.T) {
	whole := archive(t, file("a", strings.Repeat("x", 5000)))
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"garbage":          {bytes.Repeat([]byte("bantam"), 200), "not a tar archive"},
		"cut in content":   {whole[:len(whole)-4096], "cut short"},
		"cut in a header":  {whole[:300], "cut short"},
		"one stray letter": {[]byte("x"), "cut short"},
		"huge long name":   {huge(tar.TypeGNULongName), "header field too long"},
		"huge attributes":  {huge(tar.TypeXHeader), "header field too long"},
		"a size below 0":   {sized(whole, "-0000000001"), "read tar"},
		"a size of 8 EiB":  {sized(whole, "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"), "more than the limit"},
	} {
		_, err := newCanary(t).unpack(c.b, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// huge is an archive whose first header says that eight gigabytes of name or attributes follow, of which three
// megabytes are there.
func huge(kind byte) []byte {
	b := make([]byte, 3<<20)
	copy(b, "x")
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	b[156] = kind
	copy(b[257:], "ustar\x0000")
	return sized(b, "17777777777")
}

// sized is an archive whose first entry has another size.
func sized(archive []byte, size string) []byte {
	b := bytes.Clone(archive)
	copy(b[124:136], append([]byte(size), 0)[:min(12, len(size)+1)])
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// An ordinary user's layers have no devices: they are left out, with a word, and what an earlier entry had there goes.
func TestRootlessDevices(t *testing.T) {
	k := newCanary(t)
	s, err := k.unpack(archive(t, file("disk", "x"), tar.Header{Typeflag: tar.TypeBlock, Name: "disk", Devmajor: 8},
		tar.Header{Typeflag: tar.TypeChar, Name: "mem", Devmajor: 1, Devminor: 1}, file("after", "x")), Options{Rootless: true})
	if err != nil || len(s.Warnings) != 2 || !strings.Contains(s.Warnings[1], "\"mem\" left out") {
		t.Errorf("%v, %v", s.Warnings, err)
	}
	if list, err := os.ReadDir(k.layer); err != nil || len(list) != 1 || list[0].Name() != "after" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		tar []byte
		lim Limits
	}{
		"entries": {archive(t, file("a", ""), file("b", ""), file("c", "")), Limits{Entries: 2}},
		"implied": {archive(t, file("a/b/c/d/e/f", "")), Limits{Entries: 3}},
		"size":    {archive(t, file("a", strings.Repeat("x", 9000))), Limits{Size: 8000}},
		"stream":  {append(archive(t, file("a", "")), make([]byte, 9000)...), Limits{Size: 8000}},
		"depth":   {archive(t, file("a/b/c/d", "")), Limits{Depth: 3}},
	} {
		if _, err := newCanary(t).unpack(c.tar, Options{Limits: c.lim}); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: error %v, want a limit's", name, err)
		}
	}
}

func TestLastEntryWins(t *testing.T) {
	k := newCanary(t)
	_, err := k.unpack(archive(t,
		file("a", "one"), file("a", "two"),
		file("d/x/y", ""), file("d", "file now"),
		symlink("s", "a"), dir("s"), file("s/in", "folder now"),
		file("h", "linked"), hardLink("k", "h"), hardLink("h", "h"), file("k", "apart"),
	), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "two", "d": "file now", "s/in": "folder now", "h": "linked", "k": "apart"} {
		if b, err := os.ReadFile(k.layer + "/" + name); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v; want %q", name, b, err, want)
		}
	}
}

func TestTimesAndModes(t *testing.T) {
	k := newCanary(t)
	at := time.Unix(1234567890, 123456789)
	d, f, again := dir("d"), file("d/f", "x"), file("d/g", "x")
	d.ModTime, f.ModTime, again.ModTime = at, at, at
	f.Mode, d.Mode = 0o4751, 0o1700
	if _, err := k.unpack(archive(t, d, f, file("e", ""), again), Options{}); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]uint32{"d": 0o1700, "d/f": 0o4751} {
		var st unix.Stat_t
		if err := unix.Lstat(k.layer+"/"+name, &st); err != nil {
			t.Fatal(err)
		}
		if got := time.Unix(st.Mtim.Unix()); !got.Equal(at) || st.Mode&0o7777 != mode {
			t.Errorf("%s: time %v mode %o, want %v %o", name, got, st.Mode&0o7777, at, mode)
		}
	}
}

func TestSymlinkedParentStaysInside(t *testing.T) {
	k := newCanary(t)
	if _, err := k.unpack(archive(t, dir("usr/lib"), symlink("lib", "/usr/lib"), file("lib/so", "x")), Options{}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(k.layer + "/usr/lib/so"); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestPrivileged(t *testing.T) {
	testenv.Root(t)
	k := newCanary(t)
	capability := "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	owned := file("owned", "x")
	owned.Uid, owned.Gid = 4294967294, 70000
	owned.PAXRecords = map[string]string{
		paxXattr + "security.capability":      capability,
		paxXattr + "trusted.overlay.redirect": "/etc",
	}
	_, err := k.unpack(archive(t, owned,
		tar.Header{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3},
		tar.Header{Typeflag: tar.TypeFifo, Name: "pipe"},
		file("d/.wh..wh..opq", ""), file(".wh.gone", ""), file(".wh.back", ""), file("back/x", ""),
	), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(k.layer+"/owned", &st); err != nil || st.Uid != 4294967294 || st.Gid != 70000 {
		t.Errorf("owner %d:%d, %v", st.Uid, st.Gid, err)
	}
	for name, want := range map[string]string{"owned security.capability": capability, "owned trusted.overlay.redirect": "", "d trusted.overlay.opaque": "y", "back trusted.overlay.opaque": "y"} {
		path, attr, _ := strings.Cut(name, " ")
		b := make([]byte, 64)
		n, err := unix.Getxattr(k.layer+"/"+path, attr, b)
		if err == unix.ENOTSUP {
			testenv.Skip(t, "xattr", "the file system has no such attributes")
		}
		if string(b[:max(n, 0)]) != want {
			t.Errorf("%s: %q, want %q (%v)", name, b[:max(n, 0)], want, err)
		}
	}
	for name, dev := range map[string]uint64{"null": unix.Mkdev(1, 3), "gone": 0} {
		if err := unix.Lstat(k.layer+"/"+name, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || uint64(st.Rdev) != dev {
			t.Errorf("%s: mode %o device %d, %v", name, st.Mode, st.Rdev, err)
		}
	}
}

// FuzzUnpack: no archive changes the host, and whatever it made can be removed.
func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, dir("d"), file("d/f", "x"), symlink("l", "../host"), hardLink("h", "d/f")))
	f.Add(archive(f, file(".wh.x", ""), file("d/.wh..wh..opq", ""), symlink("s", "/"), file("s/etc/x", "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := newCanary(t)
		_, _ = k.unpack(b, Options{Limits: Limits{Entries: 1000, Size: 1 << 20}})
		if err := Remove(k.layer); err != nil {
			t.Errorf("remove: %v", err)
		}
	})
}

// FuzzAdd: no archive that is unpacked over the files of an image, as ADD does it, changes the host: its links and
// those of the image lead nowhere else.
func FuzzAdd(f *testing.F) {
	f.Add(archive(f, dir("d"), file("d/f", "x"), symlink("l", "../host"), hardLink("h", "old")))
	f.Add(archive(f, file("out/secret", "x"), file("up/secret", "x"), dir("out"), hardLink("k", "out/secret"), file(".wh.old", "")))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := newCanary(t)
		if err := errors.Join(os.WriteFile(k.layer+"/old", []byte("x"), 0o600), os.Mkdir(k.layer+"/d", 0o755),
			os.Symlink(k.base+"/host", k.layer+"/out"), os.Symlink("../host", k.layer+"/up")); err != nil {
			t.Fatal(err)
		}
		r, err := decompress.NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer r.Close()
		plain, err := io.ReadAll(io.LimitReader(r, 1<<20))
		if err == nil {
			_, _ = k.unpack(plain, Options{Plain: true, Owner: &Owner{os.Geteuid(), os.Getegid()}, Limits: Limits{Entries: 1000, Size: 1 << 20}})
		}
		if err := Remove(k.layer); err != nil {
			t.Errorf("remove: %v", err)
		}
	})
}
