package passwd

import (
	"testing"

	"bantam/internal/userland/applet/users"
)

func TestWeak(t *testing.T) {
	u := &users.User{Name: "johndoe", Gecos: "John Doe"}
	for password, want := range map[string]string{
		"":              "too short",
		"23577315":      "too weak",
		"JohnDoe123%":   "similar to username",
		"eoD nhoJ^44@":  "similar to gecos",
		"^33Daaaaaa1":   "too many similar characters",
		"xa1B2-old#X9z": "similar to old password",
		"}(^#rrSX3S*22": "",
	} {
		if got := weak("xA1b2-OLD#", password, u); got != want {
			t.Errorf("%q: %q, not %q", password, got, want)
		}
	}
}
