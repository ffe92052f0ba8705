package engine

import (
	"os"
	"testing"
)

// Every check that may fail says what follows and what to do, and the look leaves nothing behind.
func TestSystemCheck(t *testing.T) {
	e := &Engine{Root: t.TempDir()}
	seen := map[string]bool{}
	for _, c := range e.SystemCheck() {
		if c.Name == "" || c.Found == "" || seen[c.Name] {
			t.Errorf("%+v", c)
		}
		seen[c.Name] = true
		if bad := c.State != CheckOK; bad != (c.Consequence != "") || bad != (c.Cure != "") {
			t.Errorf("%+v", c)
		}
	}
	if left, _ := os.ReadDir(e.Root); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	for _, group := range [...][]want{basics, namespaceWants(), controllerWants(), protections, extras} {
		for _, w := range group {
			if w.consequence == "" || w.cure == "" {
				t.Errorf("%s says neither what follows nor what to do", w.name)
			}
		}
	}
}
