// Package killed runs commands of bantam from eight workers at once, kills commands, monitors and both at random
// instants, and looks afterwards whether everything is as it was acknowledged and nothing is left.
//
// BANTAM_KILL_SEED gives the seed of a run that failed; BANTAM_NIGHTLY=1 makes it 2,000 operations with 200 kills.
package killed

import (
	"os"
	"testing"

	"bantam/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.OwnNetwork()
	os.Exit(m.Run())
}
