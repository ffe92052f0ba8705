// Package tar is the applet tar. It reads the formats of V7, POSIX 1988 (ustar) and 2001
// (pax) and of GNU, also with holes, and writes that of GNU.
package tar

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
)

// Applet is tar.
var Applet = applet.Applet{
	Names: "tar",
	Usage: "c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [-T FILE] [-X FILE] [LONGOPT]... [FILE]...",
	About: "Create, extract, or list files from a tar file.",
	Options: `
-c, --create	create
-x, --extract, --get	extract
-t, --list	list
-f, --file FILE	name of TARFILE ('-' for stdin/out)
-C, --directory DIR	change to DIR before operation
-v, --verbose	verbose
-O, --to-stdout	extract to stdout
-m, --touch	don't restore mtime
-o, --no-same-owner	don't restore user:group
-p, --same-permissions, --preserve-permissions	restore the mode, as root does anyway
-k, --keep-old, --keep-old-files	don't replace existing files
-Z, --compress	(de)compress using compress
-z, --gzip	(de)compress using gzip
-J, --xz	(de)compress using xz
-j, --bzip2	(de)compress using bzip2
--lzma	(de)compress using lzma
-a, --auto-compress	(de)compress based on extension
-h, --dereference	follow symlinks
-T, --files-from FILE	file with names to include
-X, --exclude-from FILE	file with glob patterns to exclude
--exclude PATTERN	glob pattern to exclude
--overwrite	replace the content of existing files
--strip-components NUM	NUM of leading components to strip
--no-recursion	don't descend in directories
--numeric-owner	use numeric user:group
--no-same-permissions	don't restore access permissions
--to-command COMMAND	pipe files to COMMAND
`,
	Form: applet.Plain,
	Min:  true,
	Run:  run,
}

// work is what all operations need.
type work struct {
	c       *applet.Call
	file    string
	verbose int
	accept  []string
	reject  []string
	strip   int
}

func run(c *applet.Call) int {
	if len(c.Args) > 0 && c.Args[0] == "--version" {
		c.Out.Print("tar (busybox) ", c.Version, "\n")
		return 0
	}
	if !c.Reparse(oldStyle(c.Args)) {
		return 1
	}
	operations := 0
	for _, o := range [...]string{"c", "x", "t"} {
		if c.Has(o) {
			operations++
		}
	}
	if operations != 1 {
		return c.UsageError("")
	}
	w := &work{c: c, file: "-", verbose: c.Count("t") + c.Count("v")}
	if f, given := c.Given("f"); given {
		w.file = f
	}
	if wrong := w.lists(); wrong != 0 {
		return wrong
	}
	if s, given := c.Given("strip-components"); given {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + s + "'")
		}
		w.strip = int(n)
	}
	if c.Has("c") {
		return w.create()
	}
	return w.read()
}

// oldStyle gives the first argument its dash. The name of the archive is then the next
// argument, wherever the f stands: "tar fx FILE".
func oldStyle(args []string) []string {
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return args
	}
	first := args[0]
	if i := strings.IndexByte(first, 'f'); i >= 0 {
		first = first[:i] + first[i+1:] + "f"
	}
	return append([]string{"-" + first}, args[1:]...)
}

// lists reads the names and patterns.
func (w *work) lists() int {
	c := w.c
	for _, file := range c.Values("X") {
		if !w.names(file, &w.reject) {
			return 1
		}
	}
	w.reject = append(w.reject, c.Values("exclude")...)
	for _, file := range c.Values("T") {
		if !w.names(file, &w.accept) {
			return 1
		}
	}
	for _, name := range c.Args {
		w.accept = append(w.accept, trim(name))
	}
	return 0
}

func (w *work) names(file string, into *[]string) bool {
	in := w.c.In
	if file != "-" {
		var err error
		if in, err = applet.Open(file); err != nil {
			w.c.CantOpen(file, err)
			return false
		}
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			if err := in.Err(); err != nil {
				w.c.Warn(file, err)
				return false
			}
			return true
		}
		*into = append(*into, trim(string(line)))
	}
}

// trim takes the last slash off, but not that of "/".
func trim(name string) string {
	if len(name) > 1 {
		return strings.TrimSuffix(name, "/")
	}
	return name
}

// listed says whether a pattern matches as many components of the name as it has
// itself, and which one that is.
func listed(patterns []string, name string) int {
	for i, p := range patterns {
		slashes := strings.Count(p, "/")
		cut := name
		for j := range len(name) {
			if name[j] != '/' {
				continue
			}
			if slashes--; slashes < 0 {
				cut = name[:j]
				break
			}
		}
		if glob.Match(p, cut, 0) {
			return i
		}
	}
	return -1
}

// excluded says whether a pattern matches the name or one that begins at one of its
// components; with what is below.
func excluded(patterns []string, name string) bool {
	for _, p := range patterns {
		if strings.HasPrefix(p, "/") {
			if glob.Match(p, name, glob.Pathname|glob.LeadingDir) {
				return true
			}
			continue
		}
		for i := range len(name) {
			if (i == 0 || name[i-1] == '/') && name[i] != '/' && glob.Match(p, name[i:], glob.Pathname|glob.LeadingDir) {
				return true
			}
		}
	}
	return false
}

// chdir goes to the folder of -C.
func (w *work) chdir() bool {
	dir, given := w.c.Given("C")
	if !given {
		return true
	}
	if err := syscall.Chdir(dir); err != nil {
		w.c.Warn("can't change directory to '"+dir+"'", err)
		return false
	}
	return true
}
