package killed

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// kill is what is to be killed and when, as a part of the operation's usual time; 0 is nothing.
type kill struct {
	what int
	when float64
}

const (
	killCommand = 1
	killMonitor = 2
)

func (k kill) String() string {
	if k.what == 0 {
		return ""
	}
	return fmt.Sprintf(" [killed the %s at %.2f]", [...]string{"", "command", "monitor", "command and monitor"}[k.what], k.when)
}

// strike waits for the instant and kills.
func (k kill) strike(r *rig, s *subject, name string, pid int, over <-chan struct{}) {
	timer := time.NewTimer(time.Duration(k.when * float64(r.usually(name))))
	defer timer.Stop()
	select {
	case <-timer.C:
		r.inTime.Add(1)
	case <-over:
	}
	var monitors []int
	if k.what&killMonitor != 0 {
		monitors = r.monitorsOf(s, pid)
	}
	if k.what&killCommand != 0 && slay(pid, nil) {
		r.commands.Add(1)
	}
	for _, m := range monitors {
		if slay(m, r.isMonitor) {
			r.monitors.Add(1)
		}
	}
}

// slay sends SIGKILL to a process that is what it should be, and waits for its end.
func slay(pid int, is func(pid int) bool) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if is != nil && !is(pid) || unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) != nil {
		return false
	}
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for err = unix.EINTR; err == unix.EINTR; {
		_, err = unix.Poll(p, int(patience.Milliseconds()))
	}
	return p[0].Revents != 0
}

// monitorsOf are the container's monitor, and the one that the command has just started.
func (r *rig) monitorsOf(s *subject, command int) []int {
	var pids []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", command))
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		for _, f := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	id, err := os.Readlink(filepath.Join(r.root, "names", s.name))
	if err != nil {
		return pids
	}
	st, err := (&folder.Store{Root: r.root}).Folder(id).ReadState()
	if err == nil && st.Monitor > 0 {
		pids = append(pids, st.Monitor)
	}
	return pids
}

// isMonitor says that a process is a monitor of this test's.
func (r *rig) isMonitor(pid int) bool {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return string(line) == "bantam-oci\x00monitor\x00" && bytes.Contains(env, []byte("BANTAM_OCI="+r.oci+"\x00"))
}
