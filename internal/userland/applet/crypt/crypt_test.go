package crypt

import (
	"os/exec"
	"strings"
	"testing"
)

func TestHash(t *testing.T) {
	for _, c := range []struct{ password, hashed string }{
		{"QWErty", "12MnB3PqfVbMA"},
		{"", "aaQSqAReePlq6"},
		// Of "Unix crypt using SHA-256 and SHA-512".
		{"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
		{"Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
		{"Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
	} {
		if got, ok := Hash(c.password, c.hashed); !ok || got != c.hashed {
			t.Errorf("%q: %s", c.password, got)
		}
	}
	if got, _ := Hash("x", "$6$rounds=10$x$"); !strings.HasPrefix(got, "$6$rounds=1000$x$") {
		t.Error("less than a thousand rounds: ", got)
	}
	if _, ok := Hash("x", "a"); ok {
		t.Error("a salt of one letter")
	}
}

// All algorithms, against perl's crypt, which is the C library's.
func TestAsLibrary(t *testing.T) {
	for _, setting := range []string{"ab", "..", "zZ", "x/", "$1$saltsalt$", "$1$a$", "$5$abcdefghijklmnopqrst$", "$5$rounds=1234$salt$", "$6$salt$", "$6$rounds=1010$x$"} {
		for _, password := range []string{"", "a", "password", "longer than eight", strings.Repeat("0123456789", 15), "\xc3\xbcml\xff"} {
			out, err := exec.Command("perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, setting).Output()
			if err != nil || len(out) == 0 {
				t.Skip("no perl")
			}
			if got, _ := Hash(password, setting); got != string(out) {
				t.Errorf("%q, %q: %s, not %s", password, setting, got, out)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, algorithm := range []string{"des", "MD5", "sha256", "SHA512"} {
		salt, _ := Salt(algorithm)
		hashed, ok := Hash("secret", salt)
		if !ok || !Matches("secret", hashed) || Matches("Secret", hashed) {
			t.Errorf("%s: %s", algorithm, hashed)
		}
	}
	for _, locked := range []string{"", "!", "*", "x", "!!", "aa"} {
		if Matches("", locked) {
			t.Errorf("%q matches", locked)
		}
	}
}

func FuzzHash(f *testing.F) {
	f.Add("secret", "$5$rounds=1000$x$")
	f.Fuzz(func(t *testing.T, password, setting string) {
		if strings.Contains(setting, "rounds") || len(password) > 100 {
			return
		}
		Hash(password, setting)
	})
}
