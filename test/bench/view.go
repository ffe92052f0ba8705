package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A view is the cgroup layout that contestants are measured in. Each is made in a
// mount namespace of its own, by running this program again.
//
//	v1      the host's v1 hierarchies, the unified one hidden: Debian's crun refuses a hybrid layout
//	v2      the unified hierarchy alone, at /sys/fs/cgroup
//	engine  the machine as it is, for bantam and Docker
//	images  the same, for images, with Podman
//	box     the same, for the userland
var views = []string{"v1", "v2", "engine", imagesView, boxView}

const boxView = "box"

// viewsOf are the views that have measurements whose names begin with only.
func viewsOf(only string) []string {
	if only == "" {
		return views
	}
	var chosen []string
	runtimes := func(m measurement) bool { return strings.HasPrefix(m.name, only) }
	if slices.ContainsFunc(measurements(""), runtimes) {
		chosen = append(chosen, "v1", "v2")
	}
	if slices.ContainsFunc(groups, func(g group) bool { return strings.HasPrefix(g.name, only) }) {
		chosen = append(chosen, "engine")
	}
	for _, v := range []string{imagesView, boxView} {
		if strings.HasPrefix(only, v) {
			chosen = append(chosen, v)
		}
	}
	return chosen
}

// names are what -only may begin.
func names() []string {
	var list []string
	for _, m := range measurements("") {
		list = append(list, strconv.Quote(m.name))
	}
	for _, g := range groups {
		list = append(list, strconv.Quote(g.name))
	}
	return append(list, strconv.Quote(imagesView), strconv.Quote(boxView))
}

func enterView(name string) error {
	const cgroup = "/sys/fs/cgroup"
	switch name {
	case "v1":
		if err := unix.Unmount(cgroup+"/unified", unix.MNT_DETACH); err != nil && err != unix.EINVAL && err != unix.ENOENT {
			return fmt.Errorf("hide %s/unified: %w", cgroup, err)
		}
	case "v2":
		if err := unix.Unmount(cgroup, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", cgroup, err)
		}
		if err := unix.Mount("cgroup2", cgroup, "cgroup2", 0, ""); err != nil {
			return fmt.Errorf("mount cgroup2: %w", err)
		}
	}
	return nil
}

// inView runs this program in a view and returns the lines that it measured.
func inView(name string, args []string) ([]row, error) {
	cmd := exec.Command("/proc/self/exe", append([]string{"-view", name}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	out, failed := cmd.Output()
	if failed != nil {
		failed = fmt.Errorf("measure in view %s: %w", name, failed)
	}
	var rows []row // those that could be measured, if it failed
	if err := json.Unmarshal(out, &rows); err != nil {
		return nil, cmp.Or(failed, err)
	}
	return rows, failed
}
