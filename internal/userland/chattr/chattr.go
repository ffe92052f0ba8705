// Package chattr is the applets chattr and lsattr.
package chattr

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// The attributes: their letters, their bits (see linux/fs.h) and their names, in the
// order in which they are shown.
const letters = "suSDiadAcEjItTeCFNPV"

const names = "Secure_Deletion|Undelete|Synchronous_Updates|Synchronous_Directory_Updates|Immutable|Append_Only|" +
	"No_Dump|No_Atime|Compression_Requested|Encrypted|Journaled_Data|Indexed_directory|No_Tailmerging|" +
	"Top_of_Directory_Hierarchies|Extents|No_COW|Casefold|Inline_Data|Project_Hierarchy|Verity"

// bit is the bit of the attribute at that place.
func bit(place int) uint32 {
	const shifts = "\x00\x01\x03\x10\x04\x05\x06\x07\x02\x0b\x0e\x0c\x0f\x11\x13\x17\x1e\x1c\x1d\x14"
	return 1 << shifts[place]
}

const (
	dirSync = 0x10000

	getVersion = 0x80087601
	setVersion = 0x40087602
	getXattr   = 0x801c581f
	setXattr   = 0x401c5820
)

// extended is struct fsxattr of linux/fs.h.
type extended struct {
	flags, extent, count, project, cow uint32
	_                                  [8]byte
}

// file opens a file of a walk, never a link or a device.
func file(n *tree.Node) (int, error) {
	return applet.OpenAt(n.Dir, n.Name, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|syscall.O_NOFOLLOW, 0)
}

func control(fd int, request uintptr, p unsafe.Pointer) error {
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(p)); e != 0 {
		return e
	}
	return nil
}

func openable(n *tree.Node) bool {
	return n.Type == syscall.DT_REG || n.Type == syscall.DT_DIR || n.Type == syscall.DT_LNK
}

// Chattr is chattr.
var Chattr = applet.Applet{
	Names: "chattr",
	Usage: "[-R] [-v VERSION] [-p PROJID] [-+=AacDdijsStTu] FILE...",
	About: "Change the attributes that ext2 and other file systems keep",
	Notes: `
	-R	Also of what is in folders
	-v NUM	Set the version
	-p NUM	Set the project
Modifiers:
	-,+,=	Take away, add, set attributes
Attributes:
	A	No access times		a	Only append
	C	No copy on write	c	Compressed
	D	Synchronous folder	d	Not dumped
	E	Encrypted		e	Extents
	F	Case-insensitive	I	Indexed folder
	i	Immutable		j	Data through the journal
	N	Inline data		P	Project hierarchy
	S	Synchronous		s	Zeroed when deleted
	T	Top of folders		t	No tail-merging
	u	Can be undeleted	V	Verity
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  runChattr,
}

// change is what chattr was told to do.
type change struct {
	c                  *applet.Call
	add, remove        uint32
	adds, removes      bool
	sets, recurse      bool
	version, project   uint32
	setsVersion, setsP bool
	status             int
}

func runChattr(c *applet.Call) int {
	g := change{c: c}
	args := c.Args
	for len(args) > 0 && args[0] != "" && strings.IndexByte("-+=", args[0][0]) >= 0 {
		var ok bool
		if args, ok = g.word(args); !ok {
			return c.UsageError("")
		}
	}
	switch {
	case len(args) == 0:
		return c.UsageError("")
	case g.sets && (g.adds || g.removes):
		return c.Complain("= is incompatible with - and +")
	case g.add&g.remove != 0:
		return c.Complain("can't set and unset a flag")
	case !g.sets && !g.adds && !g.removes && !g.setsVersion && !g.setsP:
		return c.Complain("must use -v, -p, =, - or +")
	}
	w := tree.Walk{Failed: g.failed, Visit: func(n *tree.Node) tree.Next {
		if openable(n) {
			g.one(n)
		}
		if g.recurse {
			return tree.Into
		}
		return tree.Over
	}}
	for _, arg := range args {
		w.Run(arg)
	}
	return g.status
}

func (g *change) failed(n *tree.Node, err error) {
	g.status = g.c.Warn("can't stat '"+n.Path()+"'", err)
}

// word reads one word of modifiers. Options are letters of a word that begins with "-",
// and their values the words that follow.
func (g *change) word(args []string) (rest []string, ok bool) {
	word, to := args[0], &g.add
	rest = args[1:]
	switch word[0] {
	case '-':
		to = &g.remove
	case '+':
		g.adds = true
	default:
		g.sets = true
	}
	for i := 1; i < len(word); i++ {
		if word[0] == '-' {
			switch word[i] {
			case 'R':
				g.recurse = true
				continue
			case 'V', 'f':
				continue // louder, quieter: no difference
			case 'v', 'p':
				if len(rest) == 0 {
					return nil, false
				}
				n, err := strconv.ParseUint(rest[0], 10, 32)
				if err != nil {
					return nil, false
				}
				rest = rest[1:]
				if word[i] == 'v' {
					g.version, g.setsVersion = uint32(n), true
				} else {
					g.project, g.setsP = uint32(n), true
				}
				continue
			}
			g.removes = true
		}
		place := strings.IndexByte(letters, word[i])
		if place < 0 {
			return nil, false
		}
		*to |= bit(place)
	}
	return rest, true
}

// one changes one file's attributes.
func (g *change) one(n *tree.Node) {
	fd, err := file(n)
	if err != nil {
		g.status = g.c.CantOpen(n.Path(), err)
		return
	}
	defer syscall.Close(fd)
	if g.setsVersion {
		if err := control(fd, setVersion, unsafe.Pointer(&g.version)); err != nil {
			g.status = g.c.Warn("setting version on "+n.Path(), err)
		}
	}
	if g.setsP {
		g.setProject(n, fd)
	}
	flags := g.add
	if !g.sets {
		flags, err = unix.IoctlGetUint32(fd, unix.FS_IOC_GETFLAGS)
		if err != nil {
			g.status = g.c.Warn("getting flags on "+n.Path(), err)
			return
		}
		flags = flags&^g.remove | g.add
		if n.Type != syscall.DT_DIR {
			flags &^= dirSync
		}
	}
	if err := unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, int(flags)); err != nil {
		g.status = g.c.Warn("setting flags on "+n.Path(), err)
	}
}

func (g *change) setProject(n *tree.Node, fd int) {
	var x extended
	if err := control(fd, getXattr, unsafe.Pointer(&x)); err != nil {
		g.status = g.c.Warn("getting project ID on "+n.Path(), err)
		return
	}
	x.project = g.project
	if err := control(fd, setXattr, unsafe.Pointer(&x)); err != nil {
		g.status = g.c.Warn("setting project ID on "+n.Path(), err)
	}
}
