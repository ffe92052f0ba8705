// Package ar is the applet ar.
package ar

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/modes"
	"golang.org/x/sys/unix"
)

// Applet is ar.
var Applet = applet.Applet{
	Names: "ar",
	Usage: "x|p|t|r [-ov] ARCHIVE [FILE]...",
	About: "Extract or list FILEs from an ar archive, or create it.",
	Options: `
-x	extract
-p	extract to stdout
-t	list
-r	replace or add
-o	restore mtime
-v	verbose
-c	create (it does without being asked)
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  run,
}

const (
	magic      = "!<arch>\n"
	headerSize = 60
)

// Errors, in BusyBox's words.
var (
	errMagic  = errors.New("invalid ar magic")
	errHeader = errors.New("invalid ar header")
	errLong   = errors.New("can't resolve long filename")
)

func run(c *applet.Call) int {
	args := c.Args
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		args = append([]string{"-" + args[0]}, args[1:]...)
	}
	if !c.Reparse(args) {
		return 1
	}
	commands := 0
	for _, o := range [...]string{"x", "p", "t", "r"} {
		if c.Has(o) {
			commands++
		}
	}
	if commands != 1 || len(c.Args) == 0 {
		return c.UsageError("")
	}
	if c.Has("r") {
		return replace(c)
	}
	in, err := applet.Open(c.Args[0])
	if err != nil {
		return c.CantOpen(c.Args[0], err)
	}
	defer in.Close()
	return extract(c, in)
}

// extract extracts, prints or lists.
func extract(c *applet.Call, in *applet.In) int {
	r := reader{source: archive.NewSource(in)}
	var x *archive.Extractor
	if c.Has("x") {
		x = &archive.Extractor{Call: c, NoTime: !c.Has("o")}
		if err := x.Open("."); err != nil {
			return c.Warn(".", err)
		}
	}
	zone := dates.Local(c)
	err := r.begin()
	for err == nil && c.Out.Err() == nil {
		var e *archive.Entry
		if e, err = r.member(); e == nil || err != nil {
			break
		}
		if !wanted(c.Args[1:], e.Name) {
			continue
		}
		switch {
		case c.Has("v"):
			list(c.Out, e, zone)
		case c.Has("t"):
			c.Out.Print(e.Name, "\n")
		}
		switch {
		case x != nil:
			x.Put(e, func(write func([]byte) error) { _, err = r.source.Copy(e.Size, write) })
		case c.Has("p"):
			_, err = r.source.Copy(e.Size, func(p []byte) error {
				c.Out.Write(p)
				return nil
			})
		}
	}
	status := 0
	if x != nil {
		status = x.Close()
	}
	if err != nil {
		status = c.Complain(applet.Reason(err))
	}
	return status
}

func wanted(patterns []string, name string) bool {
	for _, p := range patterns {
		if glob.Match(p, name, 0) {
			return true
		}
	}
	return len(patterns) == 0
}

// list prints the member as -v does.
func list(out *applet.Out, e *archive.Entry, zone *time.Location) {
	size := strconv.FormatInt(e.Size, 10)
	out.Print(modes.String(e.Mode)[1:], " ", strconv.FormatUint(uint64(e.UID), 10), "/", strconv.FormatUint(uint64(e.GID), 10),
		strings.Repeat(" ", max(7-len(size), 0)), size, " ", dates.Format("%b %e %H:%M %Y", time.Unix(e.Time.Sec, 0).In(zone)), " ", e.Name, "\n")
}

// reader reads an archive.
type reader struct {
	source *archive.Source
	long   []byte // the table of long names
	next   int64
}

func (r *reader) begin() error {
	var p [len(magic)]byte
	if n, err := r.source.Read(p[:]); err != nil {
		return err
	} else if n < len(magic) || string(p[:]) != magic {
		return errMagic
	}
	r.next = r.source.Offset
	return nil
}

// member reads the next header; nil at the end.
func (r *reader) member() (*archive.Entry, error) {
	for {
		if err := r.source.Skip(r.next - r.source.Offset); err != nil {
			return nil, err
		}
		r.source.Align(2)
		var h [headerSize]byte
		n, err := r.source.Read(h[:])
		if n == 0 || err != nil {
			return nil, err
		}
		if n < headerSize {
			return nil, archive.ErrShort
		}
		size, ok := number(h[48:58], 10)
		if string(h[58:]) != "`\n" || !ok {
			return nil, errHeader
		}
		r.next = r.source.Offset + size
		name := string(h[:16])
		switch {
		case strings.HasPrefix(name, "/ "), strings.HasPrefix(name, "/SYM64/"): // the symbols for linkers
			continue
		case strings.HasPrefix(name, "//"):
			const most = 16 << 20
			if size > most {
				return nil, errHeader
			}
			r.long = make([]byte, size)
			if err := r.source.ReadFull(r.long); err != nil {
				return nil, err
			}
			continue
		}
		return r.entry(h[:], name, size)
	}
}

