package tar

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/archive"
	"golang.org/x/sys/unix"
)

const (
	mostName     = 64 << 10 // of GNU's long names
	mostExtended = 1 << 20  // of a pax header
	mostParts    = 1 << 18  // of a file with holes
)

// extension reads the data of a header that says something about the next member.
func (r *reader) extension(kind byte) error {
	size := r.entry.Size
	if kind == 'L' || kind == 'K' {
		if size < 0 || size > mostName {
			return errBad
		}
	} else if size < 0 || size > mostExtended {
		return r.skipHeader(kind)
	}
	p := make([]byte, size)
	if err := r.source.ReadFull(p); err != nil {
		return err
	}
	r.next += padded(size)
	switch kind {
	case 'L':
		r.path = text(p)
	case 'K':
		r.link = text(p)
	case 'g':
		r.records(string(p), &r.global)
	default:
		r.records(string(p), &r.local)
	}
	return nil
}

func (r *reader) skipHeader(kind byte) error {
	r.warn("warning: skipping header '" + string(rune(kind)) + "'")
	if r.entry.Size < 0 || r.next+padded(r.entry.Size) < 0 {
		return errBad
	}
	r.next += padded(r.entry.Size)
	return nil
}

// records reads the records "LENGTH KEYWORD=VALUE\n".
func (r *reader) records(p string, into *extended) {
	if into == &r.local {
		into.records = nil
	}
	for p != "" {
		digits, rest, found := strings.Cut(p, " ")
		n, err := strconv.ParseUint(digits, 10, 31)
		if !found || err != nil || int(n) > len(p) || int(n) <= len(digits)+1 {
			r.warn("malformed extended header, skipped")
			return
		}
		record := rest[:int(n)-len(digits)-1]
		p = p[n:]
		// What nobody asks for would only grow with each global header.
		for _, known := range [...]string{"path=", "linkpath=", "size=", "uid=", "gid=", "uname=", "gname=", "mtime=", "GNU.sparse."} {
			if strings.HasPrefix(record, known) {
				into.records = append(into.records, strings.TrimSuffix(record, "\n"))
			}
		}
	}
}

// apply sets what pax headers say about the member.
func (r *reader) apply() error {
	e := &r.entry
	if len(r.local.records)+len(r.global.records) == 0 {
		return nil
	}
	if v, ok := r.get("path"); ok {
		e.Name = v
	}
	if v, ok := r.get("linkpath"); ok {
		e.Target = v
	}
	if v, ok := r.get("uname"); ok {
		e.Owner = v
	}
	if v, ok := r.get("gname"); ok {
		e.Group = v
	}
	for _, f := range [...]struct {
		keyword string
		into    *uint32
	}{{"uid", &e.UID}, {"gid", &e.GID}} {
		if v, ok := r.get(f.keyword); ok {
			n, err := strconv.ParseUint(v, 10, 32)
			if err != nil {
				return errBad
			}
			*f.into = uint32(n)
		}
	}
	if v, ok := r.get("size"); ok {
		n, err := strconv.ParseInt(v, 10, 63)
		if err != nil || n < 0 {
			return errBad
		}
		e.Size = n
	}
	if v, ok := r.get("mtime"); ok {
		t, good := timestamp(v)
		if !good {
			return errBad
		}
		e.Time = t
	}
	return nil
}

// timestamp reads seconds with a fraction.
func timestamp(s string) (t unix.Timespec, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return t, false
	}
	fraction = (fraction + "000000000")[:9]
	nsec, err := strconv.ParseUint(fraction, 10, 31)
	if err != nil {
		return t, false
	}
	t.Sec, t.Nsec = sec, int64(nsec)
	if strings.HasPrefix(whole, "-") && nsec > 0 {
		t.Sec, t.Nsec = sec-1, 1e9-int64(nsec)
	}
	return t, true
}

