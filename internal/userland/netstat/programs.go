package netstat

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// loadPrograms looks which sockets the processes have open.
func (x *netstat) loadPrograms() {
	x.programs = map[uint64]string{}
	processes, err := applet.ReadDir("/proc")
	denied := err != nil
	for _, p := range processes {
		if _, err := strconv.Atoi(p.Name); err != nil {
			continue
		}
		dir := "/proc/" + p.Name
		command, _, _ := strings.Cut(applet.ReadString(dir+"/cmdline"), "\x00")
		files, err := applet.ReadDir(dir + "/fd")
		denied = denied || err != nil && applet.Exists(dir)
		for _, f := range files {
			target, err := applet.Readlink(dir + "/fd/" + f.Name)
			if err != nil {
				continue
			}
			if inode, ok := socketInode(target); ok {
				if _, known := x.programs[inode]; !known {
					x.programs[inode] = pad19(p.Name + "/" + applet.Base(command))
				}
			}
		}
	}
	switch {
	case denied && len(x.programs) == 0:
		x.Complain("can't scan /proc - are you root?")
	case denied:
		x.Complain("showing only processes with your user ID")
	}
}

func pad19(s string) string { return s[:min(len(s), 19)] }

// socketInode reads "socket:[123]".
func socketInode(link string) (uint64, bool) {
	text, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
	return n, err == nil
}

// program returns who has the socket open, "-" if that is unknown.
func (x *netstat) program(inode string) string {
	n, _ := strconv.ParseUint(inode, 10, 64)
	if name, known := x.programs[n]; known {
		return name
	}
	return "-"
}
