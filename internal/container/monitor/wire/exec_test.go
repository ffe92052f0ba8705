package wire

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestExecRoundTrip(t *testing.T) {
	for _, r := range []ExecRequest{
		{Args: []string{"true"}},
		{Args: []string{"sh", "-c", strings.Repeat("x", 1<<20)}, Env: []string{"A=1", "B="}, ID: "ab", Keep: true, User: "a:b", Cwd: "/x", TTY: true, Privileged: true},
	} {
		fd, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadExec(fd)
		unix.Close(fd)
		if err != nil || !reflect.DeepEqual(*got, r) {
			t.Errorf("%+.60v, %v", got, err)
		}
	}
	if _, err := (&ExecRequest{Args: []string{strings.Repeat("x", maxExec)}}).Encode(); err == nil {
		t.Error("a request that no monitor would take was made")
	}
}

// Whatever the bytes, reading ends, and what is read is written the same.
func FuzzExec(f *testing.F) {
	f.Add([]byte("\x01\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeExec(b)
		if err != nil {
			return
		}
		fd, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		again, err := ReadExec(fd)
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%v, then %v, %v", r, again, err)
		}
	})
}
