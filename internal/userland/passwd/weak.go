package passwd

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

const shortest = 6

// weak says why a password is a bad one, or "".
func weak(old, password string, u *users.User) string {
	n := len(password)
	switch {
	case n < shortest:
		return "too short"
	case similar(password, u.Name):
		return "similar to username"
	case u.Gecos != "" && similar(password, u.Gecos):
		return "similar to gecos"
	case similar(password, applet.ReadString("/proc/sys/kernel/hostname")):
		return "similar to hostname"
	}
	kinds := [4]bool{}
	for i := range n {
		if strings.Count(password, password[i:i+1])*2 >= n {
			return "too many similar characters"
		}
		switch c := password[i]; {
		case c >= 'a' && c <= 'z':
			kinds[0] = true
		case c >= 'A' && c <= 'Z':
			kinds[1] = true
		case c >= '0' && c <= '9':
			kinds[2] = true
		default:
			kinds[3] = true
		}
	}
	// Two characters fewer for every kind that it has.
	wanted := shortest + 2*len(kinds)
	for _, has := range kinds {
		if has {
			wanted -= 2
		}
	}
	switch {
	case n < wanted:
		return "too weak"
	case old != "" && similar(password, old):
		return "similar to old password"
	}
	return ""
}

// similar says whether one of the texts stands in the other one, in any case, also
// from behind.
func similar(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	back := []byte(a)
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	for _, x := range [2]string{a, string(back)} {
		if strings.Contains(b, x) || strings.Contains(x, b) {
			return true
		}
	}
	return false
}
