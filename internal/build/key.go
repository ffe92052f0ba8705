package build

import (
	"hash"
	"io"
	"strconv"

	"bantam/internal/image/digest"
)

// key hashes what a step depends on. Each word has its length before it, so that two lists of
// words never look the same.
type key struct{ h hash.Hash }

// keyVersion changes when a step's meaning does: what older versions made is not found then.
const keyVersion = "1"

func newKey(kind string) key {
	k := key{digest.New()}
	k.add(keyVersion, kind)
	return k
}

func (k key) add(words ...string) {
	for _, w := range words {
		io.WriteString(k.h, strconv.Itoa(len(w))+":")
		io.WriteString(k.h, w)
	}
}

// list adds a list with its length.
func (k key) list(name string, words []string) {
	k.add(name, strconv.Itoa(len(words)))
	k.add(words...)
}

func (k key) digest() digest.Digest { return digest.From(k.h) }
