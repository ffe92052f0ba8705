// Package mkdir is the applets mkdir, mkfifo, mknod and mktemp.
package mkdir

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Mkdir is mkdir.
var Mkdir = applet.Applet{
	Names: "mkdir",
	Usage: "[-m MODE] [-pv] DIRECTORY...",
	About: "Make each DIRECTORY",
	Options: `
-m, --mode MODE	its mode
-p, --parents	no error if it exists; make the folders above as needed
-v, --verbose	tell what is made
`,
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Run:     runMkdir,
}

func runMkdir(c *applet.Call) int {
	mode, given, ok := modeOption(c, 0o777)
	if !ok {
		return 1
	}
	var made func(string)
	if c.Has("v") {
		made = func(path string) { c.Out.Print("created directory: '", path, "'\n") }
	}
	status := 0
	for _, path := range c.Args {
		upper := strings.TrimRight(path, "/")
		upper = upper[:strings.LastIndexByte(upper, '/')+1]
		if c.Has("p") && upper != "" {
			if failed, err := tree.MakeAll(upper, made); err != nil {
				status = c.Warn("can't create directory '"+failed+"'", err)
				continue
			}
		}
		perm := uint32(0o777)
		if given {
			perm = mode & 0o777 // not more than wanted until it is set
		}
		err := syscall.Mkdir(path, perm)
		switch {
		case err != nil && c.Has("p") && isFolder(path):
		case err != nil:
			status = c.Warn("can't create directory '"+path+"'", err)
		default:
			if made != nil {
				made(path)
			}
			if given {
				status |= setMode(c, path, mode)
			}
		}
	}
	return status
}

func isFolder(path string) bool {
	var st syscall.Stat_t
	return syscall.Stat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
}

func setMode(c *applet.Call, path string, mode uint32) int {
	// Without the slashes a link in its place would be refused.
	if err := tree.Chmod(unix.AT_FDCWD, strings.TrimRight(path, "/"), mode); err != nil {
		return c.Warn("can't set permissions of directory '"+path+"'", err)
	}
	return 0
}

// modeOption reads -m.
func modeOption(c *applet.Call, from uint32) (mode uint32, given, ok bool) {
	text, given := c.Given("m")
	if !given {
		return from, false, true
	}
	if mode, ok = modes.Parse(text, from, modes.Umask); !ok {
		c.Complain("invalid mode '" + text + "'")
	}
	return mode, true, ok
}

// Mkfifo is mkfifo.
var Mkfifo = applet.Applet{
	Names:   "mkfifo",
	Usage:   "[-m MODE] NAME...",
	About:   "Make named pipes",
	Options: "-m MODE\tthe mode (default a=rw)",
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Dir:     "/usr/bin",
	Run:     runMkfifo,
}

func runMkfifo(c *applet.Call) int {
	mode, given, ok := modeOption(c, 0o666)
	if !ok {
		return 1
	}
	status := 0
	for _, name := range c.Args {
		status |= node(c, name, syscall.S_IFIFO, mode, given, 0)
	}
	return status
}

// node makes a special file.
func node(c *applet.Call, name string, kind, mode uint32, exact bool, device uint64) int {
	err := syscall.Mknod(name, kind|mode, int(device))
	if err == nil && exact {
		err = tree.Chmod(unix.AT_FDCWD, name, mode)
	}
	if err != nil {
		return c.Warn(name, err)
	}
	return 0
}

// Mknod is mknod.
var Mknod = applet.Applet{
	Names:   "mknod",
	Usage:   "[-m MODE] NAME TYPE [MAJOR MINOR]",
	About:   "Make a special file",
	Options: "-m MODE\tthe mode (default a=rw)",
	Notes: `
TYPE:
	b	block device
	c or u	character device
	p	named pipe (without MAJOR and MINOR)
`,
	AtLeast: 2,
	AtMost:  4,
	Quick:   true,
	Min:     true,
	Run:     runMknod,
}

func runMknod(c *applet.Call) int {
	mode, given, ok := modeOption(c, 0o666)
	if !ok {
		return 1
	}
	kind, want := uint32(syscall.S_IFIFO), 2
	switch (c.Args[1] + " ")[0] {
	case 'p':
	case 'b':
		kind, want = syscall.S_IFBLK, 4
	case 'c', 'u':
		kind, want = syscall.S_IFCHR, 4
	default:
		want = 0
	}
	if len(c.Args) != want {
		return c.UsageError("")
	}
	var device uint64
	if want == 4 {
		var numbers [2]int
		for i, limit := range [2]int{1<<12 - 1, 1<<20 - 1} {
			n, err := number.Int(c.Args[2+i], limit)
			if err != nil {
				return c.Complain("invalid number '" + c.Args[2+i] + "'")
			}
			numbers[i] = n
		}
		device = unix.Mkdev(uint32(numbers[0]), uint32(numbers[1]))
	}
	return node(c, c.Args[0], kind, mode, given, device)
}

// Mktemp is mktemp.
var Mktemp = applet.Applet{
	Names: "mktemp",
	Usage: "[-dtqu] [-p DIR] [TEMPLATE]",
	About: "Make a file with a new name after TEMPLATE, which ends in XXXXXX, and print the name.\nWithout TEMPLATE it is -t tmp.XXXXXX.",
	Options: `
-d, --directory	a folder, not a file
-q, --quiet	don't tell errors
-t	in the folder for temporary files
-p DIR	in DIR
--tmpdir[=DIR]	in DIR, or in the folder for temporary files
-u, --dry-run	make nothing, only print a name
`,
	Notes:  "The folder for temporary files is DIR of -p, or else $TMPDIR, or else /tmp.",
	AtMost: 1,
	Quick:  true,
	Min:    true,
	Run:    runMktemp,
}

func runMktemp(c *applet.Call) int {
	dir := c.Getenv("TMPDIR")
	if dir == "" {
		dir = "/tmp"
	}
	inDir := c.Has("t")
	for _, key := range [2]string{"tmpdir", "p"} {
		if value, given := c.Given(key); given {
			inDir = true
			if value != "" {
				dir = value
			}
		}
	}
	template := "tmp.XXXXXX"
	if len(c.Args) > 0 {
		template = c.Args[0]
	} else {
		inDir = true
	}
	if inDir {
		template = applet.Join(dir, strings.TrimLeft(template, "/"))
	}
	path, err := temporary(template, c.Has("d"), c.Has("u"))
	if err != nil {
		if !c.Has("q") {
			c.Warn(template, err)
		}
		return 1
	}
	c.Out.Print(path, "\n")
	return 0
}

// temporary makes a file or folder with a name that nothing has yet.
func temporary(template string, folder, dry bool) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	base, found := strings.CutSuffix(template, "XXXXXX")
	if !found {
		return "", syscall.EINVAL
	}
	for range 1000 {
		var random [6]byte
		if _, err := unix.Getrandom(random[:], 0); err != nil {
			return "", err
		}
		for i, b := range random {
			random[i] = letters[int(b)%len(letters)]
		}
		path := base + string(random[:])
		var err error
		switch {
		case dry:
			var st syscall.Stat_t
			if err = syscall.Lstat(path, &st); err == nil {
				err = syscall.EEXIST
			} else if err == syscall.ENOENT {
				err = nil
			}
		case folder:
			err = syscall.Mkdir(path, 0o700)
		default:
			var fd int
			if fd, err = applet.OpenFile(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL, 0o600); err == nil {
				syscall.Close(fd)
			}
		}
		if err != syscall.EEXIST {
			return path, err
		}
	}
	return "", syscall.EEXIST
}
