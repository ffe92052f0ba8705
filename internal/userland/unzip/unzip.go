// Package unzip is the applet unzip.
package unzip

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/inplace"
	"bantam/internal/userland/applet/printable"
	"golang.org/x/sys/unix"
)

// Applet is unzip.
var Applet = applet.Applet{
	Names: "unzip",
	Usage: "[-lnojptqvK] FILE[.zip] [FILE]... [-x FILE]... [-d DIR]",
	About: "Extract FILEs from ZIP archive.",
	Options: `
-l	list contents (with -q for short form)
-v	list contents with details
-n	never overwrite files (default: ask)
-o	overwrite
-j	do not restore paths
-p	write to stdout
-t	test
-q	quiet
-K	do not clear SUID bit
-x FILE	exclude FILEs
-d DIR	extract into DIR
`,
	Form:    applet.Plain,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     run,
}

// What is done with files that exist already.
const (
	ask = iota
	never
	always
)

// options are the arguments. All operands after -x are names to exclude.
type options struct {
	list, verbose, exclude, flat, keepSUID, test, stdout bool
	quiet, overwrite                                     int
	archive, dir                                         string
	accept, reject                                       []string
}

// parse reads the arguments. It returns a wrong letter, or 0.
func (o *options) parse(args []string) byte {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if len(arg) < 2 || arg[0] != '-' {
			o.operand(arg)
			continue
		}
		for i := 1; i < len(arg); i++ {
			if arg[i] != 'd' {
				if !o.letter(arg[i]) {
					return arg[i]
				}
				continue
			}
			o.dir = arg[i+1:]
			if o.dir == "" {
				if len(args) == 0 {
					return 'd'
				}
				o.dir, args = args[0], args[1:]
			}
			break
		}
	}
	return 0
}

func (o *options) operand(arg string) {
	switch {
	case o.archive == "":
		o.archive = arg
	case o.exclude:
		o.reject = append(o.reject, arg)
	default:
		o.accept = append(o.accept, arg)
	}
}

func (o *options) letter(c byte) bool {
	switch c {
	case 'l':
		o.list = true
	case 'v':
		o.list, o.verbose = true, true
	case 'n':
		o.overwrite = never
	case 'o':
		o.overwrite = always
	case 't':
		o.test, o.stdout = true, true
		o.quiet++
	case 'p':
		o.stdout = true
		o.quiet++
	case 'q':
		o.quiet++
	case 'x':
		o.exclude = true
	case 'j':
		o.flat = true
	case 'K':
		o.keepSUID = true
	default:
		return false
	}
	return true
}

// work is a run.
type work struct {
	options
	c         *applet.Call
	out       *applet.Out
	reader    reader
	extractor *archive.Extractor
	prefix    archive.Prefix

	entries        int
	unpacked, size uint64
}

func run(c *applet.Call) int {
	w := &work{c: c, out: c.Out}
	if wrong := w.parse(c.Args); wrong != 0 {
		if wrong == 'd' {
			return c.UsageError("option requires an argument -- 'd'")
		}
		return c.UsageError("invalid option -- '" + string(rune(wrong)) + "'")
	}
	if w.archive == "" {
		return c.UsageError("")
	}
	if w.test {
		w.out = inplace.Nowhere()
		defer w.out.Close()
	}
	if status := w.open(); status != 0 {
		return status
	}
	defer w.reader.close()
	if !w.list && !w.stdout {
		if status := w.place(); status != 0 {
			return status
		}
	}
	w.begin()
	status := 0
	if err := w.members(); err != nil {
		status = c.Complain(applet.Reason(err))
	}
	if w.extractor != nil {
		w.extractor.NoMode = false // folders get exactly theirs
		status = max(status, w.extractor.Close())
	}
	if status == 0 {
		w.end()
	}
	return status
}

// open opens the archive, also without its suffix.
func (w *work) open() int {
	if w.archive == "-" {
		if w.overwrite == ask {
			w.overwrite = never
		}
		w.reader.open(w.c.In)
		return 0
	}
	for _, suffix := range [...]string{"", ".zip", ".ZIP"} {
		in, err := applet.Open(w.archive + suffix)
		if err == nil {
			w.archive += suffix
			w.reader.open(in)
			return 0
		}
	}
	return w.c.Complain("can't open " + w.archive + "[.zip]")
}

// place opens the folder to extract into. One that isn't there is made.
func (w *work) place() int {
	dir := w.dir
	if dir == "" {
		dir = "."
	} else {
		syscall.Mkdir(dir, 0o777)
	}
	w.extractor = &archive.Extractor{Call: w.c, Truncate: true, NoOwner: true, NoMode: true, NoTime: true}
	if err := w.extractor.Open(dir); err != nil {
		return w.c.Warn("can't change directory to '"+dir+"'", err)
	}
	return 0
}

func name(s string) string {
	s, _ = printable.Name(s)
	return s
}

