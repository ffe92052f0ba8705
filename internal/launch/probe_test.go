package launch

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestProbeAgreesWithProc(t *testing.T) {
	h := Probe()
	b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(string(b)); strconv.Itoa(h.CapLast) != want {
		t.Errorf("last capability %d, /proc says %s", h.CapLast, want)
	}
}

func TestIsFullMap(t *testing.T) {
	for line, want := range map[string]bool{
		"         0          0 4294967295\n": true, "0 0 4294967294\n": false, "0 1000 1\n": false, "": false,
	} {
		if isFullMap([]byte(line)) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}
