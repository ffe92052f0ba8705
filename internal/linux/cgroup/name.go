package cgroup

import (
	"errors"
	"path"
	"strings"
)

// clean makes a path absolute and free of "." and "..": nothing that a spec
// says leads out of the hierarchy.
func clean(p string) string {
	if p == "" || p == "/" {
		return "/"
	}
	return path.Clean("/" + p)
}

// place returns the group's path, "/" based, below the mount of a hierarchy.
// The rules are runc's: an absolute cgroupsPath counts from the mount point, a
// relative one (and the id, which stands in for an empty one) from the group of
// this process; on v2 from that group's parent, because a group with processes
// can't have children with controllers.
func place(h *Hierarchy, mode Mode, cgroupsPath, id string) string {
	if strings.HasPrefix(cgroupsPath, "/") {
		return clean(cgroupsPath)
	}
	name := clean(cgroupsPath)
	if name == "/" {
		name = clean(id)
	}
	own := h.Own
	if mode == V2 {
		own = path.Dir(own)
	}
	if own == "/" {
		return name
	}
	return own + name
}

// checkName refuses names that the kernel refuses, with a reason.
func checkName(p string) error {
	for i := range len(p) {
		if p[i] == 0 || p[i] == '\n' {
			return errors.New("cgroupsPath " + quote(p) + " holds a newline or a zero byte: choose another name")
		}
	}
	for element := range strings.SplitSeq(p, "/") {
		if len(element) > 255 {
			return errors.New("cgroupsPath: element " + quote(element[:32]+"...") + " is longer than 255 bytes")
		}
	}
	if len(p) > 3900 {
		return errors.New("cgroupsPath is longer than 3900 bytes")
	}
	return nil
}
