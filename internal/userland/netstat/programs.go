package netstat

import (
	"slices"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// program says who has a socket open.
type program struct {
	inode uint64
	name  string
}

// loadPrograms looks which sockets the processes have open.
func (x *netstat) loadPrograms() {
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
				x.programs = append(x.programs, program{inode, pad19(p.Name + "/" + applet.Base(command))})
			}
		}
	}
	slices.SortStableFunc(x.programs, func(a, b program) int {
		switch {
		case a.inode < b.inode:
			return -1
		case a.inode > b.inode:
			return 1
		}
		return 0
	})
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
	i, found := slices.BinarySearchFunc(x.programs, n, func(p program, n uint64) int {
		switch {
		case p.inode < n:
			return -1
		case p.inode > n:
			return 1
		}
		return 0
	})
	if !found {
		return "-"
	}
	return x.programs[i].name
}
