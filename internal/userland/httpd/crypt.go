package httpd

import (
	"crypto/subtle"

	"bantam/internal/userland/applet/crypt"
	"bantam/internal/userland/applet/users"
)

// encrypted is a password as httpd.conf may have it instead of itself.
func encrypted(password string) string {
	salt, _ := crypt.Salt("md5")
	hash, _ := crypt.Hash(password, salt)
	return hash
}

// samePassword compares a password with one of the configuration, which may be
// encrypted, or with one of the system's, which always is.
func samePassword(password, want string, encrypted bool) bool {
	if encrypted || len(want) > 1 && want[0] == '$' && want[1] >= '0' && want[1] <= '9' {
		return crypt.Matches(password, want)
	}
	return subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}

// systemPassword returns a user's encrypted password.
func systemPassword(name string) (string, bool) {
	password, found := "", false
	for _, path := range [2]string{"/etc/passwd", "/etc/shadow"} {
		users.Lines(path, func(line string) bool {
			user, rest := users.Field(line)
			if user == name {
				password, _ = users.Field(rest)
				found = true
				return false
			}
			return true
		})
		if !found || password != "x" && password != "*" {
			break
		}
	}
	return password, found && password != ""
}
