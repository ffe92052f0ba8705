package engine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnline(t *testing.T) {
	file := filepath.Join(t.TempDir(), "online")
	if err := os.WriteFile(file, []byte("0-1,4-5,6\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const gone = "Requested CPUs are not available - requested "
	for asked, want := range map[string]string{
		"": "", "0": "", "0-1": "", "1,4": "", "4-6": "", "6,0": "",
		"2":          gone + "2, available: 0-1,4-5,6",
		"0-2":        gone + "0-2, available: 0-1,4-5,6",
		"1-4":        gone + "1-4, available: 0-1,4-5,6",
		"0,7":        gone + "0,7, available: 0-1,4-5,6",
		"x":          "Invalid value x for cpuset cpus: invalid format: x",
		"1-":         "Invalid value 1- for cpuset cpus: invalid format: 1-",
		"-1":         "Invalid value -1 for cpuset cpus: invalid format: -1",
		"1,":         "Invalid value 1, for cpuset cpus: invalid format: 1,",
		"1-0":        "Invalid value 1-0 for cpuset cpus: invalid format: 1-0",
		"8193":       "Invalid value 8193 for cpuset cpus: value of out range, maximum is 8192",
		"9999999999": "Invalid value 9999999999 for cpuset cpus: invalid format: 9999999999",
	} {
		got := ""
		if err := online("cpus", "CPUs", asked, file); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
	if err := online("mems", "memory nodes", "9", file+"none"); err != nil {
		t.Errorf("a kernel without the list: %v", err)
	}
}
