// Package compressed recognizes compressed data and decompresses it.
package compressed

import (
	"io"
	"strings"

	"bantam/internal/compress/inflate"
	"bantam/internal/compress/lzma"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/bzip2"
	"bantam/internal/userland/applet/inplace"
	"bantam/internal/userland/applet/lzw"
)

// Detect returns what decompresses the input's content, by its magic number; nil if it
// has none that is known. Nothing of the input is taken by that.
func Detect(in *applet.In) inplace.Decoder {
	p := Peek(in, 6)
	switch {
	case strings.HasPrefix(string(p), "\x1f\x8b"):
		return inflate.NewReader(in)
	case strings.HasPrefix(string(p), "BZ"):
		return bzip2.NewReader(in)
	case strings.HasPrefix(string(p), "\xfd7zXZ\x00"):
		return lzma.NewXZ(in)
	case strings.HasPrefix(string(p), "\x1f\x9d"):
		return lzw.NewReader(in)
	}
	return nil
}

// Peek returns the next bytes without taking them: n or more, fewer only at the end.
func Peek(in *applet.In, n int) []byte {
	for len(in.Buffered()) < n {
		if err := in.Fill(); err != nil {
			if err == io.EOF {
				break
			}
			return nil
		}
	}
	return in.Buffered()
}
