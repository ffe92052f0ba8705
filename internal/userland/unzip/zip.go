package unzip

import (
	"errors"
	"strings"
	"syscall"

	"bantam/internal/compress/inflate"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/modes"

	"golang.org/x/sys/unix"
)

// Magic numbers, behind "PK".
const (
	localMagic      = 0x0403
	centralMagic    = 0x0201
	descriptorMagic = 0x0807
)

// Methods of compression.
const (
	stored   = 0
	deflated = 8
	bzipped  = 12
	lzmaed   = 14
	xzed     = 95
)

// Errors, in BusyBox's words.
var (
	errBad     = errors.New("bad archive")
	errInflate = errors.New("inflate error")
	errCRC     = errors.New("crc error")
)

// member is a file of the archive.
type member struct {
	name                      string
	flags, method, time, date uint16
	crc                       uint32
	packed, unpacked          uint64
	mode                      uint32 // of unix, 0 for none
	start                     int64  // of the data, -1 for where the input stands
	done                      bool   // the data was read
}

func (m *member) kind() uint32 { return m.mode & unix.S_IFMT }

// permissions are those of the member, or the usual ones.
func (m *member) permissions(usual uint32, setID bool) uint32 {
	if m.mode == 0 {
		return usual &^ modes.Umask()
	}
	if setID {
		return m.mode & 0o7777
	}
	return m.mode & 0o1777
}

// reader reads an archive: by its directory, or if one can't seek in it from its
// beginning to its end.
type reader struct {
	in      *applet.In
	size    int64
	file    bool
	at      int64 // of the directory's next entry, with a directory
	shift   int64 // of all offsets: what stands before the archive
	haveDir bool

	inflater *inflate.Inflater
}

func (r *reader) open(in *applet.In) {
	r.in = in
	var st unix.Stat_t
	if in.Fd() >= 0 && unix.Fstat(in.Fd(), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
		r.file, r.size = true, st.Size
		r.directory()
	}
}

func (r *reader) close() { r.in.Close() }

func u16(p []byte) uint16 { return uint16(p[0]) | uint16(p[1])<<8 }
func u32(p []byte) uint32 { return uint32(u16(p)) | uint32(u16(p[2:]))<<16 }
func u64(p []byte) uint64 { return uint64(u32(p)) | uint64(u32(p[4:]))<<32 }

// read reads at a place of the file.
func (r *reader) read(p []byte, at int64) error {
	for len(p) > 0 {
		n, err := syscall.Pread(r.in.Fd(), p, at)
		if err == syscall.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = archive.ErrShort
		}
		if err != nil {
			return err
		}
		p, at = p[n:], at+int64(n)
	}
	return nil
}

// directory finds the directory by its end, the last one in the last 64 KB. What is
// missing of that counts as zeros, as in BusyBox.
func (r *reader) directory() {
	const endSize = 22
	from := max(r.size-64<<10-endSize, 0)
	p := make([]byte, r.size-from+endSize)
	if r.read(p[:r.size-from], from) != nil {
		return
	}
	for i := len(p) - endSize; i >= 0; i-- {
		if string(p[i:i+4]) != "PK\x05\x06" {
			continue
		}
		end := p[i:]
		offset, size := int64(u32(end[16:])), int64(u32(end[12:]))
		here := from + int64(i)
		if i >= 20 && string(p[i-20:i-16]) == "PK\x06\x07" {
			var z [56]byte
			at := int64(u64(p[i-12:]))
			if at >= 0 && r.read(z[:], at) == nil && string(z[:4]) == "PK\x06\x06" {
				size, offset = int64(u64(z[40:])), int64(u64(z[48:]))
				here = at
			}
		}
		if offset < 0 || offset >= here {
			continue
		}
		r.at, r.haveDir = offset, true
		// An archive behind a program counts from its own beginning.
		if !r.isEntry(offset) && size > 0 && size <= here && r.isEntry(here-size) {
			r.shift, r.at = here-size-offset, here-size
		}
		return
	}
}

// isEntry says whether an entry of the directory is there.
func (r *reader) isEntry(at int64) bool {
	var magic [4]byte
	return r.read(magic[:], at) == nil && string(magic[:]) == "PK\x01\x02"
}

// next returns the next member, nil at the end.
func (r *reader) next() (*member, error) {
	if r.haveDir {
		return r.fromDirectory()
	}
	return r.fromStream()
}

