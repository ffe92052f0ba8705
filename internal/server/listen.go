package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// DefaultSocket is where clients find the server: the system's place, or the user's.
func DefaultSocket() string {
	if os.Geteuid() == 0 {
		return "/run/bantam/docker.sock"
	}
	if d := os.Getenv("XDG_RUNTIME_DIR"); d != "" {
		return d + "/bantam/docker.sock"
	}
	return fmt.Sprintf("/tmp/bantam-%d/docker.sock", os.Geteuid())
}

// defaultGroup is docker's, whose members may use the socket where it exists.
const defaultGroup = "docker"

// listen opens all sockets. hint is what clients set DOCKER_HOST to.
func listen(o *Options) (list []net.Listener, hint string, err error) {
	hosts := o.Hosts
	if len(hosts) == 0 {
		hosts = []string{"unix://" + DefaultSocket()}
	}
	defer func() {
		if err != nil {
			for _, l := range list {
				l.Close()
			}
		}
	}()
	for _, h := range hosts {
		kind, address, ok := strings.Cut(h, "://")
		if !ok {
			kind, address = "tcp", h // as docker has it
		}
		var more []net.Listener
		own := h
		switch kind {
		case "unix":
			if address == "" {
				address = DefaultSocket()
			}
			more, err = one(listenUnix(address, o.Group))
			own = "unix://" + address
		case "tcp":
			more, err = one(listenTCP(address, o))
			if err == nil {
				own = "tcp://" + more[0].Addr().String()
			}
		case "fd":
			more, err = inherited(address)
			own = ""
		default:
			err = fmt.Errorf("invalid bind address (%s): it is none of unix://PATH, tcp://HOST:PORT and fd://", h)
		}
		if err != nil {
			return list, "", err
		}
		list = append(list, more...)
		if hint == "" {
			hint = own
		}
	}
	return list, hint, nil
}

func one(l net.Listener, err error) ([]net.Listener, error) { return []net.Listener{l}, err }

// listenUnix takes the place of a server that has gone, and refuses that of one that answers.
func listenUnix(path, group string) (net.Listener, error) {
	gid, err := groupID(group)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("listen on %s: another server answers there", path)
	}
	if st, err := os.Lstat(path); err == nil && st.Mode().Type() == os.ModeSocket {
		os.Remove(path)
	}
	old := unix.Umask(0o777 &^ 0o660)
	l, err := net.Listen("unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if gid >= 0 {
		if err := os.Chown(path, -1, gid); err != nil {
			l.Close()
			return nil, fmt.Errorf("group of the socket: %w", err)
		}
	}
	return l, nil
}

// groupID looks a group up. Only the default one may be missing: root alone uses the socket then.
func groupID(name string) (int, error) {
	if name == "" {
		name = defaultGroup
	}
	g, err := user.LookupGroup(name)
	if err == nil {
		return strconv.Atoi(g.Gid)
	}
	if gid, bad := strconv.Atoi(name); bad == nil && gid >= 0 {
		return gid, nil
	}
	if name == defaultGroup {
		return -1, nil
	}
	return -1, fmt.Errorf("group %s not found", name)
}

func listenTCP(address string, o *Options) (net.Listener, error) {
	var config *tls.Config
	if o.TLS.Enabled() {
		var err error
		if config, err = o.TLS.config(); err != nil {
			return nil, err
		}
	} else if !o.InsecureTCP {
		return nil, fmt.Errorf("listen on tcp://%s: without TLS whoever reaches this port is root on this machine: give --tlsverify with --tlscacert, --tlscert and --tlskey, or --allow-root-for-everyone-on-tcp", address)
	}
	if !strings.Contains(address, ":") {
		port := ":2375"
		if config != nil {
			port = ":2376"
		}
		address += port
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return l, nil
}

// firstInherited is the first descriptor that a service manager passes (sd_listen_fds(3)).
const firstInherited = 3

// inherited are the sockets that systemd has opened; address names one by its number or is empty.
func inherited(address string) ([]net.Listener, error) {
	pid, _ := strconv.Atoi(os.Getenv("LISTEN_PID"))
	n, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if pid != os.Getpid() || n < 1 {
		return nil, errors.New("no sockets found via socket activation: make sure the service was started by systemd")
	}
	from, to := firstInherited, firstInherited+n
	if address != "" && address != "*" {
		fd, err := strconv.Atoi(address)
		if err != nil || fd < from || fd >= to {
			return nil, fmt.Errorf("fd://%s is none of the %d sockets that were passed, from %d on", address, n, from)
		}
		from, to = fd, fd+1
	}
	var list []net.Listener
	for fd := from; fd < to; fd++ {
		unix.CloseOnExec(fd)
		f := os.NewFile(uintptr(fd), "inherited socket")
		l, err := net.FileListener(f)
		f.Close()
		if err != nil {
			return list, fmt.Errorf("inherited socket %d: %w", fd, err)
		}
		list = append(list, l)
	}
	return list, nil
}
