// Package stat is the applet stat.
package stat

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// Applet is stat.
var Applet = applet.Applet{
	Names: "stat",
	Usage: "[-ltf] [-c FMT] FILE...",
	About: "Show the status of each FILE, or of its file system",
	Options: `
-c FMT	in this format
-f	the status of file systems
-L	follow symbolic links
-t	in one line
`,
	Notes: `
FMT sequences for files:
 %a	Access rights in octal		%A	... for people
 %b	Number of blocks (see %B)	%B	Size of these blocks
 %d	Device number			%D	... in hex
 %f	Whole mode in hex		%F	File type
 %g	Group ID			%G	Group name
 %h	Number of hard links		%i	Inode number
 %n	File name			%N	File name, with -> TARGET of a link
 %o	I/O block size			%s	Size in bytes
 %t	Major device type in hex	%T	Minor device type in hex
 %u	User ID				%U	User name
 %x	Time of last access		%X	... in seconds since 1970
 %y	Time of last change		%Y	... in seconds since 1970
 %z	Time of last change of status	%Z	... in seconds since 1970

FMT sequences for file systems:
 %a	Free blocks for users		%b	Blocks
 %c	File nodes			%d	Free file nodes
 %f	Free blocks			%i	ID in hex
 %l	Longest file name		%n	File name
 %s	Block size (for transfers)	%S	Block size (for counts)
 %t	Type in hex			%T	Type
`,
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Run:     run,
}

const (
	terse   = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o"
	general = "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Dh/%dd\tInode: %-10i  "
	links   = "Links: %h\n"
	device  = "Links: %-5h Device type: %t,%T\n"
	rest    = "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z"

	terseSystem = "%n %i %l %t %s %b %f %a %c %d"
	system      = "  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s\n" +
		"Blocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d"
)

// printer prints the status of one file after the other.
type printer struct {
	c    *applet.Call
	zone *time.Location
	name string
	file unix.Stat_t
	sys  unix.Statfs_t
}

func run(c *applet.Call) int {
	p := printer{c: c, zone: dates.Local(c)}
	status := 0
	for _, p.name = range c.Args {
		if c.Has("f") {
			if err := unix.Statfs(p.name, &p.sys); err != nil {
				status = c.Warn("can't read file system information for '"+p.name+"'", err)
				continue
			}
			p.print(p.systemFormat(), p.systemField)
			continue
		}
		look := unix.Lstat
		if c.Has("L") {
			look = unix.Stat
		}
		if err := look(p.name, &p.file); err != nil {
			status = c.Warn("can't stat '"+p.name+"'", err)
			continue
		}
		p.print(p.fileFormat(), p.fileField)
	}
	return status
}

func (p *printer) systemFormat() string {
	switch {
	case p.c.Has("c"):
		return p.c.Value("c")
	case p.c.Has("t"):
		return terseSystem
	}
	return system
}

func (p *printer) fileFormat() string {
	switch kind := p.file.Mode & unix.S_IFMT; {
	case p.c.Has("c"):
		return p.c.Value("c")
	case p.c.Has("t"):
		return terse
	case kind == unix.S_IFBLK || kind == unix.S_IFCHR:
		return general + device + rest
	}
	return general + links + rest
}

// value is what a sequence stands for: a text, or a number and its base.
type value struct {
	text   string
	base   int // 0 for a text
	number uint64
	whole  bool // the text is printed as it is
}

// print prints a format and a newline. A sequence may have printf's flags, width and precision.
func (p *printer) print(format string, field func(byte) value) {
	out := p.c.Out
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			break
		}
		out.Print(format[:i])
		format = format[i+1:]
		n := 0
		for n < len(format) && strings.IndexByte("#-+.I 0123456789", format[n]) >= 0 {
			n++
		}
		spec := format[:n]
		if n == len(format) {
			out.Print("%") // and no newline, as BusyBox has it
			return
		}
		if format[n] == '%' {
			out.Print("%")
			format = format[n+1:]
			continue
		}
		out.Print(shape(spec, field(format[n])))
		format = format[n+1:]
	}
	out.Print(format, "\n")
}

// shape applies printf's flags, width and precision.
func shape(spec string, v value) string {
	if v.whole {
		return v.text
	}
	flags := spec[:len(spec)-len(strings.TrimLeft(spec, "#-+I 0"))]
	before, after, dot := strings.Cut(spec[len(flags):], ".")
	width, _ := strconv.Atoi(before)
	precision, _ := strconv.Atoi(after)
	width, precision = min(width, 1<<16), min(precision, 1<<16)
	s := v.text
	if v.base > 0 {
		s = strconv.FormatUint(v.number, v.base)
		for dot && len(s) < precision {
			s = "0" + s
		}
		if strings.Contains(flags, "#") && v.number != 0 {
			s = [17]string{8: "0", 16: "0x"}[v.base] + s
		}
	} else if dot && len(s) > precision {
		s = s[:precision]
	}
	pad := " "
	if strings.Contains(flags, "0") && !dot && v.base > 0 && !strings.Contains(flags, "-") {
		pad = "0"
	}
	if missing := width - len(s); missing > 0 {
		if strings.Contains(flags, "-") {
			return s + strings.Repeat(" ", missing)
		}
		return strings.Repeat(pad, missing) + s
	}
	return s
}