// begin prints what comes before all members.
func (w *work) begin() {
	if w.quiet == 0 {
		w.out.Print("Archive:  ", name(w.archive), "\n")
	}
	switch {
	case !w.list || w.quiet > 1:
	case w.verbose:
		w.out.Print(" Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n",
			"--------  ------  ------- ---- ---------- ----- --------  ----\n")
	default:
		w.out.Print("  Length      Date    Time    Name\n---------  ---------- -----   ----\n")
	}
}

func (w *work) members() error {
	for w.out.Err() == nil && w.c.Out.Err() == nil {
		m, err := w.reader.next()
		if m == nil || err != nil {
			return err
		}
		m.name = w.prefix.Strip(w.c, m.name)
		if matches(w.reject, m.name) || len(w.accept) > 0 && !matches(w.accept, m.name) {
			err = w.reader.skip(m)
		} else if w.list {
			w.tell(m)
			err = w.reader.skip(m)
		} else {
			err = w.member(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if glob.Match(p, name, 0) {
			return true
		}
	}
	return false
}

// member extracts, or writes to standard output.
func (w *work) member(m *member) error {
	if w.stdout {
		if m.kind() == unix.S_IFLNK {
			return w.reader.skip(m)
		}
		return w.reader.data(w.c, m, func(p []byte) error {
			w.out.Write(p)
			return nil
		})
	}
	if w.flat {
		m.name = m.name[strings.LastIndexByte(m.name, '/')+1:]
	}
	switch {
	case m.name == "":
	case strings.HasSuffix(m.name, "/"):
		w.folder(m)
	case w.may(m):
		return w.file(m)
	}
	return w.reader.skip(m)
}

// folder makes a folder, if there is none.
func (w *work) folder(m *member) {
	mode, err := w.extractor.Lstat(m.name)
	switch {
	case err != nil:
		if w.quiet == 0 {
			w.out.Print("   creating: ", name(m.name), "\n")
		}
		w.extractor.Put(&archive.Entry{Name: strings.TrimRight(m.name, "/"), Mode: unix.S_IFDIR | m.permissions(0o777, w.keepSUID)}, nil)
	case mode&unix.S_IFMT != unix.S_IFDIR:
		w.extractor.Fail("'"+name(m.name)+"' exists but is not a directory", nil)
	}
}

// may says whether the file may be made; the user may give it another name.
func (w *work) may(m *member) bool {
	for {
		mode, err := w.extractor.Lstat(m.name)
		if err == syscall.ENOENT || err == syscall.ENOTDIR {
			return true
		}
		if w.overwrite == never {
			return false
		}
		if err != nil {
			w.extractor.Fail("can't stat '"+name(m.name)+"'", err)
			return false
		}
		if mode&unix.S_IFMT != unix.S_IFREG {
			w.extractor.Fail("'"+name(m.name)+"' exists but is not a regular file", nil)
			return false
		}
		if w.overwrite == always {
			return true
		}
		w.out.Print("replace ", name(m.name), "? [y]es, [n]o, [A]ll, [N]one, [r]ename: ")
		answer, ok := w.line()
		if !ok {
			return false
		}
		switch answer[:1] {
		case "A":
			w.overwrite = always
			return true
		case "y":
			return true
		case "N":
			w.overwrite = never
			return false
		case "n":
			return false
		case "r":
			w.out.Print("new name: ")
			if m.name, ok = w.line(); !ok {
				return false
			}
		default:
			w.out.Print("error: invalid response [", answer[:1], "]\n")
		}
	}
}

// line reads the user's answer, which isn't empty.
func (w *work) line() (string, bool) {
	w.out.Flush()
	line, ok := w.c.In.Line()
	if !ok {
		w.extractor.Fail("can't read standard input", w.c.In.Err())
		w.overwrite = never
		return "", false
	}
	if len(line) == 0 {
		return "\n", true
	}
	return string(line), true
}

func (w *work) inflating(m *member) {
	if w.quiet == 0 {
		w.out.Print("  inflating: ", name(m.name), "\n")
	}
}

// file makes a file or a link.
func (w *work) file(m *member) error {
	e := archive.Entry{Name: m.name, Mode: unix.S_IFREG | m.permissions(0o666, w.keepSUID)}
	if m.kind() == unix.S_IFLNK {
		w.inflating(m)
		const most = 4095
		err := w.reader.data(w.c, m, func(p []byte) error {
			if len(e.Target)+len(p) <= most {
				e.Target += string(p)
			}
			return nil
		})
		if err != nil {
			return err
		}
		e.Mode = unix.S_IFLNK | 0o777
		w.extractor.Remove(m.name)
		w.extractor.Put(&e, nil)
		return nil
	}
	var fatal error
	w.extractor.Put(&e, func(write func([]byte) error) {
		w.inflating(m)
		fatal = w.reader.data(w.c, m, write)
	})
	if fatal == nil {
		fatal = w.reader.skip(m)
	}
	return fatal
}
