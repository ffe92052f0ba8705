// Package digest names content by its SHA-256, as the OCI image specification
// does (descriptor.md, "Digests"). Only sha256 is accepted: it is the one
// algorithm that every implementation must have.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
)

// Digest is "sha256:" and 64 lower-case hexadecimal digits.
type Digest string

const prefix = "sha256:"

// ErrInvalid says that a text is not a digest.
var ErrInvalid = errors.New("invalid digest: want sha256: and 64 hexadecimal digits")

// Parse checks that s is a digest. Nothing that fails here may become part of a
// path (CVE-2024-3727).
func Parse(s string) (Digest, error) {
	if len(s) != len(prefix)+64 || s[:len(prefix)] != prefix || !IsHex(s[len(prefix):]) {
		return "", ErrInvalid
	}
	return Digest(s), nil
}

// IsHex reports whether s has only lower-case hexadecimal digits.
func IsHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// FromHex makes a digest of 64 digits that are known to be good.
func FromHex(h string) Digest { return Digest(prefix + h) }

// FromBytes is the digest of b.
func FromBytes(b []byte) Digest {
	sum := sha256.Sum256(b)
	return FromHex(hex.EncodeToString(sum[:]))
}

// New returns a hash; give it to From when everything is written.
func New() hash.Hash { return sha256.New() }

// From is the digest of what was written to h.
func From(h hash.Hash) Digest { return FromHex(hex.EncodeToString(h.Sum(nil))) }

// Hex is the digest without its algorithm.
func (d Digest) Hex() string {
	if len(d) < len(prefix) {
		return ""
	}
	return string(d[len(prefix):])
}

// Short is what people are shown: the first twelve digits.
func (d Digest) Short() string {
	if h := d.Hex(); len(h) > 12 {
		return h[:12]
	}
	return d.Hex()
}

func (d Digest) String() string { return string(d) }
