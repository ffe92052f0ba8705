package ls

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/human"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/printable"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// total prints the line before a long listing.
func (l *lister) total(entries []*entry) {
	if !l.long && !l.blocks {
		return
	}
	sum := int64(1)
	for _, e := range entries {
		sum += e.stat.Blocks
	}
	sum /= 2
	if l.human {
		l.c.Out.Print("total ", pad.Right(human.Whole(uint64(sum)*1024), 7), "\n")
		return
	}
	l.c.Out.Print("total ", strconv.FormatInt(sum, 10), "\n")
}

// print prints the files of a folder, in one or several columns.
func (l *lister) print(dir int, path string, entries []*entry) {
	width, columns := 0, 1
	if !l.long && !l.lines {
		for _, e := range entries {
			width = max(width, l.nameWidth(e.name))
		}
		width += 2
		if l.inodes {
			width += 8
		}
		if l.blocks {
			width += 5
		}
		columns = max(l.width/width, 1)
	}
	rows := (len(entries) + columns - 1) / columns
	for row := range rows {
		used, next := 0, 0
		for column := range columns {
			i := column*rows + row
			if l.across {
				i = row*columns + column
			}
			if i >= len(entries) {
				continue
			}
			if used > 0 {
				l.buf = append(l.buf, pad.Spaces(next-used)...)
				used = next
			}
			next = used + width
			used += l.one(dir, path, entries[i])
		}
		l.buf = append(l.buf, '\n')
		l.c.Out.Write(l.buf)
		l.buf = l.buf[:0]
	}
}

// right and left append a column and a space.
func (l *lister) right(s string, width int) {
	l.buf = append(l.buf, pad.Spaces(width-len(s))...)
	l.buf = append(l.buf, s...)
	l.buf = append(l.buf, ' ')
}

func (l *lister) left(s string, width int) {
	l.buf = append(l.buf, s...)
	l.buf = append(l.buf, pad.Spaces(width-len(s))...)
	l.buf = append(l.buf, ' ')
}

func (l *lister) number(n uint64, width int) {
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], n, 10)
	for i := len(text); i < width; i++ {
		l.buf = append(l.buf, ' ')
	}
	l.buf = append(l.buf, text...)
	l.buf = append(l.buf, ' ')
}

// one appends one file and returns how many columns it takes.
func (l *lister) one(dir int, path string, e *entry) int {
	start := len(l.buf)
	target, isLink := "", false
	if l.long && e.mode&unix.S_IFMT == unix.S_IFLNK {
		// First of all, so that an error doesn't stand inside the line.
		var err error
		if target, err = tree.Readlink(dir, e.name); err != nil {
			l.status = l.c.Warn(fullName(path, e.name)+": cannot read link", err)
		}
		isLink = err == nil
	}
	if l.inodes {
		l.number(e.stat.Ino, 7)
	}
	if l.blocks {
		if l.human {
			l.right(human.Size(uint64(e.stat.Blocks)*512), 7)
		} else {
			l.number(uint64(e.stat.Blocks)/2, 6)
		}
	}
	if l.long {
		l.details(e)
	}
	extra := len(l.buf) - start
	sign := l.sign(e.mode)
	if l.color {
		mode := e.self
		if mode == 0 {
			mode = modeOf(dir, e.name, unix.AT_SYMLINK_NOFOLLOW)
		}
		l.colored(mode)
	}
	width := extra + l.name(e.name)
	if isLink {
		l.buf = append(l.buf, " -> "...)
		if l.signs || l.slashes || l.color {
			mode := modeOf(dir, e.name, 0)
			sign = l.sign(mode)
			if l.color {
				l.colored(mode)
			}
		}
		width += l.name(target) + 4
	}
	if sign != 0 {
		l.buf = append(l.buf, sign)
		width++
	}
	return width
}

func fullName(path, name string) string {
	if path == "" {
		return name
	}
	return applet.Join(path, name)
}

func modeOf(dir int, name string, flags int) uint32 {
	var st unix.Stat_t
	if unix.Fstatat(dir, name, &st, flags) != nil {
		return 0
	}
	return st.Mode
}

// details appends the columns of the long format.
func (l *lister) details(e *entry) {
	st := &e.stat
	l.left(modes.String(e.mode), 10)
	l.number(uint64(st.Nlink), 4)
	user, group := "", ""
	if l.numeric {
		user, group = strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
	} else {
		user, group = l.names.User(st.Uid), l.names.Group(st.Gid)
	}
	if !l.noOwner {
		l.left(user, 8)
	}
	l.left(group, 8)
	switch kind := e.mode & unix.S_IFMT; {
	case kind == unix.S_IFBLK || kind == unix.S_IFCHR:
		major, minor := unix.Major(st.Rdev), unix.Minor(st.Rdev)
		l.right(pad.Int(int64(major), 4)+", "+pad.Int(int64(minor), 3), 0)
	case l.human:
		l.right(human.Size(uint64(st.Size)), 7)
	default:
		l.number(uint64(st.Size), 9)
	}
	when := e.time(l.which)
	t := time.Unix(when, 0).In(l.zone)
	format := "%b %e  %Y "
	const halfYear = 365 * 24 * 3600 / 2
	if l.fullTime {
		format = "%Y-%m-%d %H:%M:%S %z "
	} else if age := l.now - when; age < halfYear && age > -15*60 {
		format = "%b %e %H:%M "
	}
	l.buf = dates.Append(l.buf, format, t)
}

// sign is what -F and -p put after the name.
func (l *lister) sign(mode uint32) byte {
	kind := mode & unix.S_IFMT
	switch {
	case !l.signs && !l.slashes:
		return 0
	case kind == unix.S_IFDIR:
		return '/'
	case !l.signs:
		return 0
	case kind == unix.S_IFREG && mode&0o111 != 0:
		return '*'
	case kind == unix.S_IFIFO:
		return '|'
	case kind == unix.S_IFLNK:
		return '@'
	case kind == unix.S_IFSOCK:
		return '='
	}
	return 0
}

// name appends a name, in its color if one was begun, and returns its width.
func (l *lister) name(name string) int {
	name, width := printable.Name(name)
	if l.quote {
		width += 2
		l.buf = append(l.buf, '"')
		for i := range len(name) {
			if name[i] == '"' || name[i] == '\\' {
				l.buf = append(l.buf, '\\')
				width++
			}
			l.buf = append(l.buf, name[i])
		}
		l.buf = append(l.buf, '"')
	} else {
		l.buf = append(l.buf, name...)
	}
	if l.color {
		l.buf = append(l.buf, "\033[m"...)
	}
	return width
}

func (l *lister) nameWidth(name string) int {
	name, width := printable.Name(name)
	if l.quote {
		width += 2 + strings.Count(name, `"`) + strings.Count(name, `\`)
	}
	return width
}

// colored begins the color of a mode; 0 is that of a link that leads nowhere. The
// colors are BusyBox's: by type from fifo to socket, and last for what can be executed.
func (l *lister) colored(mode uint32) {
	const colors = "\x1f\x23\x23\x25\x22\x25\x23\x23\x00\x25\x24\x25\x23\x25\x25\x20"
	const bold = "1017171707171771"
	i := mode >> 12 & 15
	if mode&unix.S_IFMT == unix.S_IFREG && mode&0o111 != 0 {
		i = 15
	}
	l.buf = append(l.buf, "\033["...)
	l.buf = append(l.buf, bold[i], ';')
	l.buf = strconv.AppendUint(l.buf, uint64(colors[i]), 10)
	l.buf = append(l.buf, 'm')
}