func decimal(n uint64) value { return value{base: 10, number: n} }
func hex(n uint64) value     { return value{base: 16, number: n} }

// fileField is what a letter stands for of a file.
func (p *printer) fileField(letter byte) value {
	st := &p.file
	switch letter {
	case 'a':
		return value{base: 8, number: uint64(st.Mode & modes.All)}
	case 'A':
		return value{text: modes.String(st.Mode)}
	case 'b':
		return decimal(uint64(st.Blocks))
	case 'B':
		return decimal(512)
	case 'd':
		return decimal(uint64(st.Dev))
	case 'D':
		return hex(uint64(st.Dev))
	case 'f':
		return hex(uint64(st.Mode))
	case 'F':
		return value{text: kind(st)}
	case 'g':
		return decimal(uint64(st.Gid))
	case 'G':
		if g := users.GroupByGID(st.Gid); g != nil {
			return value{text: g.Name}
		}
		return value{text: "UNKNOWN"}
	case 'h':
		return decimal(uint64(st.Nlink))
	case 'i':
		return decimal(st.Ino)
	case 'n':
		return value{text: p.name}
	case 'N':
		return p.nameAndTarget()
	case 'o':
		return decimal(uint64(st.Blksize))
	case 's':
		return decimal(uint64(st.Size))
	case 't':
		return hex(uint64(unix.Major(st.Rdev)))
	case 'T':
		return hex(uint64(unix.Minor(st.Rdev)))
	case 'u':
		return decimal(uint64(st.Uid))
	case 'U':
		if u := users.ByUID(st.Uid); u != nil {
			return value{text: u.Name}
		}
		return value{text: "UNKNOWN"}
	}
	return p.timeField(letter)
}

func (p *printer) timeField(letter byte) value {
	var ts unix.Timespec
	switch letter | 0x20 {
	case 'x':
		ts = p.file.Atim
	case 'y':
		ts = p.file.Mtim
	case 'z':
		ts = p.file.Ctim
	default:
		return value{text: string([]byte{letter})}
	}
	if letter < 'a' {
		if ts.Sec < 0 {
			return value{text: strconv.FormatInt(ts.Sec, 10)}
		}
		return decimal(uint64(ts.Sec))
	}
	return value{text: dates.Format("%Y-%m-%d %H:%M:%S.%N %z", time.Unix(ts.Unix()).In(p.zone))}
}

func (p *printer) nameAndTarget() value {
	if p.file.Mode&unix.S_IFMT != unix.S_IFLNK {
		return value{text: p.name}
	}
	target, err := applet.Readlink(p.name)
	if err != nil {
		p.c.Warn(p.name+": cannot read link", err)
		return value{whole: true}
	}
	return value{text: "'" + p.name + "' -> '" + target + "'", whole: true}
}

func kind(st *unix.Stat_t) string {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		if st.Size == 0 {
			return "regular empty file"
		}
		return "regular file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFBLK:
		return "block special file"
	case unix.S_IFCHR:
		return "character special file"
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFSOCK:
		return "socket"
	}
	return "weird file"
}

// systemField is what a letter stands for of a file system.
func (p *printer) systemField(letter byte) value {
	s := &p.sys
	switch letter {
	case 'n':
		return value{text: p.name}
	case 'i':
		return hex(uint64(uint32(s.Fsid.Val[0]))<<32 | uint64(uint32(s.Fsid.Val[1])))
	case 'l':
		return decimal(uint64(s.Namelen))
	case 't':
		return hex(uint64(s.Type))
	case 'T':
		return value{text: systemType(uint64(s.Type))}
	case 'b':
		return decimal(s.Blocks)
	case 'f':
		return decimal(s.Bfree)
	case 'a':
		return decimal(s.Bavail)
	case 's', 'S':
		return decimal(uint64(s.Bsize))
	case 'c':
		return decimal(s.Files)
	case 'd':
		return decimal(s.Ffree)
	}
	return value{text: string([]byte{letter})}
}

// systemType names the types of statfs(2): BusyBox's, and the common ones of today.
func systemType(magic uint64) string {
	const names = "adff affs|1cd1 devpts|137d ext|ef51 ext2|ef53 ext2/ext3|3153464a jfs|58465342 xfs|f995e849 hpfs|" +
		"9660 isofs|4000 isofs|4004 isofs|137f minix|138f minix (30 char.)|2468 minix v2|2478 minix v2 (30 char.)|" +
		"4d44 msdos|4006 fat|564c novell|6969 nfs|9fa0 proc|517b smb|12ff7b4 xenix|12ff7b5 sysv4|12ff7b6 sysv2|" +
		"12ff7b7 coh|11954 ufs|12fd16d xia|5346544e ntfs|1021994 tmpfs|52654973 reiserfs|28cd3d45 cramfs|7275 romfs|" +
		"858458f6 ramfs|73717368 squashfs|62656572 sysfs|794c7630 overlayfs|9123683e btrfs|65735546 fuseblk|" +
		"63677270 cgroup2fs|27e0eb cgroupfs|64626720 debugfs|f2f52010 f2fs|1021997 v9fs|61756673 aufs|"
	_, after, found := strings.Cut("|"+names, "|"+strconv.FormatUint(magic, 16)+" ")
	if !found {
		return "UNKNOWN"
	}
	name, _, _ := strings.Cut(after, "|")
	return name
}
