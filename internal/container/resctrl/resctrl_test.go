package resctrl

import (
	"reflect"
	"strings"
	"testing"

	"bantam/internal/testenv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestClearErrorWithoutResctrl(t *testing.T) {
	testenv.Need(t, "no-resctrl", available() != nil)
	if _, err := Name("id", &specs.LinuxIntelRdt{}); err == nil || !strings.Contains(err.Error(), "resctrl is not mounted") {
		t.Errorf("error %v", err)
	}
}

func TestUpdateNeedsGroup(t *testing.T) {
	if err := Update("", "L3:0=f", ""); err == nil {
		t.Error("schemata of no group are taken")
	}
}

func TestLines(t *testing.T) {
	got := lines(&specs.LinuxIntelRdt{Schemata: []string{"a"}, L3CacheSchema: "L3:0=f ", MemBwSchema: "MB:0=20"})
	if want := []string{"a", "L3:0=f", "MB:0=20"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}