// fromDirectory reads the next entry of the directory and the header that it is for.
// Like BusyBox it asks neither for its magic number: what is no member fails when
// it is decompressed.
func (r *reader) fromDirectory() (*member, error) {
	var h [46]byte
	if err := r.read(h[:4], r.at); err != nil {
		return nil, err
	}
	if end := string(h[:4]); end == "PK\x05\x06" || end == "PK\x06\x06" {
		return nil, nil
	}
	if err := r.read(h[:], r.at); err != nil {
		return nil, err
	}
	extra := make([]byte, u16(h[30:]))
	names := r.at + int64(len(h)) + int64(u16(h[28:]))
	if r.read(extra, names) != nil {
		clear(extra)
	}
	r.at = names + int64(len(extra)) + int64(u16(h[32:]))
	m := &member{crc: u32(h[16:]), packed: uint64(u32(h[20:])), unpacked: uint64(u32(h[24:]))}
	offset := uint64(u32(h[42:]))
	m.large(extra, &offset)
	const madeOnUnix = 3
	if h[5] == madeOnUnix {
		m.mode = u32(h[38:]) >> 16
	}
	return m, r.local(m, int64(offset)+r.shift)
}

// local reads the member's own header. Sizes that were unknown when it was written, or
// that have no room there, are only in the directory.
func (r *reader) local(m *member, at int64) error {
	if at < 0 || at > r.size {
		return errBad
	}
	var h [30]byte
	if err := r.read(h[:], at); err != nil {
		return err
	}
	name := make([]byte, u16(h[26:]))
	at += int64(len(h))
	if err := r.read(name, at); err != nil {
		return err
	}
	m.name, m.start = string(name), at+int64(len(name))+int64(u16(h[28:]))
	m.header(h[:])
	const streaming, large = 8, 0xffffffff
	if m.flags&streaming == 0 && u32(h[18:]) != large && u32(h[22:]) != large {
		m.crc, m.packed, m.unpacked = u32(h[14:]), uint64(u32(h[18:])), uint64(u32(h[22:]))
	}
	return m.check()
}

// header takes what doesn't depend on where the header is.
func (m *member) header(h []byte) {
	m.flags, m.method, m.time, m.date = u16(h[6:]), u16(h[8:]), u16(h[10:]), u16(h[12:])
}

// large takes sizes of 64 bits from the extra field, in the order of those that have
// no room in the header.
func (m *member) large(extra []byte, offset *uint64) {
	for len(extra) >= 4 {
		id, size := u16(extra), int(u16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 1 {
			continue
		}
		for _, v := range [...]*uint64{&m.unpacked, &m.packed, offset} {
			if v != nil && *v == 0xffffffff && len(field) >= 8 {
				*v, field = u64(field), field[8:]
			}
		}
	}
}

// check refuses names and flags that can't be handled.
func (m *member) check() error {
	const encrypted, mostName = 1, 4095
	if len(m.name) > mostName {
		return errBad
	}
	if i := strings.IndexByte(m.name, 0); i >= 0 {
		m.name = m.name[:i]
	}
	if m.flags&encrypted != 0 {
		return errors.New("zip flag 1 (encryption) is not supported")
	}
	return nil
}

// fromStream reads the next header.
func (r *reader) fromStream() (*member, error) {
	for {
		var h [30]byte
		if err := short(inflate.ReadFull(r.in, h[:4])); err != nil {
			return nil, err
		}
		magic := u16(h[2:])
		if string(h[:2]) != "PK" || magic != localMagic && magic != centralMagic && magic != descriptorMagic {
			return nil, errors.New("invalid zip magic " + strings.ToUpper(digits(uint64(u32(h[:])), 16, 8)))
		}
		if magic == centralMagic {
			return nil, r.drain()
		}
		rest := h[4:]
		if magic == descriptorMagic {
			rest = h[4:16]
		}
		if err := short(inflate.ReadFull(r.in, rest)); err != nil {
			return nil, err
		}
		if magic == descriptorMagic {
			continue
		}
		m := &member{
			crc: u32(h[14:]), packed: uint64(u32(h[18:])), unpacked: uint64(u32(h[22:])), start: -1,
		}
		m.header(h[:])
		const streaming = 8
		if m.flags&streaming != 0 {
			return nil, errors.New("zip flag 8 (streaming) is not supported")
		}
		names := make([]byte, int(u16(h[26:]))+int(u16(h[28:])))
		if err := short(inflate.ReadFull(r.in, names)); err != nil {
			return nil, err
		}
		m.name = string(names[:u16(h[26:])])
		m.large(names[u16(h[26:]):], nil)
		return m, m.check()
	}
}

// drain reads what is behind the members, so that who writes a pipe isn't killed.
func (r *reader) drain() error {
	for {
		p, err := r.in.Chunk()
		if p == nil || err != nil {
			return err
		}
	}
}

func short(err error) error {
	if err == inflate.ErrShort {
		return archive.ErrShort
	}
	return err
}
