package ports

import (
	"os"
	"strconv"
	"strings"
)

// Owner says who holds a port of the host: the process's ID and name. It looks through all
// processes, for an error text.
func Owner(proto string, number int) (pid int, name string) {
	for _, file := range [...]string{proto, proto + "6"} {
		b, err := os.ReadFile("/proc/net/" + file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(b), "\n") {
			if inode := holds(line, proto, number); inode != "" {
				if pid, name = opener(inode); pid > 0 {
					return pid, name
				}
			}
		}
	}
	return 0, ""
}

// The states that a socket waits in for its first packet (net/tcp_states.h).
const listening, unconnected = "0A", "07"

// holds returns the inode of the socket that a line of /proc/net/tcp is about, if it waits at that port (proc_net_tcp(5)).
func holds(line, proto string, number int) string {
	f := strings.Fields(line)
	if len(f) < 10 {
		return ""
	}
	state := listening
	if proto == "udp" {
		state = unconnected
	}
	i := strings.LastIndexByte(f[1], ':')
	n, err := strconv.ParseUint(f[1][i+1:], 16, 16)
	if err != nil || int(n) != number || f[3] != state {
		return ""
	}
	return f[9]
}

// opener finds a process that has the socket open.
func opener(inode string) (pid int, name string) {
	procs, _ := os.ReadDir("/proc")
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		dir := "/proc/" + p.Name()
		fds, _ := os.ReadDir(dir + "/fd")
		for _, fd := range fds {
			if to, _ := os.Readlink(dir + "/fd/" + fd.Name()); to == "socket:["+inode+"]" {
				comm, _ := os.ReadFile(dir + "/comm")
				return pid, strings.TrimSpace(string(comm))
			}
		}
	}
	return 0, ""
}
