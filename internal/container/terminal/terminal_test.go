package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReceive(t *testing.T) {
	own, child, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(own)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := unix.Sendmsg(child, []byte("/dev/ptmx"), unix.UnixRights(int(w.Fd())), nil, 0); err != nil {
		t.Fatal(err)
	}
	w.Close()
	fd, err := Receive(own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Write(fd, []byte("x")); err != nil {
		t.Error(err)
	}
	unix.Close(fd)
	unix.Close(child)
	if _, err := Receive(own); err == nil {
		t.Error("a terminal comes from nobody")
	}
}

func TestConnect(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 100))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "console.sock")
	if _, err := Connect(path); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("error %v", err)
	}
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(sock)
	short := filepath.Join(t.TempDir(), "s")
	if len(short) > 107 {
		t.Skip("skip: short-temp-dir: the path of the test's folder is too long for a socket")
	}
	if err := unix.Bind(sock, &unix.SockaddrUnix{Name: short}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(sock, 1); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(short, path); err != nil {
		t.Fatal(err)
	}
	fd, err := Connect(path) // too long for sun_path
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}
