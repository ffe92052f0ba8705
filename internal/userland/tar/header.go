package tar

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"golang.org/x/sys/unix"
)

const blockSize = 512

// Errors, in BusyBox's words.
var (
	errMagic    = errors.New("invalid tar magic")
	errChecksum = errors.New("invalid tar header checksum")
	errOctal    = errors.New("corrupted octal value in tar header")
	errBad      = errors.New("bad archive")
)

// reader reads the headers of an archive.
type reader struct {
	source *archive.Source
	warn   func(string)
	next   int64 // where the next header is
	zero   bool  // the last header was an empty one
	any    bool  // there was one, empty or not

	entry  archive.Entry
	path   string // from the headers before, for the next member
	link   string
	global extended
	local  extended
}

// extended is what pax headers say.
type extended struct {
	records []string // KEYWORD=VALUE
}

// get returns the last value of a keyword.
func (r *reader) get(keyword string) (string, bool) {
	for _, x := range [...]*extended{&r.local, &r.global} {
		for i := len(x.records) - 1; i >= 0; i-- {
			if value, ok := strings.CutPrefix(x.records[i], keyword); ok && value != "" && value[0] == '=' {
				return value[1:], true
			}
		}
	}
	return "", false
}

// text is a field up to its zero.
func text(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

// octal is a field's number, in octal digits or, with the highest bit set, in base 256
// as GNU does for large and negative numbers.
func octal(field []byte) (int64, error) {
	if field[0]&0x80 != 0 {
		v := int64(int8(field[0]<<1) >> 1)
		for _, b := range field[1:] {
			v = v<<8 | int64(b)
		}
		return v, nil
	}
	s := strings.TrimLeft(text(field), " ")
	if i := strings.IndexByte(s, ' '); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(s, 8, 64)
	if err != nil {
		return 0, errOctal
	}
	return v, nil
}

// looksLike says whether a block may be a header.
func looksLike(h []byte) bool {
	return string(h[257:262]) == "ustar" || string(h[257:262]) == "\x00\x00\x00\x00\x00"
}

// checksum says whether the header's sum is right, of bytes or, as in old programs of
// Sun, of signed ones.
func checksum(h []byte) error {
	sum, signed := int64(0), int64(0)
	for i, b := range h[:blockSize] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int64(b)
		signed += int64(int8(b))
	}
	want, err := octal(h[148:156])
	if err == nil && want != sum && want != signed {
		err = errChecksum
	}
	return err
}

// member reads the next header and those that belong to it; nil at the end, or
// for an empty one.
func (r *reader) member() (e *archive.Entry, end bool, err error) {
	for {
		if r.next < r.source.Offset {
			return nil, true, errBad
		}
		if err := r.source.Skip(r.next - r.source.Offset); err != nil {
			return nil, true, err
		}
		var h [blockSize]byte
		n, err := r.source.Read(h[:])
		switch {
		case err != nil:
			r.warn(applet.Reason(err))
			return nil, true, archive.ErrShort
		case n == 0:
			if !r.any {
				err = archive.ErrShort
			}
			return nil, true, err
		case n < blockSize:
			if r.source.Offset < blockSize {
				return nil, true, errMagic
			}
			return nil, true, archive.ErrShort
		}
		r.next = r.source.Offset
		if h[0] == 0 && h[345] == 0 && r.path == "" && !r.has("path") {
			if r.zero {
				return nil, true, r.drain()
			}
			r.zero, r.any = true, true
			return nil, false, nil
		}
		r.zero = false
		if !looksLike(h[:]) {
			return nil, true, errMagic
		}
		if err := checksum(h[:]); err != nil {
			return nil, true, err
		}
		done, err := r.header(h[:])
		if err != nil {
			return nil, true, err
		}
		if done {
			r.any = true
			return &r.entry, false, nil
		}
	}
}

func (r *reader) has(keyword string) bool {
	_, ok := r.get(keyword)
	return ok
}

