package folder

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Boot returns the id of this boot of the kernel.
func Boot() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b))
}

// StartTime returns field 22 of /proc/PID/stat and whether the process is there
// and no zombie (proc_pid_stat(5)).
func StartTime(pid int) (uint64, bool) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	var line [1024]byte // 52 numbers and a name
	n, err := unix.Read(fd, line[:])
	if err != nil {
		return 0, false
	}
	b := line[:n]
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
	return ok && (start == st.PidStart || st.inOtherTime(start))
}

// inOtherTime says that the start times differ because this process is in a time namespace other than the
// monitor's was: the kernel adds a namespace's offset to what it shows (time_namespaces(7)). The time between
// a namespace's offset and a tick may be lost in rounding.
func (st *State) inOtherTime(start uint64) bool {
	offset, ok := timeOffset("/proc/self/timens_offsets")
	if !ok {
		return false
	}
	recorded, _ := timeOffset("/proc/" + strconv.Itoa(st.Monitor) + "/timens_offsets")
	d := int64(start) - offset - (int64(st.PidStart) - recorded)
	return offset != recorded && -1 <= d && d <= 1
}

// timeOffset is what a process's time namespace adds to the time since boot, in ticks of 1/100 s.
func timeOffset(path string) (ticks int64, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != "boottime" {
			continue
		}
		s, err := strconv.ParseInt(f[1], 10, 64)
		ns, err2 := strconv.ParseInt(f[2], 10, 64)
		return s*100 + ns/1e7, err == nil && err2 == nil
	}
	return 0, false
}
