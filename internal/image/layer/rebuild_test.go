package layer

import (
	"archive/tar"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// unpackWith unpacks b and returns the layer's two folders and its recipe.
func unpackWith(t testing.TB, b []byte) (root, old int, recipe *os.File, err error) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"/files", "/old"} {
		if err := os.Mkdir(dir+d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = Remove(dir + "/files"); _ = Remove(dir + "/old") })
	fd := func(path string) int {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	root, old = fd(dir+"/files"), fd(dir+"/old")
	if recipe, err = os.Create(dir + "/recipe"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { recipe.Close() })
	r, err := NewRecipe(recipe, func() (int, error) { return old, nil })
	if err != nil {
		t.Fatal(err)
	}
	_, err = Unpack(root, bytes.NewReader(b), Options{Recipe: r, Rootless: os.Geteuid() != 0, Limits: Limits{Size: 64 << 20, Entries: 5000}})
	return root, old, recipe, err
}

func rebuilds(t testing.TB, b []byte, must bool) {
	t.Helper()
	root, old, recipe, err := unpackWith(t, b)
	if err != nil && must {
		t.Fatal(err)
	}
	if err != nil {
		return // not a layer
	}
	var out bytes.Buffer
	if err := Rebuild(&out, recipe, root, old); err != nil {
		t.Fatalf("rebuild: %v", err)
	}
	if !bytes.Equal(out.Bytes(), b) {
		t.Fatalf("%d bytes came back as %d others", len(b), out.Len())
	}
	if _, err := recipe.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, size, err := Sizes(recipe); err != nil || size != int64(len(b)) {
		t.Errorf("the recipe says %d bytes, %v; want %d", size, err, len(b))
	}
}

// hardTar has what makes a tar file differ from what is unpacked of it: every form of
// header, names that replace each other, holes, links, odd padding and bytes at the end.
func hardTar(t testing.TB, format tar.Format, seed uint64) []byte {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(h tar.Header, body string) {
		h.Size, h.Format = int64(len(body)), format
		h.Uid, h.Gid = os.Geteuid(), os.Getegid()
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	add(tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}, "")
	for i := range 40 {
		name := "dir" + strconv.Itoa(rnd.IntN(4)) + "/file" + strconv.Itoa(rnd.IntN(6))
		switch rnd.IntN(6) {
		case 0:
			add(tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: "file0"}, "")
		case 1:
			add(tar.Header{Name: "/" + name + "/", Typeflag: tar.TypeDir, Mode: 0o700}, "")
			add(tar.Header{Name: name + "/deep", Typeflag: tar.TypeReg}, name)
			add(tar.Header{Name: name + "/link", Typeflag: tar.TypeLink, Linkname: name + "/deep"}, "")
		case 2:
			add(tar.Header{Name: "spare" + strconv.Itoa(i) + "/in", Typeflag: tar.TypeReg}, "in a folder that goes")
			add(tar.Header{Name: "spare" + strconv.Itoa(i), Typeflag: tar.TypeReg}, "a file in a folder's place")
		default:
			h := tar.Header{Name: "./" + name, Typeflag: tar.TypeReg, ModTime: time.Unix(int64(i), 0)}
			if format == tar.FormatPAX {
				h.ModTime = time.Unix(int64(i), 123456789)
				h.PAXRecords = map[string]string{"SCHILY.xattr.user.x": "y"}
			}
			add(h, strings.Repeat(name, rnd.IntN(2000)))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.Write(make([]byte, rnd.IntN(3000)))
	return b.Bytes()
}

func TestRebuild(t *testing.T) {
	for _, f := range []tar.Format{tar.FormatPAX, tar.FormatGNU, tar.FormatUSTAR} {
		for seed := range uint64(6) {
			rebuilds(t, hardTar(t, f, seed), true)
		}
	}
	rebuilds(t, nil, true)
}

// What unpacks comes back byte by byte.
func FuzzRebuild(f *testing.F) {
	f.Add(hardTar(f, tar.FormatPAX, 1))
	f.Add(hardTar(f, tar.FormatGNU, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			return
		}
		rebuilds(t, b, false)
	})
}

// A recipe is a file of the store: whatever is in it, nothing outside is read.
func FuzzRecipe(f *testing.F) {
	_, _, recipe, err := unpackWith(f, hardTar(f, tar.FormatPAX, 3))
	if err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(recipe.Name())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		root, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(root)
		_ = Rebuild(io.Discard, bytes.NewReader(b), root, -1)
	})
}
