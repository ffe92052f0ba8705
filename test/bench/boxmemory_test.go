package main

import "testing"

func TestMebibytes(t *testing.T) {
	for text, want := range map[string]float64{"944KiB / 23.54GiB": 0.921875, "1.5MiB / 1GiB": 1.5, "0B / 0B": 0, "2GiB / 4GiB": 2048} {
		if got, err := mebibytes(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := mebibytes("-- / --"); err == nil {
		t.Error("a stopped container's figure was taken")
	}
}
