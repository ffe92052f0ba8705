package archtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// unspeakable returns what no committed file may name: paths of the machine it
// was made on and hosts of package registries. They are put together here so
// that this file is clean too.
func unspeakable() []string {
	return []string{
		"/work/" + "main", "/work/" + "shared", "/tmp/" + "team",
		"proxy.golang" + ".org", "sum.golang" + ".org", "deb.debian" + ".org", "snapshot.debian" + ".org",
		"registry.npmjs" + ".org",
	}
}

func TestTrackedFiles(t *testing.T) {
	git := testenv.Program(t, "git")
	root := filepath.Join("..", "..")
	out, err := exec.Command(git, "-c", "safe.directory=*", "-C", root, "ls-files", "-z").Output()
	testenv.Need(t, "git-work-tree", err == nil)
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted, not yet committed
		}
		for _, word := range unspeakable() {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s names %s: committed files name no machine and no registry host", name, word)
			}
		}
	}
}
