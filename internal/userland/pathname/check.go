package pathname

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Pathchk is pathchk.
var Pathchk = applet.Applet{
	Names: "pathchk",
	Usage: "[-pP] NAME...",
	About: "Tell which NAMEs can't be, or aren't portable.",
	Options: `
-p	names that not all systems of POSIX take
-P	empty names, and parts that begin with -
--portability	as -p -P
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     pathchk,
}

// What POSIX promises of every system, and what Linux has.
const (
	posixName, posixPath = 14, 256
	linuxName, linuxPath = 255, 4096
)

const portable = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"

func pathchk(c *applet.Call) (status int) {
	both := c.Has("portability")
	posix, more := both || c.Has("p"), both || c.Has("P")
	for _, path := range c.Args {
		wrong := ""
		if posix {
			wrong = unportable(path)
		}
		if wrong == "" && more {
			wrong = odd(path)
		}
		if wrong == "" && !posix {
			wrong = impossible(path)
		}
		if wrong != "" {
			status = c.Complain(wrong)
		}
	}
	return status
}

// odd is what -P finds.
func odd(path string) string {
	if path == "" {
		return "empty file name"
	}
	if strings.Contains("/"+path, "/-") {
		return "leading '-' in a component of file name '" + path + "'"
	}
	return ""
}

func unportable(path string) string {
	if path == "" {
		return "empty file name"
	}
	for i := range len(path) {
		if strings.IndexByte(portable, path[i]) < 0 {
			return "nonportable character '" + path[i:i+1] + "' in file name '" + path + "'"
		}
	}
	return tooLong(path, posixName, posixPath)
}

func tooLong(path string, name, whole int) string {
	if len(path) >= whole {
		return "limit " + strconv.Itoa(whole-1) + " exceeded by length " + strconv.Itoa(len(path)) + " of file name '" + path + "'"
	}
	for _, part := range strings.Split(path, "/") {
		if len(part) > name {
			return "limit " + strconv.Itoa(name) + " exceeded by length " + strconv.Itoa(len(part)) + " of file name component '" + part + "'"
		}
	}
	return ""
}

// impossible asks the system.
func impossible(path string) string {
	var st syscall.Stat_t
	err := syscall.Lstat(path, &st)
	switch {
	case path == "":
		return "'': " + applet.Reason(syscall.ENOENT)
	case err == nil || err == syscall.ENOENT:
		return tooLong(path, linuxName, linuxPath)
	case err == syscall.ENAMETOOLONG:
		if wrong := tooLong(path, linuxName, linuxPath); wrong != "" {
			return wrong
		}
	}
	return path + ": " + applet.Reason(err)
}
