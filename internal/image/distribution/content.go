package distribution

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"

	"bantam/internal/image/digest"
)

// content is a digest that a client gave: sha256, or sha512, under which the store, which
// knows sha256 only, keeps nothing.
type content struct{ algorithm, hex string }

func parseContent(s string) (content, error) {
	algorithm, digits, _ := strings.Cut(s, ":")
	want := map[string]int{"sha256": 64, "sha512": 128}[algorithm]
	if want == 0 {
		return content{}, digestInvalid("the digest's algorithm is not supported: want sha256 or sha512")
	}
	if len(digits) != want || !digest.IsHex(digits) {
		return content{}, digestInvalid("the digest is invalid")
	}
	return content{algorithm, digits}, nil
}

func (d content) String() string { return d.algorithm + ":" + d.hex }

// key is what the digest is called in a repository's folder.
func (d content) key() string {
	if d.algorithm == "sha256" {
		return d.hex
	}
	return d.algorithm + "." + d.hex
}

func (d content) hash() hash.Hash {
	if d.algorithm == "sha512" {
		return sha512.New()
	}
	return sha256.New()
}

// is says whether b has the digest.
func (d content) is(b []byte) bool {
	h := d.hash()
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)) == d.hex
}
