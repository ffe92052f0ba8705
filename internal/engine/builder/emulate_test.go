package builder

import (
	"os"
	"strings"
	"testing"

	"bantam/internal/build/dockerfile"
)

// aarch64 is what Debian's qemu-user-static registers.
const aarch64 = `enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POCF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`

func TestRunnable(t *testing.T) {
	none, some, off := t.TempDir(), t.TempDir(), t.TempDir()
	for file, text := range map[string]string{
		some + "/qemu-aarch64": aarch64, some + "/status": "enabled\n", some + "/python3.11": "enabled\ninterpreter /usr/bin/python3.11\nflags: \noffset 0\nmagic a70d0d0a\n",
		off + "/qemu-aarch64": strings.Replace(aarch64, "enabled", "disabled", 1),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		platform, host, dir string
		ok                  bool
	}{
		{"linux/amd64", "linux/amd64", none, true},
		{"linux/386", "linux/amd64", none, true},
		{"linux/amd64/v3", "linux/amd64", none, true},
		{"linux/arm/v7", "linux/arm64", none, true},
		{"linux/arm64", "linux/amd64", none, false},
		{"linux/arm64", "linux/amd64", "/nonexistent", false},
		{"linux/arm64", "linux/amd64", off, false},
		{"linux/arm64", "linux/amd64", some, true},
		{"linux/arm", "linux/amd64", some, false},
		{"linux/s390x", "linux/amd64", some, false},
		{"windows/amd64", "linux/amd64", some, false},
	} {
		p, err := dockerfile.ParsePlatform(c.platform)
		host, err2 := dockerfile.ParsePlatform(c.host)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if err := runnable(p, host, c.dir); (err == nil) != c.ok {
			t.Errorf("%s on %s: %v", c.platform, c.host, err)
		}
	}
}