// oldSparse reads the map of a file with holes in GNU's own format.
func (r *reader) oldSparse(h []byte) error {
	e := &r.entry
	full, err := octal(h[483:495])
	if err != nil {
		return err
	}
	e.Full, e.Sparse = full, []archive.Part{}
	p, count, more := h[386:], 4, h[482] != 0
	for {
		for i := range count {
			field := p[24*i : 24*i+24]
			if field[0] == 0 {
				break
			}
			offset, err := octal(field[:12])
			if err != nil {
				return err
			}
			size, err := octal(field[12:])
			if err != nil {
				return err
			}
			e.Sparse = append(e.Sparse, archive.Part{Offset: offset, Size: size})
		}
		if !more {
			return r.checkSparse()
		}
		if len(e.Sparse) > mostParts {
			return errBad
		}
		p, count = make([]byte, blockSize), 21
		if err := r.source.ReadFull(p); err != nil {
			return err
		}
		r.next += blockSize
		more = p[504] != 0
	}
}

// sparse reads the map of a file with holes in one of the three formats of pax.
func (r *reader) sparse() error {
	if len(r.local.records) == 0 {
		return nil
	}
	e := &r.entry
	full, ok := r.get("GNU.sparse.realsize")
	if !ok {
		if full, ok = r.get("GNU.sparse.size"); !ok {
			return nil
		}
	}
	n, err := strconv.ParseInt(full, 10, 63)
	if err != nil {
		return errBad
	}
	e.Full, e.Sparse = n, []archive.Part{}
	if name, ok := r.get("GNU.sparse.name"); ok {
		e.Name = name
	}
	if major, _ := r.get("GNU.sparse.major"); major == "1" {
		return r.mapInData()
	}
	var numbers []string
	if list, ok := r.get("GNU.sparse.map"); ok {
		numbers = strings.Split(list, ",")
	} else {
		for _, record := range r.local.records {
			for _, keyword := range [...]string{"GNU.sparse.offset=", "GNU.sparse.numbytes="} {
				if value, ok := strings.CutPrefix(record, keyword); ok {
					numbers = append(numbers, value)
				}
			}
		}
	}
	for ; len(numbers) > 1; numbers = numbers[2:] {
		if !r.part(numbers[0], numbers[1]) {
			return errBad
		}
	}
	return r.checkSparse()
}

func (r *reader) part(offset, size string) bool {
	o, err := strconv.ParseInt(offset, 10, 63)
	n, err2 := strconv.ParseInt(size, 10, 63)
	r.entry.Sparse = append(r.entry.Sparse, archive.Part{Offset: o, Size: n})
	return err == nil && err2 == nil && len(r.entry.Sparse) <= mostParts
}

// mapInData reads the map at the beginning of the data: lines of numbers, of which the
// first is how many parts there are, in whole blocks.
func (r *reader) mapInData() error {
	e := &r.entry
	var rest []byte
	var numbers []string
	want := 1
	for len(numbers) < want {
		i := strings.IndexByte(string(rest), '\n')
		if i < 0 {
			p := make([]byte, blockSize)
			if e.Size -= blockSize; e.Size < 0 || len(rest) > blockSize {
				return errBad
			}
			if err := r.source.ReadFull(p); err != nil {
				return err
			}
			rest = append(rest, p...)
			r.next += blockSize
			continue
		}
		numbers = append(numbers, string(rest[:i]))
		rest = rest[i+1:]
		if len(numbers) == 1 {
			n, err := strconv.ParseUint(numbers[0], 10, 31)
			if err != nil || n > mostParts {
				return errBad
			}
			want = 1 + 2*int(n)
		}
	}
	for numbers = numbers[1:]; len(numbers) > 1; numbers = numbers[2:] {
		if !r.part(numbers[0], numbers[1]) {
			return errBad
		}
	}
	return r.checkSparse()
}

// checkSparse says whether the parts are in order, within the file and as much as
// the data.
func (r *reader) checkSparse() error {
	e := &r.entry
	end, sum := int64(0), int64(0)
	for _, p := range e.Sparse {
		if p.Size < 0 || p.Offset < end || p.Offset > e.Full || p.Size > e.Full-p.Offset {
			return errBad
		}
		end = p.Offset + p.Size
		sum += p.Size
	}
	if sum != e.Size {
		return errBad
	}
	return nil
}
