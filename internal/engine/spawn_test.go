package engine

import (
	"syscall"
	"testing"
)

// A program executed by way of a descriptor is lost in the child if its number is above all others'.
func TestNullAbove(t *testing.T) {
	low, err := nullAbove(-1)
	if err != nil {
		t.Fatal(err)
	}
	high, err := nullAbove(low + 40)
	if err != nil {
		t.Fatal(err)
	}
	if high <= low+40 {
		t.Errorf("%d is not above %d", high, low+40)
	}
	syscall.Close(low)
	syscall.Close(high)
}
