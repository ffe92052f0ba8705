// Package dd is the applet dd.
package dd

import (
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"golang.org/x/sys/unix"
)

// Applet is dd.
var Applet = applet.Applet{
	Names: "dd",
	Usage: "[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]\n" +
		"	[conv=notrunc|noerror|sync|fsync|swab]\n" +
		"	[iflag=skip_bytes|count_bytes|fullblock|direct] [oflag=seek_bytes|append|direct]",
	About: "Copy a file in blocks",
	Notes: `
	if=FILE		Read FILE in place of standard input
	of=FILE		Write FILE in place of standard output
	bs=N		Read and write N bytes at a time
	ibs=N		Read N bytes at a time
	obs=N		Write N bytes at a time
	count=N		Copy only N blocks
	skip=N		Pass over N blocks of the input
	seek=N		Pass over N blocks of the output
	conv=notrunc	Don't truncate the output
	conv=noerror	Go on after read errors
	conv=sync	Fill blocks up with zeros
	conv=fsync	Write to the disk before the end
	conv=swab	Swap every two bytes
	iflag=skip_bytes	skip=N is in bytes
	iflag=count_bytes	count=N is in bytes
	oflag=seek_bytes	seek=N is in bytes
	iflag=direct	Read with O_DIRECT
	oflag=direct	Write with O_DIRECT
	iflag=fullblock	Read until blocks are full
	oflag=append	Write at the end
	status=noxfer	Don't show the rate
	status=none	Show nothing

N may end in c (1), w (2), b (512), kB (1000), k (1024), MB, M, GB, G
SIGUSR1 makes it show what was copied so far.
`,
	Form: applet.Plain,
	Min:  true,
	Run:  run,
}

// The words of conv=, iflag=, oflag= and status= as bits.
const (
	notrunc = 1 << iota
	padBlocks
	noerror
	fsync
	swab
	skipBytes
	countBytes
	fullBlock
	directIn
	seekBytes
	appendOut
	directOut
	none
	noxfer
)

// copier is one copy.
type copier struct {
	c          *applet.Call
	flags      int
	ibs, obs   int64
	count      int64 // -1 for all
	skip, seek int64
	from, to   string
	in, out    int
	opened     []int
	held       []byte // output that isn't a block yet
	odd        int    // swab: the size of the last read, if that was odd
	began      time.Time
	full, part [2]atomic.Int64 // blocks in and out
	total      atomic.Int64
	failed     bool
}

func run(c *applet.Call) int {
	d := &copier{c: c, ibs: 512, obs: 512, count: -1, began: time.Now()}
	if wrong, usage := d.parse(c.Args); usage {
		return c.UsageError(wrong)
	} else if wrong != "" {
		return c.Complain(wrong)
	}
	defer func() {
		for _, fd := range d.opened {
			syscall.Close(fd)
		}
	}()
	stop := d.listen()
	defer stop()
	if !d.open() || !d.position() {
		return 1
	}
	status := 0
	if fatal := d.copy(); fatal {
		return 1
	} else if !d.finish() {
		status = 1
	}
	if d.flags&none == 0 {
		d.report()
	}
	return status
}

// words are the bits of a list of words.
func words(list, known string, first int) (flags int, wrong string) {
	for {
		word, rest, more := strings.Cut(list, ",")
		i, found := 0, false
		for k := known; k != ""; i++ {
			var name string
			if name, k, _ = strings.Cut(k, " "); name == word {
				flags |= first << i
				found = true
			}
		}
		if !found {
			return 0, word
		}
		if !more {
			return flags, ""
		}
		list = rest
	}
}

