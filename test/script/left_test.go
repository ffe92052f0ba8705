package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// left fails if anything of a container is left: folders, names, mounts,
// cgroups, and processes that hold files below the root.
func left(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		found := leftovers(ts.Getenv("BANTAM_ROOT"))
		if len(found) == 0 {
			return
		}
		// A detached container's monitor ends by itself, after the command that removed it.
		if time.Now().After(end) {
			ts.Fatalf("left behind: %s", strings.Join(found, "\n"))
		}
	}
}

func leftovers(root string) []string {
	var found []string
	for _, d := range []string{"containers", "names"} {
		entries, _ := os.ReadDir(filepath.Join(root, d))
		for _, e := range entries {
			found = append(found, filepath.Join(root, d, e.Name()))
		}
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		if b, err := os.ReadFile(p + "/mountinfo"); err == nil && strings.Contains(string(b), root+"/") {
			found = append(found, p+" has mounts of "+root)
		}
		fds, _ := filepath.Glob(p + "/fd/*")
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, root+"/containers") {
				found = append(found, fd+" is "+to)
			}
		}
	}
	return found
}

// clear removes what a failed script has left running.
func clear(t *testing.T, e *testscript.Env, bin string) {
	// Then the next network takes the bridges away, and there are subnets for all scripts.
	defer func() {
		roots, _ := filepath.Glob(filepath.Join(e.WorkDir, "*", "networks"))
		for _, dir := range roots {
			os.RemoveAll(dir)
		}
	}()
	ids, err := os.ReadDir(filepath.Join(e.WorkDir, "root", "containers"))
	if err != nil || len(ids) == 0 {
		return
	}
	for _, id := range ids {
		cmd := exec.Command(filepath.Join(bin, "bantam"), "rm", "-f", id.Name())
		cmd.Env = append(os.Environ(), "BANTAM_ROOT="+filepath.Join(e.WorkDir, "root"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("clear away %s: %v: %s", id.Name(), err, out)
		}
	}
}

// patience is for things that happen on their own: the machine may be slow.
const patience = time.Minute

// wait-for PROGRAM ARGS... runs it until it succeeds.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec(args[0], args[1:]...)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("waited in vain: %v", err)
		}
	}
}

// killmonitor ID kills the monitor of a container with SIGKILL and waits for its end.
func killMonitor(ts *testscript.TestScript, neg bool, args []string) {
	dir := filepath.Join(ts.Getenv("BANTAM_ROOT"), "containers") + "/"
	names := strings.TrimSpace(ts.ReadFile(args[0]))
	monitors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range monitors {
		to, err := os.Readlink(fd)
		if err != nil || to != dir+names {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(fd, "/")[2])
		ts.Check(err)
		pidfd, err := unix.PidfdOpen(pid, 0)
		ts.Check(err)
		defer unix.Close(pidfd)
		ts.Check(unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0))
		p := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, int(patience.Milliseconds())); err != nil || p[0].Revents == 0 {
			ts.Fatalf("the monitor %d did not end", pid)
		}
		return
	}
	ts.Fatalf("no monitor holds %s", dir+names)
}
