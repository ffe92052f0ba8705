package tar

import (
	"io"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/compress/deflate"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/bzip2"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// creation is a run that writes an archive.
type creation struct {
	*work
	out     *applet.Out
	archive io.Writer // out, or what compresses to it
	self    unix.Stat_t
	prefix  archive.Prefix
	links   map[[2]uint64]string // the first name of files with several
	buf     []byte
	failed  bool

	uid, gid     uint32 // the last owner, and the names
	owner, group string
	known        bool
}

// create writes an archive.
func (w *work) create() int {
	if len(w.accept) == 0 {
		return w.c.Complain("empty archive")
	}
	k := &creation{work: w, out: w.c.Out, links: map[[2]uint64]string{}, buf: make([]byte, 64<<10)}
	if w.file != "-" {
		out, err := applet.Create(w.file, 0o666)
		if err != nil {
			return w.c.CantOpen(w.file, err)
		}
		k.out = out
	}
	unix.Fstat(k.out.Fd(), &k.self)
	if !w.chdir() {
		return 1
	}
	end, err := k.compress()
	if err != nil {
		return 1
	}
	walk := tree.Walk{Visit: k.visit, Failed: k.unseen, Dangling: true}
	if w.c.Has("h") {
		walk.Follow = tree.Always
	}
	for _, name := range w.accept {
		if !walk.Run(name) {
			break
		}
	}
	k.archive.Write(make([]byte, 2*blockSize))
	status := end()
	if k.failed {
		status = w.c.Complain("error exit delayed from previous errors")
	}
	if k.out == w.c.Out {
		return status // the frame tells if it can't be written
	}
	if err := k.out.Close(); err != nil {
		return w.c.Warn("write error", err)
	}
	return status
}

// compressor is the program for the options, "" for none.
func (w *work) compressor() string {
	for _, m := range [...]struct{ option, suffix, program string }{
		{"J", "xz", "xz"}, {"lzma", "lzma", "lzma"}, {"j", "bz2", "bzip2"}, {"z", "gz", "gzip"}, {"Z", "", "compress"},
	} {
		if w.c.Has(m.option) || w.c.Has("a") && w.file != "-" && m.suffix != "" && strings.HasSuffix(w.file, m.suffix) {
			return m.program
		}
	}
	return ""
}

// compress sets what the archive is written to. end finishes it and returns a status.
func (k *creation) compress() (end func() int, err error) {
	var closer io.WriteCloser
	program := k.compressor()
	switch program {
	case "":
		k.archive = k.out
		return func() int { return 0 }, nil
	case "gzip":
		closer = deflate.NewGzip(k.out, 6)
	case "bzip2":
		closer = bzip2.NewWriter(k.out, 9)
	default:
		return k.start(program)
	}
	k.archive = closer
	return func() int {
		closer.Close() // its error is that of out
		return 0
	}, nil
}

// start starts another program to compress.
func (k *creation) start(program string) (end func() int, err error) {
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return nil, err
	}
	pid, err := k.c.Start([]string{program, "-f"}, [3]int{pipe[0], k.out.Fd(), k.c.Err.Fd()}, nil)
	syscall.Close(pipe[0])
	if err != nil {
		syscall.Close(pipe[1])
		k.c.Warn("can't execute '"+program+"'", err)
		return nil, err
	}
	out := applet.NewOut(pipe[1])
	k.archive = out
	return func() int {
		out.Flush()
		syscall.Close(pipe[1])
		return min(applet.Wait(pid), 1)
	}, nil
}

func (k *creation) fail(path string, err error) {
	k.failed = true
	k.c.Warn(path, err)
}

func (k *creation) unseen(n *tree.Node, err error) {
	if n.Depth > 0 || n.Err != nil {
		k.c.CantOpen(n.Path(), err)
		k.failed = true
		return
	}
	k.fail(n.Path(), err)
}

// visit archives one file.
func (k *creation) visit(n *tree.Node) tree.Next {
	next := tree.Into
	if k.c.Has("no-recursion") {
		next = tree.Over
	}
	if k.out.Err() != nil {
		return tree.Stop
	}
	path := n.Path()
	name := k.prefix.Strip(k.c, path)
	if name == "" {
		return next
	}
	if excluded(k.reject, name) {
		return tree.Over
	}
	st, err := n.Stat()
	if err != nil {
		k.fail(path, err)
		return next
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFSOCK:
		k.c.Complain(path + ": socket ignored")
	case k.self.Dev == st.Dev && k.self.Ino == st.Ino:
		k.c.Complain(path + ": file is the archive; skipping")
	default:
		k.file(n, path, name, st)
	}
	return next
}

// file archives a file that is to be archived.
func (k *creation) file(n *tree.Node, path, name string, st *unix.Stat_t) {
	e := archive.Entry{Name: name, Mode: st.Mode, UID: st.Uid, GID: st.Gid, Time: st.Mtim, Device: st.Rdev}
	if e.Type() != unix.S_IFDIR && st.Nlink > 1 {
		key := [2]uint64{st.Dev, st.Ino}
		if first, seen := k.links[key]; seen {
			e.Hard, e.Target = true, first
		} else {
			k.links[key] = name
		}
	}
	fd := -1
	switch {
	case e.Hard:
	case e.Type() == unix.S_IFLNK:
		target, err := tree.Readlink(n.Dir, n.Name)
		if err != nil {
			k.fail(path, err)
			return
		}
		e.Target = target
	case e.Type() == unix.S_IFREG:
		if fd = k.open(n, path, &e); fd < 0 {
			return
		}
		defer syscall.Close(fd)
	}
	k.header(&e)
	k.tell(&e)
	if fd >= 0 {
		k.data(fd, path, e.Size)
	}
}