// drain reads what is behind the end, so that who writes a pipe isn't killed.
func (r *reader) drain() error {
	for {
		p, err := r.source.Next(1 << 20)
		if len(p) == 0 || err != nil {
			return err
		}
	}
}

// header takes a header. It returns false if the member's own is yet to come.
func (r *reader) header(h []byte) (done bool, err error) {
	e := &r.entry
	*e = archive.Entry{}
	if err := r.numbers(h); err != nil {
		return false, err
	}
	kind := h[156]
	if kind == 0 {
		kind = '0'
	}
	switch kind {
	case 'x', 'g', 'L', 'K':
		return false, r.extension(kind)
	case 'V', 'D', 'M', 'N':
		return false, r.skipHeader(kind)
	}
	if kind > '7' && kind != 'S' || kind < '0' {
		return false, errors.New("unknown typeflag: 0x" + strconv.FormatUint(uint64(kind), 16))
	}
	e.Name, e.Target = text(h[:100]), text(h[157:257])
	if prefix := text(h[345:500]); prefix != "" && kind != 'S' && string(h[257:263]) != "ustar " {
		e.Name = strings.TrimSuffix(prefix, "/") + "/" + strings.TrimLeft(e.Name, "/")
	} else if prefix != "" && e.Name == "" {
		e.Name = prefix + "/"
	}
	e.Owner, e.Group = text(h[265:297]), text(h[297:329])
	if r.path != "" {
		e.Name = r.path
	}
	if r.link != "" {
		e.Target = r.link
	}
	if err := r.apply(); err != nil {
		return false, err
	}
	r.kind(kind)
	if kind == 'S' {
		if err := r.oldSparse(h); err != nil {
			return false, err
		}
	} else if err := r.sparse(); err != nil {
		return false, err
	}
	if e.Size < 0 || e.Size > 1<<62 || r.next+padded(e.Size) < 0 {
		return false, errBad
	}
	r.next += padded(e.Size)
	r.path, r.link, r.local.records = "", "", nil
	return true, nil
}

// padded is a size in whole blocks.
func padded(n int64) int64 { return (n + blockSize - 1) &^ (blockSize - 1) }

// numbers reads the fields with numbers.
func (r *reader) numbers(h []byte) error {
	var v [7]int64
	for i, f := range [...][2]int{{100, 108}, {108, 116}, {116, 124}, {124, 136}, {136, 148}, {329, 337}, {337, 345}} {
		if i >= 5 && h[329] == 0 {
			break
		}
		var err error
		if v[i], err = octal(h[f[0]:f[1]]); err != nil {
			return err
		}
	}
	e := &r.entry
	e.Mode, e.UID, e.GID = uint32(v[0])&0o7777, uint32(v[1]), uint32(v[2])
	e.Size, e.Time.Sec = v[3], v[4]
	e.Device = unix.Mkdev(uint32(v[5]), uint32(v[6]))
	return nil
}

// kind sets the type of the entry.
func (r *reader) kind(kind byte) {
	e := &r.entry
	switch kind {
	case '0', '7', 'S':
		e.Mode |= unix.S_IFREG
		e.Target = ""
		if kind != 'S' && strings.HasSuffix(e.Name, "/") {
			e.Mode ^= unix.S_IFREG | unix.S_IFDIR
		}
	case '1':
		e.Mode |= unix.S_IFREG
		e.Hard = true
	case '2':
		e.Mode |= unix.S_IFLNK
	case '3':
		e.Mode |= unix.S_IFCHR
	case '4':
		e.Mode |= unix.S_IFBLK
	case '5':
		e.Mode |= unix.S_IFDIR
	case '6':
		e.Mode |= unix.S_IFIFO
	}
	if kind != '0' && kind != '7' && kind != 'S' || e.Type() == unix.S_IFDIR {
		e.Size = 0 // whatever it says: see star(5) about links
	}
}
