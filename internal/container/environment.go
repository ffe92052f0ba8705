package container

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/passwd"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// setHome adds HOME where the spec gives none, as runc and crun do: a shell and many
// programs take it for granted. root is the container's root file system.
func setHome(p *specs.Process, root string) {
	for _, e := range p.Env {
		if strings.HasPrefix(e, "HOME=") {
			return
		}
	}
	p.Env = append(slices.Clip(p.Env), "HOME="+passwd.Home(root, p.User.UID))
}

// listenFDs is the number of sockets that a service manager has given us for the
// container's process (sd_listen_fds(3)), which is the first one of its pid namespace.
func listenFDs() int {
	if pid := os.Getenv("LISTEN_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// passSockets tells the process of the sockets that it inherits from descriptor 3 on.
func passSockets(p *specs.Process, n int) {
	if n == 0 {
		return
	}
	p.Env = append(slices.Clip(p.Env), "LISTEN_FDS="+strconv.Itoa(n), "LISTEN_PID=1")
	if names := os.Getenv("LISTEN_FDNAMES"); names != "" {
		p.Env = append(p.Env, "LISTEN_FDNAMES="+names)
	}
}
