package mdev

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// read reads a small file of /sys.
func read(path string) string {
	in, err := applet.Open(path)
	if err != nil {
		return ""
	}
	defer in.Close()
	p, _ := in.Chunk()
	return string(p)
}

// numbers reads "MAJOR:MINOR"; -1 if there is no such file.
func numbers(path string) (major, minor int) {
	a, b, found := strings.Cut(strings.TrimSpace(read(path+"/dev")), ":")
	major, err := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if !found || err != nil || err2 != nil || major < 0 || minor < 0 {
		return -1, -1
	}
	return major, minor
}

// nameOf is the device's name below /dev: what its uevent file says, or the last part of
// the path.
func nameOf(path string) string {
	for _, line := range strings.Split(read(path+"/uevent"), "\n") {
		if name, ok := strings.CutPrefix(line, "DEVNAME="); ok && name != "" {
			return name
		}
	}
	return applet.Base(path)
}

// device makes or removes the file of a device by the rules.
func (w *work) device(name, path string, add bool) {
	major, minor := -1, -1
	if add {
		major, minor = numbers(path)
	}
	if name == "" {
		name = nameOf(path)
	}
	kind := uint32(unix.S_IFCHR)
	if strings.Contains(path, "/block/") || strings.HasPrefix(w.get("SUBSYSTEM"), "block") {
		kind = unix.S_IFBLK
	}
	for i := range w.rules {
		r := &w.rules[i]
		subject, slots, ok := w.matches(r, name, major, minor)
		if !ok {
			continue
		}
		w.debug(2, "rule matched, line "+strconv.Itoa(r.line))
		if strings.HasPrefix(r.alias, "!") {
			major = -2 // no file is made or removed
		}
		node, link := name, false
		if r.alias != "" && r.alias[0] != '!' {
			node, link = w.alias(expand(r.alias[1:], subject, &slots), name), r.alias[0] == '>'
		}
		if add && major >= 0 {
			w.create(r, node, kind, major, minor)
			if link {
				syscall.Symlink(node, name)
			}
		}
		w.command(r, node, add)
		if !add && major >= -1 {
			if link {
				tree.Unlink(unix.AT_FDCWD, name, 0)
			}
			tree.Unlink(unix.AT_FDCWD, node, 0)
		}
		if !r.on {
			break
		}
	}
}

// alias is the name that a rule gives; one that ends with a slash is a folder.
func (w *work) alias(alias, name string) string {
	if i := strings.LastIndexByte(alias, '/'); i >= 0 {
		folders(alias[:i])
		if i == len(alias)-1 {
			return alias + name
		}
	}
	return alias
}

// folders makes folders. Only here the umask counts, which is 0 otherwise.
func folders(path string) {
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			syscall.Mkdir(path[:i], 0o755)
		}
	}
}

// create makes the file of a device.
func (w *work) create(r *rule, node string, kind uint32, major, minor int) {
	if i := strings.LastIndexByte(node, '/'); i > 0 {
		folders(node[:i])
	}
	w.debug(1, "mknod "+node+" ("+strconv.Itoa(major)+","+strconv.Itoa(minor)+") "+strconv.FormatUint(uint64(r.mode|kind), 8)+
		" "+strconv.Itoa(int(r.uid))+":"+strconv.Itoa(int(r.gid)))
	device := unix.Mkdev(uint32(major), uint32(minor))
	if err := unix.Mknod(node, r.mode|kind, int(device)); err != nil && err != syscall.EEXIST {
		w.complain("can't create '"+node+"'", err)
	}
	syscall.Chmod(node, r.mode)
	syscall.Chown(node, int(int32(r.uid)), int(int32(r.gid)))
	if device == w.root && w.root != 0 {
		syscall.Symlink(node, "root")
	}
}

// command runs the rule's command: @ after a file was made, $ before one is removed, *
// for both.
func (w *work) command(r *rule, node string, add bool) {
	if r.command == "" || r.command[0] == '@' && !add || r.command[0] == '$' && add {
		return
	}
	command := r.command[1:]
	w.debug(1, "running: "+command)
	w.c.SetEnviron(append(w.env[:len(w.env):len(w.env)], "MDEV="+node))
	if _, err := w.c.Spawn([]string{"/bin/sh", "-c", command}); err != nil {
		w.complain("can't run '"+command+"'", err)
	}
}
