// Package crypt hashes passwords as crypt(3) does: DES, MD5, SHA-256 and SHA-512.
package crypt

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Salt makes a random salt for an algorithm: des, md5, sha256 or sha512, in any case,
// of which the beginning decides, as in BusyBox. The first so many bytes name the algorithm.
func Salt(algorithm string) (salt string, prefix int) {
	name, size := strings.ToLower(algorithm), 8
	switch {
	case strings.HasPrefix(name, "d"):
		size = 2
	case name == "sha512":
		salt, size = "$6$", 16
	case strings.HasPrefix(name, "s"):
		salt, size = "$5$", 16
	default:
		salt = "$1$"
	}
	prefix = len(salt)
	random := make([]byte, size)
	unix.Getrandom(random, 0)
	for _, b := range random {
		salt += letters[b&63 : b&63+1]
	}
	return salt, prefix
}

// Hash hashes a password with the setting, which may be a whole hash. ok is false for a
// setting that isn't one.
func Hash(password, setting string) (hashed string, ok bool) {
	switch {
	case strings.HasPrefix(setting, "$1$"):
		return md5Crypt(password, salt(setting[3:], 8)), true
	case strings.HasPrefix(setting, "$5$"):
		return shaCrypt(password, setting, sha256.New()), true
	case strings.HasPrefix(setting, "$6$"):
		return shaCrypt(password, setting, sha512.New()), true
	}
	return desCrypt(password, setting)
}

// Matches says whether the password is the one that was hashed.
func Matches(password, hashed string) bool {
	again, ok := Hash(password, hashed)
	return ok && subtle.ConstantTimeCompare([]byte(again), []byte(hashed)) == 1
}

// salt is what stands before the next $, at most so many bytes.
func salt(text string, most int) string {
	text, _, _ = strings.Cut(text, "$")
	return text[:min(len(text), most)]
}

// to64 appends the lowest n times six bits.
func to64(dst []byte, v uint, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, letters[v&63])
		v >>= 6
	}
	return dst
}

// three appends three bytes as four letters.
func three(dst []byte, a, b, c byte) []byte {
	return to64(dst, uint(a)<<16|uint(b)<<8|uint(c), 4)
}

// sum hashes the parts one after the other.
func sum(h hash.Hash, parts ...[]byte) []byte {
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// repeat is p again and again, n bytes of it.
func repeat(p []byte, n int) []byte {
	var long []byte
	for len(long) < n {
		long = append(long, p[:min(len(p), n-len(long))]...)
	}
	return long
}

// md5Crypt is Poul-Henning Kamp's.
func md5Crypt(password, salt string) string {
	key, s, h := []byte(password), []byte(salt), md5.New()
	inner := sum(h, key, s, key)
	h.Reset()
	h.Write(key)
	h.Write([]byte("$1$"))
	h.Write(s)
	h.Write(repeat(inner, len(key)))
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			h.Write([]byte{0})
		} else {
			h.Write(key[:1])
		}
	}
	final := h.Sum(nil)
	for i := range 1000 {
		final = mix(h, i, final, key, s)
	}
	out := []byte("$1$" + salt + "$")
	for i := range 5 {
		last := final[5]
		if i < 4 {
			last = final[i+12]
		}
		out = three(out, final[i], final[i+6], last)
	}
	return string(to64(out, uint(final[11]), 2))
}

// mix is one round, the same for MD5 and SHA.
func mix(h hash.Hash, round int, last, key, salt []byte) []byte {
	h.Reset()
	if round&1 != 0 {
		h.Write(key)
	} else {
		h.Write(last)
	}
	if round%3 != 0 {
		h.Write(salt)
	}
	if round%7 != 0 {
		h.Write(key)
	}
	if round&1 != 0 {
		h.Write(last)
	} else {
		h.Write(key)
	}
	return h.Sum(last[:0:0])
}

// shaCrypt is Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".
func shaCrypt(password, setting string, h hash.Hash) string {
	prefix, rest := setting[:3], setting[3:]
	rounds := 5000
	if after, found := strings.CutPrefix(rest, "rounds="); found {
		number, tail, dollar := strings.Cut(after, "$")
		if n, err := strconv.ParseUint(number, 10, 63); err == nil && dollar {
			rounds = int(min(max(n, 1000), 999999999))
			rest = tail
			prefix += "rounds=" + strconv.Itoa(rounds) + "$"
		}
	}
	s := []byte(salt(rest, 16))
	key := []byte(password)
	b := sum(h, key, s, key)
	h.Reset()
	h.Write(key)
	h.Write(s)
	h.Write(repeat(b, len(key)))
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			h.Write(b)
		} else {
			h.Write(key)
		}
	}
	a := h.Sum(nil)
	h.Reset()
	for range key {
		h.Write(key)
	}
	longKey := repeat(h.Sum(nil), len(key))
	h.Reset()
	for range 16 + int(a[0]) {
		h.Write(s)
	}
	longSalt := repeat(h.Sum(nil), len(s))
	for i := range rounds {
		a = mix(h, i, a, longKey, longSalt)
	}
	return string(shaLetters([]byte(prefix+string(s)+"$"), a))
}

// shaLetters appends the hash in the order that the algorithm wants.
func shaLetters(out, a []byte) []byte {
	if len(a) == sha256.Size {
		x, y, z := 0, 10, 20
		for range 10 {
			out = three(out, a[x], a[y], a[z])
			x, y, z = z+1, x+1, y+1
		}
		return to64(out, uint(a[31])<<8|uint(a[30]), 3)
	}
	x, y, z := 0, 21, 42
	for range 21 {
		out = three(out, a[x], a[y], a[z])
		x, y, z = y+1, z+1, x+1
	}
	return to64(out, uint(a[63]), 2)
}