// parse reads the operands.
func (d *copier) parse(args []string) (wrong string, usage bool) {
	for _, arg := range args {
		if arg == "--" {
			continue
		}
		key, value, found := strings.Cut(arg, "=")
		if !found {
			return "", true
		}
		known, first := "", 0
		var size *int64
		switch key {
		case "if":
			d.from = value
		case "of":
			d.to = value
		case "bs", "ibs":
			size = &d.ibs
		case "obs":
			size = &d.obs
		case "count":
			size = &d.count
		case "skip":
			size = &d.skip
		case "seek":
			size = &d.seek
		case "conv":
			known, first = "notrunc sync noerror fsync swab", notrunc
		case "iflag":
			known, first = "skip_bytes count_bytes fullblock direct", skipBytes
		case "oflag":
			known, first = "seek_bytes append direct", seekBytes
		case "status":
			known, first = "none noxfer", none
		default:
			return "", true
		}
		if known != "" {
			flags, bad := words(value, known, first)
			if flags == 0 {
				return "invalid argument '" + bad + "' to '" + key + "'", false
			}
			d.flags |= flags
		}
		if size == nil {
			continue
		}
		n, err := number.Size(value)
		if err != nil || n == 0 && strings.HasSuffix(key, "bs") {
			return "invalid number '" + value + "'", false
		}
		*size = n
		if key == "bs" {
			d.obs = n
		}
	}
	return "", false
}

// open opens input and output.
func (d *copier) open() bool {
	d.in, d.out = d.c.In.Fd(), d.c.Out.Fd()
	if d.from == "" {
		d.from = "standard input"
	} else if !d.openOne(&d.in, d.from, syscall.O_RDONLY, directIn) {
		return false
	}
	if d.to == "" {
		d.to = "standard output"
		return true
	}
	flags := syscall.O_WRONLY | syscall.O_CREAT
	if d.seek == 0 && d.flags&notrunc == 0 {
		flags |= syscall.O_TRUNC
	}
	if d.flags&appendOut != 0 {
		flags |= syscall.O_APPEND
	}
	if !d.openOne(&d.out, d.to, flags, directOut) {
		return false
	}
	if d.seek > 0 && d.flags&notrunc == 0 {
		if err := syscall.Ftruncate(d.out, d.seek*d.unit(seekBytes, d.obs)); err != nil && d.isFile() {
			d.c.Warn(d.to, err)
			return false
		}
	}
	return true
}

func (d *copier) openOne(fd *int, path string, flags, direct int) bool {
	if d.flags&direct != 0 {
		flags |= syscall.O_DIRECT
	}
	n, err := applet.OpenFile(path, flags, 0o666)
	if err != nil {
		d.c.CantOpen(path, err)
		return false
	}
	*fd = n
	d.opened = append(d.opened, n)
	return true
}

// isFile says whether the output is one that can be truncated.
func (d *copier) isFile() bool {
	var st unix.Stat_t
	return unix.Fstat(d.out, &st) != nil || st.Mode&unix.S_IFMT == unix.S_IFREG || st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// unit is what skip and seek count in.
func (d *copier) unit(bytes int, block int64) int64 {
	if d.flags&bytes != 0 {
		return 1
	}
	return block
}

// position passes over what skip and seek say.
func (d *copier) position() bool {
	unit := d.unit(skipBytes, d.ibs)
	if d.skip > 0 {
		if _, err := syscall.Seek(d.in, d.skip*unit, 1); err != nil {
			buf := make([]byte, min(unit*d.skip, max(unit, 1<<16)))
			for left := d.skip; left > 0; {
				// Blocks one by one, for a short read passes over a block as well.
				size := unit
				if unit == 1 {
					size = min(left, int64(len(buf)))
				}
				n, err := d.read(buf[:size])
				if err != nil {
					d.c.Warn(d.from, err)
					return false
				}
				if n == 0 {
					break
				}
				if unit == 1 {
					left -= int64(n)
				} else {
					left--
				}
			}
		}
	}
	if d.seek > 0 {
		if _, err := syscall.Seek(d.out, d.seek*d.unit(seekBytes, d.obs), 1); err != nil {
			d.c.Warn(d.to, err)
			return false
		}
	}
	return true
}
