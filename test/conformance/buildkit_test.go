package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/build/dockerfile"
	"bantam/internal/testenv"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// TestBuildKitParser parses BuildKit's test files: BUILDKIT names its source. The tree must be
// the one beside each file, and what is valid there becomes a graph here or is refused
// in words that have a place.
func TestBuildKitParser(t *testing.T) {
	dir := os.Getenv("BUILDKIT")
	testenv.Need(t, "buildkit-source", dir != "")
	files, err := filepath.Glob(dir + "/frontend/dockerfile/parser/testfiles/*/Dockerfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files in %s: %v", dir, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(filepath.Dir(file), "result"))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.Parse(strings.NewReader(string(src)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := tree.AST.Dump() + "\n"; got != string(want) {
			t.Errorf("%s: got\n%s", file, got)
		}
		if _, err := dockerfile.Parse(src, dockerfile.Options{Build: dockerfile.Host()}); err != nil && dockerfile.Explain("Dockerfile", src, err) == "" && !strings.Contains(err.Error(), "no stages") {
			t.Errorf("%s: %v: it has no place", file, err)
		}
	}
	bad, _ := filepath.Glob(dir + "/frontend/dockerfile/parser/testfiles-negative/*/Dockerfile")
	for _, file := range bad {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dockerfile.Parse(src, dockerfile.Options{Build: dockerfile.Host()}); err == nil {
			t.Errorf("%s: it is taken", file)
		}
	}
}
