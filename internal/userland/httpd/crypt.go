package httpd

import (
	"crypto/md5"
	"crypto/subtle"
	"strings"

	"bantam/internal/userland/applet/socket"
	"bantam/internal/userland/applet/users"
)

const saltDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// salt makes a salt for a password.
func salt() string {
	var b [8]byte
	socket.Random(b[:])
	for i := range b {
		b[i] = saltDigits[b[i]&63]
	}
	return string(b[:])
}

// md5Crypt is crypt(3)'s "$1$".
func md5Crypt(password, salt string) string {
	salt = salt[:min(len(salt), 8)]
	inner := md5.Sum([]byte(password + salt + password))
	text := []byte(password + "$1$" + salt)
	for n := len(password); n > 0; n -= 16 {
		text = append(text, inner[:min(n, 16)]...)
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			text = append(text, 0)
		} else {
			text = append(text, password[0])
		}
	}
	sum := md5.Sum(text)
	for i := range 1000 {
		text = text[:0]
		first, last := []byte(password), sum[:]
		if i&1 == 0 {
			first, last = last, first
		}
		text = append(text, first...)
		if i%3 != 0 {
			text = append(text, salt...)
		}
		if i%7 != 0 {
			text = append(text, password...)
		}
		sum = md5.Sum(append(text, last...))
	}
	out := []byte("$1$" + salt + "$")
	put := func(a, b, c byte, digits int) {
		n := uint32(a)<<16 | uint32(b)<<8 | uint32(c)
		for range digits {
			out = append(out, saltDigits[n&63])
			n >>= 6
		}
	}
	for i := range 4 {
		put(sum[i], sum[i+6], sum[i+12], 4)
	}
	put(sum[4], sum[10], sum[5], 4)
	put(0, 0, sum[11], 2)
	return string(out)
}

// samePassword compares a password with one of the configuration, which may be
// encrypted, or with one of the system's, which always is. Of the ways to encrypt
// "$1$" is known; another never fits.
func samePassword(password, want string, encrypted bool) bool {
	if encrypted || len(want) > 1 && want[0] == '$' && want[1] >= '0' && want[1] <= '9' {
		rest, found := strings.CutPrefix(want, "$1$")
		salt, _, _ := strings.Cut(rest, "$")
		if !found {
			return false
		}
		password = md5Crypt(password, salt)
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
