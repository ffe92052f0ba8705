package wire

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestJobRoundTrip(t *testing.T) {
	for _, j := range []Job{
		{ID: "abc", Root: "/r"},
		{ID: "abc", Root: "/r", Stdout: true, Input: true, Rows: 24, Cols: 80},
		{ID: "a", Root: "", Stderr: true, Adopt: true, Pidfd: true, Terminal: true, Cols: 65535},
	} {
		got, err := DecodeJob(j.Encode())
		if err != nil || *got != j {
			t.Errorf("decoded %+v, %v, want %+v", got, err, j)
		}
	}
	for _, bad := range []string{"", "12345", "123456", "\x00\x00\x00\x00\x00\x00/r"} {
		if j, err := DecodeJob([]byte(bad)); err == nil {
			t.Errorf("DecodeJob(%q) = %+v, want an error", bad, j)
		}
	}
}

func TestDescriptorsTravel(t *testing.T) {
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if err := a.Send(KindStarted, []byte("x"), int(null.Fd()), int(null.Fd())); err != nil {
		t.Fatal(err)
	}
	m, err := b.Receive()
	if err != nil || m.Kind != KindStarted || string(m.Body) != "x" || len(m.FDs) != 2 {
		t.Fatalf("received %+v, %v", m, err)
	}
	var want, got unix.Stat_t
	unix.Fstat(int(null.Fd()), &want)
	for _, fd := range m.FDs {
		if unix.Fstat(fd, &got); got.Rdev != want.Rdev {
			t.Error("another file arrived")
		}
		if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Error("a received descriptor would reach the container")
		}
		unix.Close(fd)
	}
	a.Close()
	if _, err := b.Receive(); err != io.EOF {
		t.Errorf("receive from a closed end: %v, want EOF", err)
	}
	if err := b.Send(KindGone, nil); err != io.EOF {
		t.Errorf("send to a closed end: %v, want EOF", err)
	}
}
