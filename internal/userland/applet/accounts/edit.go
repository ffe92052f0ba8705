// Package accounts changes the files of users and groups, checks passwords and begins
// sessions.
package accounts

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/paths"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// GShadowFile is the shadow file of groups.
const GShadowFile = "/etc/gshadow"

// Rewrite writes a file of lines anew: beside it, under a lock that is the name of the
// new file, and then in its place, so that there is a whole file at any time. edit
// returns what stands in place of a line, and false to take it away. If it changed
// nothing, add is appended, if that isn't "". The old file is kept with a "-" behind
// its name. It returns how many lines were changed, or an error that was told.
func Rewrite(c *applet.Call, path string, edit func(string) (string, bool), add string) (changed int, err error) {
	if real, err := paths.Real(path); err == nil {
		path = real
	}
	if !applet.Exists(path) && strings.Contains(path, "shadow") {
		return 0, nil // no shadow file is wanted, then
	}
	next := path + "+"
	fd, err := create(next)
	if err != nil {
		c.Warn("can't create '"+next+"'", err)
		return 0, err
	}
	// Only now, for another one's change may have been waited for.
	old, err := applet.OpenFile(path, syscall.O_RDWR, 0)
	if err != nil {
		syscall.Close(fd)
		syscall.Unlink(next)
		c.Warn(path, err)
		return 0, err
	}
	defer syscall.Close(old)
	var st unix.Stat_t
	if unix.Fstat(old, &st) == nil {
		unix.Fchmod(fd, st.Mode&0o777)
		unix.Fchown(fd, int(st.Uid), int(st.Gid))
	}
	back := path + "-"
	syscall.Unlink(back)
	if err := syscall.Link(path, back); err != nil {
		c.Warn("warning: can't create backup copy '"+back+"'", err)
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(uintptr(old), syscall.F_SETLK, &lock); err != nil {
		c.Warn("warning: can't lock '"+path+"'", err)
	}
	changed, err = copyLines(fd, old, edit, add)
	if err == nil {
		err = syscall.Fsync(fd)
	}
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err == nil {
		err = syscall.Rename(next, path)
	}
	if err != nil {
		syscall.Unlink(next)
		c.Warn(path, err)
	}
	return changed, err
}

// create makes the new file, whose name is the lock. Another one is waited for.
func create(path string) (fd int, err error) {
	for range 30 {
		fd, err = applet.OpenFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
		if err != syscall.EEXIST {
			return fd, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fd, err
}

func copyLines(to, from int, edit func(string) (string, bool), add string) (changed int, err error) {
	in, out := applet.NewIn(from), applet.NewOut(to)
	for {
		p, ok := in.Line()
		if !ok {
			break
		}
		line := string(p)
		text, keep := edit(line)
		if !keep || text != line {
			changed++
		}
		if keep {
			out.Print(text, "\n")
		}
	}
	if changed == 0 && add != "" {
		out.Print(add, "\n")
		changed++
	}
	if in.Err() != nil {
		return changed, in.Err()
	}
	return changed, out.Flush()
}

// Named makes an edit of one name's line.
func Named(name string, edit func(string) (string, bool)) func(string) (string, bool) {
	return func(line string) (string, bool) {
		if !strings.HasPrefix(line, name+":") {
			return line, true
		}
		return edit(line)
	}
}

// Append adds a line for a name.
func Append(c *applet.Call, path, line string) error {
	_, err := Rewrite(c, path, func(line string) (string, bool) { return line, true }, line)
	return err
}

// Delete takes away a name's line.
func Delete(c *applet.Call, path, name string) error {
	_, err := Rewrite(c, path, Named(name, func(string) (string, bool) { return "", false }), "")
	return err
}

// AddMember adds a member to a group.
func AddMember(c *applet.Call, path, group, user string) (int, error) {
	return Rewrite(c, path, Named(group, func(line string) (string, bool) {
		if !strings.HasSuffix(line, ":") {
			line += ","
		}
		return line + user, true
	}), "")
}

// DeleteMember takes a member out of a group, or out of all for "".
func DeleteMember(c *applet.Call, path, group, user string) (int, error) {
	return Rewrite(c, path, func(line string) (string, bool) {
		if group != "" && !strings.HasPrefix(line, group+":") {
			return line, true
		}
		i := strings.LastIndexByte(line, ':')
		var left []string
		for _, member := range strings.Split(line[i+1:], ",") {
			if member != user {
				left = append(left, member)
			}
		}
		return line[:i+1] + strings.Join(left, ","), true
	}, "")
}

// SetPassword changes a user's hash, in the shadow file if the user is there, and returns how
// many lines changed.
func SetPassword(c *applet.Call, name, hash string) (int, error) {
	day := strconv.FormatInt(max(time.Now().Unix()/86400, 1), 10) // 0 has a meaning of its own
	inShadow := false
	changed, err := Rewrite(c, users.ShadowFile, Named(name, func(line string) (string, bool) {
		inShadow = true
		rest := strings.SplitN(line, ":", 4)
		tail := ""
		if len(rest) == 4 {
			tail = ":" + rest[3]
		}
		return name + ":" + hash + ":" + day + tail, true
	}), "")
	if err != nil {
		return 0, err
	}
	if inShadow {
		hash = "x"
	}
	more, err := Rewrite(c, users.PasswdFile, Named(name, func(line string) (string, bool) {
		rest := strings.SplitN(line, ":", 3)
		if len(rest) < 3 {
			return line, true
		}
		return name + ":" + hash + ":" + rest[2], true
	}), "")
	return changed + more, err
}
