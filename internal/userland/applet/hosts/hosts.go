// Package hosts looks names up in /etc/hosts (hosts(5)).
package hosts

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Lookup returns the official name and the addresses that /etc/hosts has for a name.
func Lookup(name string) (official string, addresses []string) {
	data, _ := applet.ReadFile("/etc/hosts")
	return Find(string(data), name)
}

// Find is Lookup in the text of such a file.
func Find(text, name string) (official string, addresses []string) {
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		for i := 1; i < len(f); i++ {
			if strings.EqualFold(f[i], name) {
				if official == "" {
					official = f[1]
				}
				addresses = append(addresses, f[0])
				break
			}
		}
	}
	return official, addresses
}
