package script

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"testing"

	"bantam/internal/testenv"
)

// TestBrowse drives `image tree -i` by its keys.
func TestBrowse(t *testing.T) {
	testenv.Root(t)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"bin/hello", "etc/motd"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: 1234}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 1234)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.tar", b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	bantam := testenv.Bin(t, "bantam")
	if out, err := exec.Command(bantam, "--root", dir+"/root", "import", "-m", "made by hand", dir+"/a.tar", "small").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := testenv.NewTerminal(t, 100, 24, exec.Command(bantam, "--root", dir+"/root", "image", "tree", "-i", "small"))
	p.Wait("small:latest   2.47kB in 1 layers")
	p.Wait("made by hand")
	p.Wait("4 added, 0 changed, 0 deleted")
	p.Wait("▾ bin")
	p.Wait("-rwxr-xr-x       0:0  1.23kB      hello")
	p.Type("\t\x1b[D") // to the files; close bin
	p.Wait("▸ bin")
	p.Type("a")
	p.Until("no added files", func(screen string) bool { return !bytes.Contains([]byte(screen), []byte("motd")) })
	p.Type("q")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
