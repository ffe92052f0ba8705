package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// SPECIFICATION.md holds the promises as they are asserted.
func TestSpecificationHasPromises(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testenv.Module(t), "SPECIFICATION.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := promisesTable(); !strings.Contains(string(text), want) {
		t.Errorf("SPECIFICATION.md lacks this table:\n%s", want)
	}
}

func TestJudge(t *testing.T) {
	rows := []row{
		{Name: "run", Unit: "ms", Medians: map[string]float64{"bantam-oci": 3, "crun": 10, "runc": 10}},
		{Name: "run, peak resident", Unit: "KiB", Medians: map[string]float64{"bantam-oci": 5000, "crun": 3000}},
	}
	var b strings.Builder
	if broken := judge(&b, rows, false); broken != 1 {
		t.Errorf("%d broken promises, want the one against runc:\n%s", broken, &b)
	}
	if !strings.Contains(b.String(), "BROKEN  run (, idle false): 3.00, at most 2.00 ms (0.20 of runc)") {
		t.Errorf("got:\n%s", &b)
	}
}
