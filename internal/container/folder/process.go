package folder

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Boot returns the id of this boot of the kernel.
func Boot() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b))
}

// StartTime returns field 22 of /proc/PID/stat and whether the process is there
// and no zombie (proc_pid_stat(5)).
func StartTime(pid int) (uint64, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 20 {
		return 0, false
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	return start, err == nil && fields[0][0] != 'Z' && fields[0][0] != 'X'
}

// Alive reports whether the container's init still runs: the same pid, start
// time and boot.
func (st *State) Alive() bool {
	if st.Status != Running || st.Pid == 0 || st.Boot != Boot() {
		return false
	}
	start, ok := StartTime(st.Pid)
	return ok && start == st.PidStart
}
