package terminal

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Own gives the pipes among a process's standard files to its user, so that it may open /dev/stdout
// and its like again by their names. (runc gives away whatever the files are; a file or a terminal of the
// caller's stays the caller's here.) A descriptor below 0 is none.
func Own(files [3]int, spec *specs.Spec, user *specs.User) {
	l := spec.Linux
	if l == nil {
		l = &specs.Linux{}
	}
	owner, ok := hostID(l.UIDMappings, user.UID)
	group, ok2 := hostID(l.GIDMappings, user.GID)
	if !ok || !ok2 {
		return
	}
	for _, fd := range files {
		var st unix.Stat_t
		if fd < 0 || unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO || st.Uid == owner {
			continue
		}
		_ = unix.Fchown(fd, int(owner), int(group)) // without privilege it stays, as before
	}
}

// hostID is a container's uid or gid as the host sees it.
func hostID(mappings []specs.LinuxIDMapping, id uint32) (uint32, bool) {
	if len(mappings) == 0 {
		return id, true
	}
	for _, m := range mappings {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return m.HostID + (id - m.ContainerID), true
		}
	}
	return 0, false
}
