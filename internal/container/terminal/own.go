package terminal

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Own gives the pipes among a process's standard files to its user, so that it may open /dev/stdout
// and its like again by their names. (runc gives away whatever the files are; a file or a terminal of the
// caller's stays the caller's here.) A descriptor below 0 is none.
func Own(files [3]int, spec *specs.Spec, uid uint32) {
	owner, ok := hostID(spec, uid)
	if !ok {
		return
	}
	for _, fd := range files {
		var st unix.Stat_t
		if fd < 0 || unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO || st.Uid == owner {
			continue
		}
		_ = unix.Fchown(fd, int(owner), -1) // without privilege it stays, as before
	}
}

// hostID is a container's uid as the host sees it.
func hostID(spec *specs.Spec, uid uint32) (uint32, bool) {
	if spec.Linux == nil || len(spec.Linux.UIDMappings) == 0 {
		return uid, true
	}
	for _, m := range spec.Linux.UIDMappings {
		if uid >= m.ContainerID && uid-m.ContainerID < m.Size {
			return m.HostID + (uid - m.ContainerID), true
		}
	}
	return 0, false
}
