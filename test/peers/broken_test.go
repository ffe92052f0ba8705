package peers

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"bantam/internal/testenv"
)

// TestBrokenImports: docker takes and refuses the same archives that are cut short or followed by something. Debian's
// docker imports no zstd.
func TestBrokenImports(t *testing.T) {
	d, own, dir := docker(t), bantam(t), folder(t)
	plain := rootfs(t)
	for _, program := range [...]string{"cat", "gzip", "bzip2", "xz"} {
		cmd := exec.Command(testenv.Program(t, program))
		cmd.Stdin = bytes.NewReader(plain)
		packed, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		for name, b := range map[string][]byte{
			"whole":             packed,
			"cut in the middle": packed[:len(packed)/2],
			"cut by 5 bytes":    packed[:len(packed)-5],
			"text behind it":    append(bytes.Clone(packed), "trailing data"...),
			"zeros behind it":   append(bytes.Clone(packed), make([]byte, 512)...),
			"twice":             append(bytes.Clone(packed), packed...),
		} {
			file := dir + "/file"
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
			theirs, ours := d.try(t, "import", file), own.try(t, "import", file)
			if (theirs.code == 0) != (ours.code == 0) {
				t.Errorf("%s, %s: docker %d: %s, bantam %d: %s", program, name, theirs.code, theirs.stderr, ours.code, ours.stderr)
			}
		}
	}
}
