package lineedit

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/users"
)

// Prompt expands the escapes of PS1 as BusyBox's ash does: \u \h \H \w \W \$ \A \t \T \@
// \[ \] and those of C. get returns the shell's variables HOME and PWD. The result
// is for ReadLine.
func Prompt(ps string, get func(name string) string) string {
	var b strings.Builder
	for ps != "" {
		c := ps[0]
		ps = ps[1:]
		if c != '\\' || ps == "" {
			b.WriteByte(c)
			continue
		}
		c = ps[0]
		if c >= '0' && c <= '7' {
			n := 1
			for n < 3 && n < len(ps) && ps[n] >= '0' && ps[n] <= '7' {
				n++
			}
			v, _ := strconv.ParseUint(ps[:n], 8, 16)
			b.WriteByte(byte(v))
			ps = ps[n:]
			continue
		}
		ps = ps[1:]
		if c == 'x' {
			n := 0
			for n < 2 && n < len(ps) && strings.IndexByte("0123456789abcdefABCDEF", ps[n]) >= 0 {
				n++
			}
			v, _ := strconv.ParseUint(ps[:n], 16, 16)
			b.WriteByte(byte(v))
			ps = ps[n:]
			continue
		}
		b.WriteString(expand(c, get))
	}
	return b.String()
}

func expand(c byte, get func(string) string) string {
	switch c {
	case 'u':
		var n users.Names
		return n.User(uint32(syscall.Geteuid()))
	case 'H':
		return host()
	case 'h':
		name, _, _ := strings.Cut(host(), ".")
		return name
	case '$':
		if syscall.Geteuid() == 0 {
			return "#"
		}
		return "$"
	case 'T', '@', 'A', 't':
		now := time.Now()
		return pad.Zero(int64(now.Hour()), 2) + ":" + pad.Zero(int64(now.Minute()), 2)
	case 'w':
		return directory(get)
	case 'W':
		dir := directory(get)
		return dir[strings.LastIndexByte(dir, '/')+1:]
	case '[':
		return string(rune(markStart))
	case ']':
		return string(rune(markEnd))
	}
	if i := strings.IndexByte("abefnrv\\", c); i >= 0 {
		return "\a\b\x1b\f\n\r\v\\"[i : i+1]
	}
	return string(rune(c))
}

func host() string {
	var u syscall.Utsname
	syscall.Uname(&u)
	var b []byte
	for _, c := range u.Nodename {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// directory is the current one, with ~ for the user's home.
func directory(get func(string) string) string {
	dir := get("PWD")
	if dir == "" {
		dir, _ = applet.Readlink("/proc/self/cwd")
	}
	home := get("HOME")
	if rest, ok := strings.CutPrefix(dir, home); ok && home != "" && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return dir
}
