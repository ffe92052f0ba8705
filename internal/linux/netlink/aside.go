package netlink

import "golang.org/x/sys/unix"

// CloseAside closes the socket without waiting for what the kernel has still to do about it: after
// something was deleted from nf_tables that is a grace period of RCU, 8 ms and more. The socket is
// sent to a socket that is sent to itself and then let go, so that nobody can reach them: the
// kernel's own thread closes them (since Linux 6.9; before, they are closed here).
func (c *Conn) CloseAside() {
	defer c.Close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	_ = unix.Sendmsg(pair[0], []byte{0}, unix.UnixRights(c.fd, pair[1]), nil, 0)
	unix.Close(pair[0])
	unix.Close(pair[1])
}
