package network

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// ParseMAC reads a MAC address of six bytes with colons or dashes between; nil is none.
func ParseMAC(text string) []byte {
	if len(text) != 17 {
		return nil
	}
	for i := 2; i < len(text); i += 3 {
		if text[i] != text[2] || text[i] != ':' && text[i] != '-' {
			return nil
		}
	}
	mac, err := hex.DecodeString(strings.ReplaceAll(text, text[2:3], ""))
	if err != nil || len(mac) != 6 {
		return nil
	}
	return mac
}

// FormatMAC writes a MAC address.
func FormatMAC(mac []byte) string {
	text := make([]byte, 0, 17)
	for i, b := range mac {
		if i > 0 {
			text = append(text, ':')
		}
		text = hex.AppendEncode(text, []byte{b})
	}
	return string(text)
}

// MAC is the MAC address of a container: of its IPv4 address as docker's was for long, so that whoever
// gets the address of another has its MAC, too, and no neighbour remembers a wrong one. Without an
// IPv4 address it is drawn.
func MAC(v4 netip.Addr) string {
	mac := []byte{0x02, 0x42, 0, 0, 0, 0}
	if v4.Is4() {
		copy(mac[2:], v4.AsSlice())
	} else {
		unix.Getrandom(mac[2:], 0)
	}
	return FormatMAC(mac)
}
