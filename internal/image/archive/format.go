// Package archive recognises and undoes the compression of a stream by its first
// bytes, never by its name: gzip, zstd, bzip2, xz or none.
//
// What is decompressed here comes from strangers, so each decompressor is held
// to a window of 128 MiB, the limit of the zstd command. No other program is run
// (CVE-2026-41567: docker ran an xz that it found in the container).
package archive

import "bytes"

// Format is a compression.
type Format uint8

// The formats that Detect knows.
const (
	Plain Format = iota
	Gzip
	Zstd
	Bzip2
	XZ
)

func (f Format) String() string {
	switch f {
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	case Bzip2:
		return "bzip2"
	case XZ:
		return "xz"
	}
	return "plain"
}

// MediaType is the OCI type of a layer in this format, or "" where there is none
// (image-spec, layer.md).
func (f Format) MediaType() string {
	switch f {
	case Plain:
		return "application/vnd.oci.image.layer.v1.tar"
	case Gzip:
		return "application/vnd.oci.image.layer.v1.tar+gzip"
	case Zstd:
		return "application/vnd.oci.image.layer.v1.tar+zstd"
	}
	return ""
}

// MagicLen is how many bytes Detect wants to see.
const MagicLen = 18

// Detect tells the format from the first bytes of a stream; what it does not
// know is Plain. A zstd stream may begin with a skippable frame (RFC 8878, 3.1.2).
func Detect(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return Zstd
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return Zstd
	case len(head) >= 4 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9':
		return Bzip2
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return XZ
	}
	return Plain
}
