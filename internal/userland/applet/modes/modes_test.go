package modes

import (
	"syscall"
	"testing"
)

func mask() uint32 { return 0o022 }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text       string
		from, want uint32
	}{
		{"644", 0o777, 0o644}, {"u+x", 0o644, 0o744}, {"+x", 0o644, 0o755}, {"+w", 0o444, 0o644},
		{"a=r", 0o7777, 0o444}, {"g=u", 0o640, 0o660}, {"u=rwx,go=", 0, 0o700}, {"a+X", 0o644, 0o644},
		{"a+X", syscall.S_IFDIR | 0o644, syscall.S_IFDIR | 0o755}, {"a+X", 0o744, 0o755}, {"u+s,g+s,+t", 0o755, 0o7755},
		{"=", 0o777, 0}, {"u+r-x", 0o100, 0o400}, {"", 0o12, 0o12}, {"o-rwx,,u-w", 0o777, 0o570}, {"7777", 0, 0o7777},
	} {
		if got, ok := Parse(c.text, c.from, mask); !ok || got != c.want {
			t.Errorf("%q of %o: %o, %v", c.text, c.from, got, ok)
		}
	}
	for _, bad := range []string{"8", "u", "x", "u+q", "77777", "+rw,k", "64x", "u*r"} {
		if got, ok := Parse(bad, 0o644, mask); ok {
			t.Errorf("%q: %o", bad, got)
		}
	}
}

func TestString(t *testing.T) {
	for mode, want := range map[uint32]string{
		syscall.S_IFREG | 0o644:  "-rw-r--r--",
		syscall.S_IFDIR | 0o1777: "drwxrwxrwt",
		syscall.S_IFREG | 0o6711: "-rws--s--x",
		syscall.S_IFLNK | 0o777:  "lrwxrwxrwx",
		syscall.S_IFREG | 0o7000: "---S--S--T",
		syscall.S_IFSOCK:         "s---------",
	} {
		if got := String(mode); got != want {
			t.Errorf("%o: %s, not %s", mode, got, want)
		}
	}
}

func TestUmask(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	if got := Umask(); got != 0o027 {
		t.Errorf("%o", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("u+rwX,g=o-x", uint32(0o644))
	f.Fuzz(func(t *testing.T, text string, mode uint32) {
		if got, ok := Parse(text, mode&All, mask); ok && got > All {
			t.Errorf("%o", got)
		}
	})
}
