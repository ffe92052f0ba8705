// Package volumeid finds file systems by what is written on them: type, label and
// UUID, for LABEL= and UUID= of mount(8), swapon(8), findfs(8) and for blkid(8).
package volumeid

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Volume is what a device says about itself. Label and UUID may be empty.
type Volume struct{ Type, Label, UUID string }

// format says where a file system keeps its magic, its label and its UUID.
type format struct {
	name    string
	at      int64
	magic   string
	labelAt int64
	labelN  int
	uuidAt  int64
	special uint8
}

// What needs more than the positions.
const (
	plain uint8 = iota
	extended
	utf16Label
	textUUID
	fat
	exfat
	ntfs
)

// formats are tried in order. Positions are those of the kernel's headers.
var formats = [...]format{
	{"crypto_LUKS", 0, "LUKS\xba\xbe", 0, 0, 168, textUUID},
	{"bcache", 0x1018, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", 0x1048, 32, 0x1028, plain},
	{"swap", 4086, "SWAPSPACE2", 0x41c, 16, 0x40c, plain},
	{"swap", 8182, "SWAPSPACE2", 0x41c, 16, 0x40c, plain},
	{"swap", 16374, "SWAPSPACE2", 0x41c, 16, 0x40c, plain},
	{"swap", 65526, "SWAPSPACE2", 0x41c, 16, 0x40c, plain},
	{"swap", 4086, "SWAP-SPACE", 0, 0, 0, plain},
	{"ext", 0x438, "\x53\xef", 0x478, 16, 0x468, extended},
	{"xfs", 0, "XFSB", 108, 12, 32, plain},
	{"btrfs", 0x10040, "_BHRfS_M", 0x1012b, 256, 0x10020, plain},
	{"f2fs", 0x400, "\x10\x20\xf5\xf2", 0x47c, 1024, 0x46c, utf16Label},
	{"erofs", 0x400, "\xe2\xe1\xf5\xe0", 0x440, 16, 0x430, plain},
	{"jfs", 0x8000, "JFS1", 0x8098, 16, 0x8088, plain},
	{"reiserfs", 0x10034, "ReIsErFs", 0, 0, 0, plain},
	{"reiserfs", 0x10034, "ReIsEr2Fs", 0x10064, 16, 0x10054, plain},
	{"reiserfs", 0x10034, "ReIsEr3Fs", 0x10064, 16, 0x10054, plain},
	{"reiserfs", 0x10000, "ReIsEr4", 0x10024, 16, 0x10014, plain},
	{"nilfs2", 0x406, "\x34\x34", 0x4a8, 80, 0x498, plain},
	{"ocfs2", 0x2000, "OCFSV2", 0x2110, 64, 0x2150, plain},
	{"squashfs", 0, "hsqs", 0, 0, 0, plain},
	{"squashfs", 0, "sqsh", 0, 0, 0, plain},
	{"cramfs", 0, "\x45\x3d\xcd\x28", 48, 16, 0, plain},
	{"romfs", 0, "-rom1fs-", 16, 64, 0, plain},
	{"ubifs", 0, "\x31\x18\x10\x06", 0, 0, 0, plain},
	{"udf", 0x8801, "NSR0", 0, 0, 0, plain},
	{"udf", 0x9001, "NSR0", 0, 0, 0, plain},
	{"iso9660", 0x8001, "CD001", 0x8028, 32, 0, plain},
	{"exfat", 3, "EXFAT   ", 0, 0, 0x64, exfat},
	{"ntfs", 3, "NTFS    ", 0, 0, 0x48, ntfs},
	{"minix", 0x410, "\x7f\x13", 0, 0, 0, plain},
	{"minix", 0x410, "\x8f\x13", 0, 0, 0, plain},
	{"minix", 0x410, "\x68\x24", 0, 0, 0, plain},
	{"minix", 0x410, "\x78\x24", 0, 0, 0, plain},
	{"minix", 0x418, "\x5a\x4d", 0, 0, 0, plain},
	{"vfat", 82, "FAT32   ", 0, 0, 0x43, fat},
	{"vfat", 82, "MSWIN", 0, 0, 0x43, fat},
	{"vfat", 54, "FAT16   ", 0, 0, 0x27, fat},
	{"vfat", 54, "FAT12   ", 0, 0, 0x27, fat},
	{"vfat", 54, "MSDOS", 0, 0, 0x27, fat},
}

// device reads at positions; what can't be read is zero bytes.
type device struct{ fd int }

func (d device) read(at int64, n int) []byte {
	p := make([]byte, n)
	for read := 0; read < n; {
		k, err := syscall.Pread(d.fd, p[read:], at+int64(read))
		if err == syscall.EINTR {
			continue
		}
		if k <= 0 {
			break
		}
		read += k
	}
	return p
}

// Probe says what is on the device.
func Probe(fd int) (v Volume, found bool) {
	d := device{fd}
	start := d.read(0, 68<<10)
	for i := range formats {
		f := &formats[i]
		if string(start[f.at:f.at+int64(len(f.magic))]) == f.magic {
			return d.describe(f), true
		}
	}
	return v, false
}

func (d device) describe(f *format) Volume {
	v := Volume{Type: f.name}
	if f.labelN > 0 {
		v.Label = text(d.read(f.labelAt, f.labelN))
	}
	if f.uuidAt > 0 {
		v.UUID = dce(d.read(f.uuidAt, 16))
	}
	switch f.special {
	case extended:
		v.Type = extType(d.read(0x45c, 12))
	case utf16Label:
		v.Label = utf16(d.read(f.labelAt, f.labelN))
	case textUUID:
		v.UUID = text(d.read(f.uuidAt, 40))
	case fat:
		v.UUID, v.Label = serial(d.read(f.uuidAt, 4)), d.fatLabel(f.uuidAt)
	case exfat:
		v.UUID = serial(d.read(f.uuidAt, 4))
		d.exfatRoot(&v)
	case ntfs:
		v.UUID, v.Label = reversed(d.read(f.uuidAt, 8)), d.ntfsLabel()
	}
	return v
}

// extType tells ext2, ext3 and ext4 apart by their features.
func extType(features []byte) string {
	const (
		compatJournal  = 1 << 2
		incompatDevice = 1 << 3
		incompatExt4   = 1<<6 | 1<<7 | 1<<9 // extents, 64bit, flex_bg
		readOnlyExt4   = 1<<3 | 1<<4 | 1<<5 | 1<<6
	)
	incompat := le32(features[4:])
	switch {
	case incompat&incompatDevice != 0:
		return "jbd"
	case incompat&incompatExt4 != 0 || le32(features[8:])&readOnlyExt4 != 0:
		return "ext4"
	case le32(features)&compatJournal != 0:
		return "ext3"
	}
	return "ext2"
}

// Each calls f for every block device below /dev, until f returns false.
func Each(f func(path string, v Volume) bool) { each("/dev", f) }

func each(dir string, f func(path string, v Volume) bool) bool {
	const floppy = 2
	entries, _ := applet.ReadDir(dir)
	for _, e := range entries {
		path := applet.Join(dir, e.Name)
		var st syscall.Stat_t
		if syscall.Lstat(path, &st) != nil {
			continue
		}
		switch st.Mode & syscall.S_IFMT {
		case syscall.S_IFDIR:
			if !each(path, f) {
				return false
			}
		case syscall.S_IFBLK:
			// An empty floppy drive keeps its reader waiting.
			if st.Rdev>>8 == floppy {
				continue
			}
			if v, ok := ProbeFile(path); ok && !f(path, v) {
				return false
			}
		}
	}
	return true
}

// ProbeFile is Probe of the file of that name.
func ProbeFile(path string) (v Volume, found bool) {
	fd, err := applet.OpenFile(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return v, false
	}
	defer syscall.Close(fd)
	return Probe(fd)
}

// Resolve turns "LABEL=x" and "UUID=x" into the device that has it. Anything else, and
// what isn't found, comes back as it is.
func Resolve(spec string) string {
	kind, want, ok := strings.Cut(spec, "=")
	if !ok || kind != "LABEL" && kind != "UUID" {
		return spec
	}
	want = strings.Trim(want, `"`)
	found := spec
	Each(func(path string, v Volume) bool {
		if kind == "LABEL" && v.Label == want && want != "" || kind == "UUID" && strings.EqualFold(v.UUID, want) {
			found = path
			return false
		}
		return true
	})
	return found
}
