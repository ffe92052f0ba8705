// Package charset says how the text of a call is encoded.
package charset

import (
	"strings"

	"bantam/internal/userland/applet"
)

// UTF8 says whether the locale of the call's environment names UTF-8. In all other
// locales a byte is a character.
func UTF8(c *applet.Call) bool {
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := c.Getenv(name); value != "" {
			return strings.Contains(value, ".UTF") || strings.Contains(value, ".utf")
		}
	}
	return false
}