// entry makes the entry of a header.
func (r *reader) entry(h []byte, name string, size int64) (*archive.Entry, error) {
	date, ok1 := number(h[16:28], 10)
	uid, ok2 := number(h[28:34], 10)
	gid, ok3 := number(h[34:40], 10)
	mode, ok4 := number(h[40:48], 8)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, errHeader
	}
	if name[0] == '/' {
		at, ok := number(h[1:16], 10)
		if !ok || at >= int64(len(r.long)) {
			return nil, errLong
		}
		name = string(r.long[at:])
	}
	if i := strings.IndexAny(name, " /\n\x00"); i >= 0 {
		name = name[:i]
	}
	return &archive.Entry{
		Name: name, Mode: uint32(mode)&0o7777 | unix.S_IFREG, UID: uint32(uid), GID: uint32(gid),
		Time: unix.Timespec{Sec: date}, Size: size,
	}, nil
}

// number reads a field with spaces behind its digits. It may be empty.
func number(field []byte, base int) (int64, bool) {
	s := strings.TrimRight(string(field), " ")
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(s, base, 62)
	return int64(n), err == nil
}

// replace writes the archive anew, with the members that stay and the named files. The
// new one is made beside the old one, and takes its place when it is complete.
func replace(c *applet.Call) int {
	path := c.Args[0]
	in, err := applet.Open(path)
	if err != nil && err != syscall.ENOENT {
		return c.CantOpen(path, err)
	}
	mode := uint32(0o666)
	var st unix.Stat_t
	if in != nil {
		defer in.Close()
		if unix.Fstat(in.Fd(), &st) == nil && st.Size == 0 {
			in = nil
		}
		mode = st.Mode & 0o777
	}
	temporary := path + "." + strconv.Itoa(syscall.Getpid())
	fd, err := applet.OpenFile(temporary, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, mode)
	if err != nil {
		return c.CantOpen(path, err)
	}
	out := applet.NewOut(fd)
	out.Write([]byte(magic))
	ok := in == nil || keep(c, in, out)
	for _, name := range c.Args[1:] {
		ok = ok && add(c, name, out)
	}
	err = out.Flush()
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err == nil && ok {
		err = syscall.Rename(temporary, path)
	}
	if err != nil || !ok {
		syscall.Unlink(temporary)
		if err != nil {
			c.Warn(path, err)
		}
		return 1
	}
	return 0
}

// keep copies the members that aren't named.
func keep(c *applet.Call, in *applet.In, out *applet.Out) bool {
	r := reader{source: archive.NewSource(in)}
	err := r.begin()
	for err == nil {
		var e *archive.Entry
		if e, err = r.member(); e == nil || err != nil {
			break
		}
		if named(c.Args[1:], e.Name) {
			continue
		}
		header(out, e)
		_, err = r.source.Copy(e.Size, func(p []byte) error {
			out.Write(p)
			return nil
		})
		pad(out, e.Size)
	}
	if err != nil {
		c.Complain(applet.Reason(err))
	}
	return err == nil
}

// named says whether one of the files replaces the member.
func named(files []string, member string) bool {
	for _, f := range files {
		if short(f) == member {
			return true
		}
	}
	return false
}

// short is the name of a file in the archive.
func short(path string) string {
	name := applet.Base(path)
	return name[:min(len(name), 15)]
}

// add adds a file.
func add(c *applet.Call, path string, out *applet.Out) bool {
	in, err := applet.Open(path)
	if err != nil {
		c.Warn(path, err)
		return false
	}
	defer in.Close()
	var st unix.Stat_t
	if err = unix.Fstat(in.Fd(), &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = syscall.EISDIR
	}
	const most = 9999999999
	if err == nil && st.Size > most {
		err = syscall.EFBIG
	}
	if err == nil {
		e := archive.Entry{Name: short(path), Mode: st.Mode, UID: st.Uid, GID: st.Gid, Time: st.Mtim, Size: st.Size}
		header(out, &e)
		_, err = archive.NewSource(in).Copy(st.Size, func(p []byte) error {
			out.Write(p)
			return nil
		})
		pad(out, st.Size)
	}
	if err != nil {
		c.Warn(path, err)
	}
	return err == nil
}

func header(out *applet.Out, e *archive.Entry) {
	if e.UID > 99999 {
		e.UID = 0
	}
	if e.GID > 99999 {
		e.GID = 0
	}
	if e.Time.Sec < 0 || e.Time.Sec > 99999999999 {
		e.Time.Sec = 0
	}
	field(out, e.Name[:min(len(e.Name), 15)]+"/", 16)
	field(out, strconv.FormatInt(e.Time.Sec, 10), 12)
	field(out, strconv.FormatUint(uint64(e.UID), 10), 6)
	field(out, strconv.FormatUint(uint64(e.GID), 10), 6)
	field(out, strconv.FormatUint(uint64(e.Mode), 8), 8)
	field(out, strconv.FormatInt(e.Size, 10), 10)
	out.Print("`\n")
}

func field(out *applet.Out, s string, width int) {
	out.Print(s, strings.Repeat(" ", max(width-len(s), 0)))
}

func pad(out *applet.Out, size int64) {
	if size%2 == 1 {
		out.Print("\n")
	}
}
