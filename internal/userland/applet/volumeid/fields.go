package volumeid

import (
	"strings"
	"unicode/utf8"
)

func le16(p []byte) uint32 { return uint32(p[0]) | uint32(p[1])<<8 }

func le32(p []byte) uint32 { return le16(p) | le16(p[2:])<<16 }

const hexDigits = "0123456789abcdef"

// text is a label without what it was filled up with.
func text(p []byte) string {
	s, _, _ := strings.Cut(string(p), "\x00")
	return strings.TrimRight(s, " \n")
}

// dce writes 16 bytes as RFC 9562 does, "" if they are all zero.
func dce(p []byte) string {
	out, any := make([]byte, 0, 36), byte(0)
	for i, b := range p {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hexDigits[b>>4], hexDigits[b&15])
		any |= b
	}
	if any == 0 {
		return ""
	}
	return string(out)
}

// reversed writes a little-endian number in hexadecimal: NTFS's serial number.
func reversed(p []byte) string {
	out := make([]byte, 0, 2*len(p))
	for i := len(p) - 1; i >= 0; i-- {
		out = append(out, hexDigits[p[i]>>4], hexDigits[p[i]&15])
	}
	return strings.ToUpper(string(out))
}

// serial writes the serial number of DOS: 1234-ABCD.
func serial(p []byte) string {
	s := reversed(p)
	if s == "00000000" {
		return ""
	}
	return s[:4] + "-" + s[4:]
}

// utf16 reads little-endian UTF-16 up to its first zero.
func utf16(p []byte) string {
	var out []byte
	for ; len(p) >= 2 && le16(p) != 0; p = p[2:] {
		out = utf8.AppendRune(out, rune(le16(p)))
	}
	return strings.TrimRight(string(out), " ")
}

// fatLabel is the volume entry of the root folder, or else the label in the boot sector.
func (d device) fatLabel(serialAt int64) string {
	boot := d.read(0, 512)
	sector, cluster := int64(le16(boot[11:])), int64(boot[13])
	reserved, fats, entries := int64(le16(boot[14:])), int64(boot[16]), int64(le16(boot[17:]))
	perFAT := int64(le16(boot[22:]))
	if perFAT == 0 {
		perFAT = int64(le32(boot[36:]))
	}
	root, size := (reserved+fats*perFAT)*sector, entries*32
	if entries == 0 { // FAT32: the root is a chain of clusters, whose first has the label
		root += (int64(le32(boot[44:])) - 2) * cluster * sector
		size = cluster * sector
	}
	for p := d.read(root, int(min(size, 64<<10))); len(p) >= 32 && p[0] != 0; p = p[32:] {
		const volume, folder, deleted = 0x08, 0x10, 0xe5
		if p[11]&(volume|folder) == volume && p[11]&0x3f != 0x0f && p[0] != deleted {
			return dosLabel(p[:11])
		}
	}
	return dosLabel(boot[serialAt+4:][:11])
}

func dosLabel(p []byte) string {
	if string(p) == "NO NAME    " {
		return ""
	}
	return text(p)
}

// exfatRoot reads label and GUID from the first entries of the root folder.
func (d device) exfatRoot(v *Volume) {
	boot := d.read(0, 512)
	sector, cluster := boot[108], boot[109]
	if sector > 12 || cluster > 25 {
		return
	}
	at := int64(le32(boot[88:]))<<sector + (int64(le32(boot[96:]))-2)<<(sector+cluster)
	for p := d.read(at, 64*32); len(p) >= 32 && p[0] != 0; p = p[32:] {
		switch p[0] {
		case 0x83:
			v.Label = utf16(p[2 : 2+2*min(int(p[1]), 11)])
		case 0xa0:
			v.UUID = dce(p[6:22])
		}
	}
}

// ntfsLabel is the $VOLUME_NAME of the file $Volume, the fourth of the master file table.
func (d device) ntfsLabel() string {
	boot := d.read(0, 512)
	sector, cluster := int64(le16(boot[11:])), int64(boot[13])
	size := int64(int8(boot[64])) * sector * cluster
	if size < 0 {
		size = 1 << (-int8(boot[64]) & 31)
	}
	if size < 512 || size > 64<<10 {
		return ""
	}
	record := d.read((int64(le32(boot[48:]))|int64(le32(boot[52:]))<<32)*sector*cluster+3*size, int(size))
	if string(record[:4]) != "FILE" {
		return ""
	}
	const volumeName = 0x60
	for at := int64(le16(record[20:])); at+24 <= size; {
		kind, length := le32(record[at:]), int64(le32(record[at+4:]))
		if kind == volumeName {
			from := at + int64(le16(record[at+20:]))
			to := from + int64(le32(record[at+16:]))
			if to > size || from > to {
				return ""
			}
			return utf16(record[from:to])
		}
		if length < 24 {
			return ""
		}
		at += length
	}
	return ""
}
