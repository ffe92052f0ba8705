package shell

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
)

// chdir changes the directory. A subshell inside the process first remembers where
// its parent was.
func (sh *shell) chdir(path string) error {
	if sh.parent != nil && sh.cwd < 0 {
		sh.cwd, _ = applet.OpenFile(".", unix.O_PATH|syscall.O_DIRECTORY, 0)
	}
	return syscall.Chdir(path)
}

// restoreDir brings the parent's directory and umask back.
func (sh *shell) restoreDir() {
	if sh.cwd >= 0 {
		unix.Fchdir(sh.cwd)
		syscall.Close(sh.cwd)
		sh.cwd = -1
	}
	if sh.umask >= 0 {
		syscall.Umask(sh.umask)
	}
}

// workingDir finds $PWD out: what the environment says if it is right.
func (sh *shell) workingDir() {
	var here, there syscall.Stat_t
	if pwd := sh.value("PWD"); strings.HasPrefix(pwd, "/") && syscall.Stat(".", &here) == nil &&
		syscall.Stat(pwd, &there) == nil && here.Ino == there.Ino && here.Dev == there.Dev {
		sh.dir = pwd
	} else {
		sh.dir, _ = unix.Getwd()
	}
	if sh.dir != "" {
		sh.set("PWD", sh.dir)
	}
}

// cdCmd is cd [-LP] [DIR].
func cdCmd(sh *shell, args []string) int {
	physical := false
	rest := sh.flagsOf(args, "LP", func(c byte, _ string) { physical = c == 'P' })
	target, print := "", false
	switch {
	case len(rest) == 0:
		target = sh.value("HOME")
	case rest[0] == "-":
		target, print = sh.value("OLDPWD"), true
	default:
		target = rest[0]
	}
	if target == "" {
		target = "."
		if len(rest) == 0 {
			return 0
		}
	}
	if !strings.HasPrefix(target, "/") && target != "." && target != ".." &&
		!strings.HasPrefix(target, "./") && !strings.HasPrefix(target, "../") {
		if found, ok := sh.onCDPath(target); ok {
			print = print || found != target
			target = found
		}
	}
	if err := sh.changeDir(target, physical); err != nil {
		sh.fail("can't cd to " + target + ": " + applet.Reason(err))
	}
	if print {
		sh.out().WriteString(sh.dir + "\n")
	}
	return 0
}

// onCDPath finds a relative folder below those of CDPATH.
func (sh *shell) onCDPath(target string) (string, bool) {
	path := sh.value("CDPATH")
	for more := path != ""; more; {
		var dir string
		dir, path, more = strings.Cut(path, ":")
		if dir == "" {
			dir = "."
		}
		full := applet.Join(dir, target)
		var st syscall.Stat_t
		if syscall.Stat(full, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			if dir == "." {
				return target, true
			}
			return full, true
		}
	}
	return "", false
}

func (sh *shell) changeDir(target string, physical bool) error {
	dir := target
	if !physical {
		dir = sh.logical(target)
	}
	if dir == "" {
		dir = target
	}
	if err := sh.chdir(dir); err != nil {
		return err
	}
	if physical || !strings.HasPrefix(dir, "/") {
		dir, _ = unix.Getwd()
	}
	old := sh.dir
	sh.dir = dir
	sh.setFlags("OLDPWD", old, exported)
	sh.setFlags("PWD", dir, exported)
	return nil
}

// logical joins a path to $PWD and takes . and .. out, without following links.
func (sh *shell) logical(path string) string {
	if !strings.HasPrefix(path, "/") {
		if sh.dir == "" {
			return ""
		}
		path = sh.dir + "/" + path
	}
	var parts []string
	for rest := path; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		switch part {
		case "", ".":
		case "..":
			var st syscall.Stat_t
			if len(parts) > 0 {
				if syscall.Stat("/"+strings.Join(parts, "/"), &st) != nil {
					return ""
				}
				parts = parts[:len(parts)-1]
			}
		default:
			parts = append(parts, part)
		}
	}
	root := "/"
	if strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///") {
		root = "//"
	}
	return root + strings.Join(parts, "/")
}

func pwdCmd(sh *shell, args []string) int {
	dir := sh.dir
	sh.flagsOf(args, "LP", func(c byte, _ string) {
		if dir = sh.dir; c == 'P' {
			dir, _ = unix.Getwd()
		}
	})
	if dir == "" {
		var err error
		if dir, err = unix.Getwd(); err != nil {
			return sh.warn("getcwd: " + applet.Reason(err))
		}
	}
	sh.out().WriteString(dir + "\n")
	return 0
}

func umaskCmd(sh *shell, args []string) int {
	symbolic := false
	rest := sh.flagsOf(args, "S", func(byte, string) { symbolic = true })
	mask := modes.Umask()
	if len(rest) == 0 {
		sh.printMask(mask, symbolic)
		return 0
	}
	var n uint32
	ok := true
	if rest[0] != "" && isDigit(rest[0][0]) {
		n, ok = modes.Parse(rest[0], 0, func() uint32 { return 0 })
	} else {
		n, ok = modes.Parse(rest[0], ^mask&0o777, func() uint32 { return 0 })
		n = ^n & 0o777
	}
	if !ok || n > 0o777 {
		sh.fail("illegal mode: " + rest[0])
	}
	old := syscall.Umask(int(n))
	if sh.parent != nil && sh.umask < 0 {
		sh.umask = old
	}
	return 0
}

func (sh *shell) printMask(mask uint32, symbolic bool) {
	if !symbolic {
		sh.out().Print("0", string([]byte{'0' + byte(mask>>6&7), '0' + byte(mask>>3&7), '0' + byte(mask&7)}), "\n")
		return
	}
	text := ""
	for i, who := range [...]string{"u=", ",g=", ",o="} {
		text += who
		for bit, letter := range [...]string{"r", "w", "x"} {
			if mask>>(6-3*i)&(4>>bit) == 0 {
				text += letter
			}
		}
	}
	sh.out().Print(text, "\n")
}
