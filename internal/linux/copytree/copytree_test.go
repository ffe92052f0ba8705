package copytree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCopyKeepsEverything(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(from+"/a/b", 0o755))
	must(t, os.WriteFile(from+"/a/file", []byte("text"), 0o640))
	must(t, unix.Chmod(from+"/a/file", 0o4640))
	must(t, os.Link(from+"/a/file", from+"/a/b/again"))
	must(t, os.Symlink("/etc/shadow", from+"/a/out"))
	must(t, unix.Mkfifo(from+"/fifo", 0o600))
	must(t, unix.Chmod(from+"/a", 0o1777))
	xattr := unix.Setxattr(from+"/a/file", "user.x", []byte("y"), 0) == nil
	sparse, err := os.Create(from + "/sparse")
	must(t, err)
	_, err = sparse.WriteAt([]byte("end"), 1<<30)
	must(t, err)
	must(t, sparse.Close())
	must(t, unix.UtimesNanoAt(unix.AT_FDCWD, from+"/a", []unix.Timespec{{Sec: 5}, {Sec: 7}}, 0))

	must(t, Copy(open(t, from), open(t, to)))
	var file, again, dir, big unix.Stat_t
	must(t, unix.Lstat(to+"/a/file", &file))
	must(t, unix.Lstat(to+"/a/b/again", &again))
	must(t, unix.Lstat(to+"/a", &dir))
	must(t, unix.Lstat(to+"/sparse", &big))
	if file.Ino != again.Ino || file.Mode&0o7777 != 0o4640 || dir.Mode&0o7777 != 0o1777 || dir.Mtim.Sec != 7 {
		t.Errorf("links %d and %d, mode %o, folder %o of %d", file.Ino, again.Ino, file.Mode, dir.Mode, dir.Mtim.Sec)
	}
	if big.Size != 1<<30+3 || big.Blocks > 1<<12 {
		t.Errorf("sparse file: %d bytes in %d blocks", big.Size, big.Blocks)
	}
	if l, _ := os.Readlink(to + "/a/out"); l != "/etc/shadow" {
		t.Errorf("link to %q", l)
	}
	buf := make([]byte, 8)
	if n, err := unix.Getxattr(to+"/a/file", "user.x", buf); xattr && (err != nil || string(buf[:n]) != "y") {
		t.Errorf("extended attribute %q, %v", buf[:max(n, 0)], err)
	}
	if b, err := os.ReadFile(to + "/a/b/again"); err != nil || string(b) != "text" {
		t.Errorf("%q, %v", b, err)
	}
}

// A link that stands where a folder is to go is not followed.
func TestCopyFollowsNoLink(t *testing.T) {
	from, to, outside := t.TempDir(), t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(from+"/d", 0o755))
	must(t, os.WriteFile(from+"/d/f", nil, 0o644))
	must(t, os.Symlink(outside, to+"/d"))
	if err := Copy(open(t, from), open(t, to)); err == nil {
		t.Error("a link in the target was followed")
	}
	if list, _ := os.ReadDir(outside); len(list) != 0 {
		t.Errorf("written outside: %v", list)
	}
}

func TestDepthIsBounded(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	wd, err := os.Getwd()
	must(t, err)
	defer os.Chdir(wd)
	must(t, os.Chdir(from))
	for range maxDepth + 2 {
		must(t, os.Mkdir("d", 0o755))
		must(t, os.Chdir("d"))
	}
	must(t, os.Chdir(wd))
	if err := Copy(open(t, from), open(t, to)); err == nil || !strings.Contains(err.Error(), "folders in each other") {
		t.Errorf("deep tree: %v", err)
	}
	for _, d := range []string{from, to} {
		must(t, os.RemoveAll(filepath.Join(d, "d")))
	}
}

func TestAttributes(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	must(t, unix.Chmod(from, 0o2711))
	must(t, Attributes(open(t, from), open(t, to)))
	var st unix.Stat_t
	must(t, unix.Stat(to, &st))
	if st.Mode&0o7777 != 0o2711 {
		t.Errorf("mode %o", st.Mode&0o7777)
	}
}
