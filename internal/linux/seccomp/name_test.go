package seccomp

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct {
		arch string
		nr   int
		want string
	}{
		{"amd64", 257, "openat"}, {"amd64", 59, "execve"}, {"amd64", 0, "read"}, {"amd64", 435, "clone3"}, {"amd64", 100000, "syscall_100000"},
		{"arm64", 56, "openat"}, {"arm64", 221, "execve"}, {"arm64", 63, "read"}, {"arm64", 435, "clone3"}, {"vax", 1, "syscall_1"},
	} {
		if got := Name(c.nr, c.arch); got != c.want {
			t.Errorf("%d of %s: %s, want %s", c.nr, c.arch, got, c.want)
		}
	}
}
