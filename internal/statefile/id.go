package statefile

import (
	"encoding/hex"

	"golang.org/x/sys/unix"
)

// NewID draws the 64 hex digits by which docker names containers, networks and endpoints.
func NewID() string {
	var b [32]byte
	for got := 0; got < len(b); {
		n, err := unix.Getrandom(b[got:], 0)
		if err == nil {
			got += n
		}
	}
	return hex.EncodeToString(b[:])
}