// open opens a regular file, if it still is one.
func (k *creation) open(n *tree.Node, path string, e *archive.Entry) int {
	flags := syscall.O_RDONLY | syscall.O_NONBLOCK
	if !n.Linked {
		flags |= syscall.O_NOFOLLOW
	}
	fd, err := applet.OpenAt(n.Dir, n.Name, flags, 0)
	if err != nil {
		k.c.CantOpen(path, err)
		k.failed = true
		return -1
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		syscall.Close(fd)
		k.fail(path, tree.ErrMoved)
		return -1
	}
	e.Size = st.Size
	return fd
}

// tell says what is archived: on stderr if the archive goes to stdout.
func (k *creation) tell(e *archive.Entry) {
	if k.verbose == 0 {
		return
	}
	out := k.c.Out
	if k.out == k.c.Out {
		out = k.c.Err
	}
	if e.Type() == unix.S_IFDIR {
		out.Print(e.Name, "/\n")
	} else {
		out.Print(e.Name, "\n")
	}
}

// data writes the content; what is more than a buffer goes by way of the kernel. If the file
// became shorter, zeros stand for the rest.
func (k *creation) data(fd int, path string, size int64) {
	left := size
	if k.archive == k.out && size >= int64(len(k.buf)) {
		left -= k.out.CopyFrom(fd, size)
	}
	for left > 0 {
		n, err := applet.ReadFd(fd, k.buf[:min(left, int64(len(k.buf)))])
		if n <= 0 {
			if err == nil {
				err = archive.ErrShort
			}
			k.fail(path, err)
			break
		}
		k.archive.Write(k.buf[:n])
		left -= int64(n)
	}
	clear(k.buf)
	for left += padded(size) - size; left > 0; {
		n, _ := k.archive.Write(k.buf[:min(left, int64(len(k.buf)))])
		if left -= int64(n); n == 0 {
			return
		}
	}
}

// names finds the names of the owner and the group.
func (k *creation) names(uid, gid uint32) {
	if k.known && uid == k.uid && gid == k.gid {
		return
	}
	k.known, k.uid, k.gid = true, uid, gid
	k.owner, k.group = strconv.FormatUint(uint64(uid), 10), strconv.FormatUint(uint64(gid), 10)
	if u := users.ByUID(uid); u != nil {
		k.owner = u.Name
	}
	if g := users.GroupByGID(gid); g != nil {
		k.group = g.Name
	}
}

// header writes the member's header, and before it those for names that are too long.
func (k *creation) header(e *archive.Entry) {
	var h [blockSize]byte
	name := e.Name
	kind := byte('0')
	switch {
	case e.Hard:
		kind = '1'
	case e.Type() == unix.S_IFLNK:
		kind = '2'
	case e.Type() == unix.S_IFCHR:
		kind = '3'
	case e.Type() == unix.S_IFBLK:
		kind = '4'
	case e.Type() == unix.S_IFDIR:
		kind = '5'
		name += "/"
	case e.Type() == unix.S_IFIFO:
		kind = '6'
	}
	if copy(h[157:257], e.Target) < len(e.Target) || len(e.Target) == 100 {
		k.long('K', e.Target)
	}
	if copy(h[:100], name) < len(name) || len(name) == 100 && kind != '5' {
		k.long('L', name)
	}
	putNumber(h[100:108], int64(e.Mode&0o7777))
	putNumber(h[108:116], int64(e.UID))
	putNumber(h[116:124], int64(e.GID))
	putNumber(h[124:136], e.Size)
	putNumber(h[136:148], max(e.Time.Sec, 0))
	k.names(e.UID, e.GID)
	copy(h[265:296], k.owner)
	copy(h[297:328], k.group)
	if kind == '3' || kind == '4' {
		putNumber(h[329:337], int64(unix.Major(e.Device)))
		putNumber(h[337:345], int64(unix.Minor(e.Device)))
	}
	k.seal(&h, kind)
}

// seal fills in what every header has and writes it.
func (k *creation) seal(h *[blockSize]byte, kind byte) {
	h[156] = kind
	copy(h[257:], "ustar  ")
	copy(h[148:156], "        ")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	putNumber(h[148:155], int64(sum))
	h[155] = ' '
	k.archive.Write(h[:])
}

// long writes a name that has no room in a header.
func (k *creation) long(kind byte, name string) {
	var h [blockSize]byte
	copy(h[:], "././@LongLink")
	for _, f := range [...][2]int{{100, 108}, {108, 116}, {116, 124}, {136, 148}} {
		putNumber(h[f[0]:f[1]], 0)
	}
	putNumber(h[124:136], int64(len(name)+1))
	k.seal(&h, kind)
	data := make([]byte, padded(int64(len(name)+1)))
	copy(data, name)
	k.archive.Write(data)
}

// putNumber writes octal digits, with a zero behind them if there is room, or GNU's
// base 256.
func putNumber(field []byte, v int64) {
	digits := strconv.FormatInt(v, 8)
	if len(digits) <= len(field) {
		for i := range field {
			field[i] = '0'
		}
		if len(digits) < len(field) {
			field[len(field)-1] = 0
			field = field[:len(field)-1]
		}
		copy(field[len(field)-len(digits):], digits)
		return
	}
	for i := len(field) - 1; i >= 0; i-- {
		field[i] = byte(v)
		v >>= 8
	}
	field[0] |= 0x80
}
