package testenv

import (
	"testing"
	"time"
)

// patience is far beyond what anything takes, on a slow and busy machine, that Until waits for.
const patience = 3 * time.Minute

// Until asks until ok says yes: for what happens in the background.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not after %s", what, patience)
}
