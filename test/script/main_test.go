package script

import (
	"os"
	"testing"

	"bantam/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.OwnNetwork()
	os.Exit(m.Run())
}
