package cgroup

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Pids lists the processes of the group, and of the groups below it where
// recursive. A group that is gone has none.
func (g *Group) Pids(recursive bool) ([]int, error) {
	dir := g.processes()
	if dir == "" {
		return nil, nil
	}
	pids, err := pidsBelow(dir, nil, recursive)
	if gone(err) {
		return nil, nil
	}
	return pids, err
}

func gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV)
}

// pidsBelow appends the processes of a directory to pids.
func pidsBelow(dir string, pids []int, recursive bool) ([]int, error) {
	text, err := readFile(dir + "/cgroup.procs")
	if errors.Is(err, unix.EOPNOTSUPP) {
		text, err = readFile(dir + "/cgroup.threads") // a threaded group
	}
	if err != nil {
		return pids, err
	}
	eachLine(text, func(line string) {
		if n, err := strconv.Atoi(line); err == nil && n > 0 {
			pids = append(pids, n)
		}
	})
	if !recursive {
		return pids, nil
	}
	children, err := childrenOf(dir)
	if err != nil {
		return pids, err
	}
	for _, c := range children {
		if pids, err = pidsBelow(dir+"/"+c, pids, true); err != nil && !gone(err) {
			return pids, err
		}
	}
	return pids, nil
}

// childrenOf lists the groups directly below a directory.
func childrenOf(dir string) ([]string, error) {
	fd, err := openFile(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, &os.PathError{Op: "open cgroup", Path: dir, Err: err}
	}
	f := os.NewFile(uintptr(fd), dir)
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Exists tells whether the group is (still) there.
func (g *Group) Exists() bool {
	dir := g.processes()
	return dir != "" && exists(dir)
}
