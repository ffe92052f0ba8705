package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lane is a set of packages and the surroundings in which they are tested.
type lane struct {
	name, about string
	packages    []string // patterns; one whose folder is absent is left out
	parallel    string   // packages tested at a time
	wrap        []string // command in front of go test
	unless      func() string
	beside      bool // the following lanes run at the same time: it has a machine of its own
	cached      bool // results of an unchanged package are taken from Go's cache; not part of "all"
}

// v2View gives the command behind it a cgroup v2 view of its own: the unified
// hierarchy at /sys/fs/cgroup, in a mount namespace that nobody else sees.
var v2View = []string{"unshare", "-m", "--propagation", "private", "sh", "-c",
	`umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"`, "sh"}

var lanes = []lane{
	{name: "unit", about: "unit and golden tests of the packages", packages: []string{"./internal/...", "./cmd/...", "./test/runner", "./test/bench", "./test/applets", "./packaging/..."}, parallel: "3"},
	{name: "check", about: "unit and golden tests, cached", packages: []string{"./internal/...", "./cmd/...", "./test/runner", "./test/bench", "./test/applets", "./packaging/..."}, parallel: "2", cached: true},
	{name: "v2", about: "the same where they meet the kernel, in a cgroup v2 view",
		packages: []string{"./internal/linux/cgroup/...", "./internal/launch/...", "./internal/container/...", "./internal/cli/...", "./internal/engine/..."},
		parallel: "1", wrap: v2View, unless: noView},
	{name: "vm", about: "the runtime's tests under Debian's kernel in a virtual machine", packages: []string{"./test/vm/..."}, parallel: "1", beside: true},
	{name: "e2e", about: "end-to-end scripts, escapes, fault sweep, leaks, kills",
		packages: []string{"./test/script/...", "./test/escape/...", "./test/sweep/...", "./test/leak/...", "./test/crash/...", "./test/killed/...", "./test/tour/..."}, parallel: "1"},
	{name: "e2e-v2", about: "end-to-end scripts in a cgroup v2 view",
		packages: []string{"./test/script/...", "./test/sweep/..."}, parallel: "1", wrap: v2View, unless: noView},
	{name: "peers", about: "Docker, Podman, containerd and Buildah drive bantam-oci; docker's clients drive bantamd", packages: []string{"./test/peers/...", "./test/api/..."}, parallel: "1"},
}

// choose returns the lanes of the given names in their own order.
func choose(names []string) ([]lane, error) {
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	var chosen []lane
	for _, l := range lanes {
		if want["all"] && !l.cached || want[l.name] {
			chosen = append(chosen, l)
		}
		delete(want, l.name)
	}
	delete(want, "all")
	for n := range want {
		return nil, fmt.Errorf("no lane is called %q; there are all, %s", n, laneNames())
	}
	return chosen, nil
}

func laneNames() string {
	var names []string
	for _, l := range lanes {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}

// run tests the lane's packages, adds the results to total, and returns the processor time of it and of all that it waited for.
func (l lane) run(total *tally) (busy time.Duration) {
	if l.unless != nil {
		if reason := l.unless(); reason != "" {
			total.mu.Lock()
			total.skip("lane-"+l.name, reason)
			total.mu.Unlock()
			fmt.Println("skipped:", reason)
			return 0
		}
	}
	packages := l.present()
	if len(packages) == 0 {
		total.broken("lane " + l.name + " has no packages")
		return 0
	}
	args := append(append([]string{}, l.wrap...),
		"go", "test", "-json", "-timeout", "30m", "-p", l.parallel)
	if !l.cached {
		args = append(args, "-count=1")
	}
	args = append(args, packages...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		total.broken("lane " + l.name + ": " + err.Error())
		return 0
	}
	if err := cmd.Start(); err != nil {
		total.broken("lane " + l.name + ": " + err.Error())
		return 0
	}
	failed := total.read(out)
	if err := cmd.Wait(); err != nil && !failed {
		total.broken("lane " + l.name + ": go test: " + err.Error())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// present returns the patterns whose folder is there.
func (l lane) present() []string {
	var p []string
	for _, pattern := range l.packages {
		if exists(filepath.Clean(strings.TrimSuffix(pattern, "/..."))) {
			p = append(p, pattern)
		}
	}
	return p
}

// noView says why a cgroup v2 view cannot or need not be made here, or "".
func noView() string {
	if os.Geteuid() != 0 {
		return "a cgroup v2 view needs root"
	}
	if exists("/sys/fs/cgroup/cgroup.controllers") {
		return "the machine has cgroup v2 already: the other lanes show it"
	}
	args := append(append([]string{}, v2View...), "true")
	if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return "cannot make a cgroup v2 view: " + strings.TrimSpace(string(text)+" "+err.Error())
	}
	return ""
}
