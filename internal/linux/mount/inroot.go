package mount

import "golang.org/x/sys/unix"

// inRootTries bounds [OpenInRoot]: whoever renames files without end must not hold us for ever.
const inRootTries = 128

// OpenInRoot opens a path below a folder as a process would whose root that is: no link and no ".." leads
// out of it (openat2(2), RESOLVE_IN_ROOT). The kernel gives EAGAIN where something was renamed or mounted
// while it went over "..", so that is tried again.
func OpenInRoot(root int, path string, flags uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for range inRootTries {
		fd, err = unix.Openat2(root, path, &how)
		if err != unix.EAGAIN && err != unix.EINTR {
			break
		}
	}
	return fd, err
}
