package conformance

import (
	"os"
	"os/exec"
	"testing"

	"bantam/internal/testenv"
)

// The registry passes all of the distribution-spec's conformance tests.
func TestDistribution(t *testing.T) {
	suite := os.Getenv("DISTRIBUTION_SPEC")
	testenv.Need(t, "DISTRIBUTION_SPEC", suite != "")
	testenv.Bin(t, "bantamd")
	out, err := exec.Command("./distribution.sh", suite, testenv.Bin(t, "bantam")).Output()
	if err != nil {
		t.Fatal(err)
	}
	passed, failed := results(out)
	for _, name := range failed {
		t.Errorf("%s fails", name)
	}
	if len(passed) < 50 {
		t.Errorf("only %d pass", len(passed))
	}
}
