package capability

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNamesAndNumbersAgree(t *testing.T) {
	for i := range names {
		if bit, ok := Bit(Name(i)); !ok || bit != i {
			t.Errorf("%s is %d, found as %d %v", Name(i), i, bit, ok)
		}
	}
	for name, want := range map[string]int{"CAP_CHOWN": unix.CAP_CHOWN, "CAP_SYS_ADMIN": unix.CAP_SYS_ADMIN, "CAP_MKNOD": unix.CAP_MKNOD,
		"CAP_SYSLOG": unix.CAP_SYSLOG, "CAP_BPF": unix.CAP_BPF, "CAP_CHECKPOINT_RESTORE": unix.CAP_CHECKPOINT_RESTORE} {
		if bit, _ := Bit(name); bit != want {
			t.Errorf("%s is %d, want %d", name, bit, want)
		}
	}
	if Last != unix.CAP_LAST_CAP {
		t.Errorf("the kernel's headers know %d capabilities, this package %d", unix.CAP_LAST_CAP, Last)
	}
	for _, name := range []string{"", "CAP_", "CHOWN", "cap_chown", "CAP_ZZZ"} {
		if _, ok := Bit(name); ok {
			t.Errorf("%q is known", name)
		}
	}
}

func TestParse(t *testing.T) {
	set, unknown := Parse([]string{"CAP_KILL", "CAP_NEVER", "CAP_BPF", "CAP_CHECKPOINT_RESTORE", "CAP_KILL"}, unix.CAP_BPF)
	if set != 1<<unix.CAP_KILL|1<<unix.CAP_BPF {
		t.Errorf("set %#x", set)
	}
	if !slices.Equal(unknown, []string{"CAP_NEVER", "CAP_CHECKPOINT_RESTORE"}) {
		t.Errorf("unknown %q", unknown)
	}
	if low, high := set.Words(); low != 1<<5 || high != 1<<(39-32) {
		t.Errorf("words %#x %#x", low, high)
	}
	if got := set.Names(); !slices.Equal(got, []string{"CAP_KILL", "CAP_BPF"}) {
		t.Errorf("names %q", got)
	}
}

func TestLast(t *testing.T) {
	if last, err := ParseLast([]byte("40\n")); err != nil || last != 40 {
		t.Errorf("%d %v", last, err)
	}
	for _, bad := range []string{"", "x", "-1", "64"} {
		if _, err := ParseLast([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if All(40) != 0x1ffffffffff || All(63) != ^Set(0) {
		t.Errorf("All: %#x %#x", All(40), All(63))
	}
	if got := Known(37); len(got) != 38 || got[37] != "CAP_AUDIT_READ" {
		t.Errorf("Known(37): %q", got)
	}
	if got := len(Known(50)); got != Last+1 {
		t.Errorf("Known(50): %d", got)
	}
	if got := Set(1 << 41).Names(); !slices.Equal(got, []string{"CAP_41"}) {
		t.Errorf("newer: %q", got)
	}
}
