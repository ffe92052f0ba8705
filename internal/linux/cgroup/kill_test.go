package cgroup

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// killsForker kills a group whose processes keep coming: none gets away.
func killsForker(t *testing.T) {
	g := newGroup(t)
	// On v1 it is moved in after its start: it must not fork before.
	inside := g.processes() + "/cgroup.procs"
	cmd := start(t, g, testenv.Program(t, "sh"), "-c", `until grep -qx $$ `+inside+`; do :; done; trap "" TERM; i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; wait`)
	for { // until it is at it
		pids, err := g.Pids(true)
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) > 3 {
			break
		}
	}
	if err := g.Kill(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if err := removeTree(g.processes(), deadline()); err != nil {
		t.Errorf("somebody is left: %v", err)
	}
}

func TestKillForkerV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	killsForker(t)
}

func TestKillForkerV2(t *testing.T) {
	if inView(t) {
		killsForker(t)
	}
}

// Without a path a group is below the runtime's own, in every hierarchy.
func TestRelativeGroupV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	host, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	name := "bantam-test-own-" + strconv.Itoa(os.Getpid())
	g, err := New(Config{Host: host, ID: name})
	if err != nil {
		t.Fatal(err)
	}
	create(t, g)
	defer g.Delete()
	for i, m := range g.state.Members {
		h := host.Hierarchies[i]
		want := strings.TrimSuffix(h.Mount+h.Own, "/") + "/" + name
		if m.Path != want || !exists(want+"/cgroup.procs") {
			t.Errorf("group at %s, want %s", m.Path, want)
		}
	}
	if err := g.Delete(); err != nil {
		t.Fatal(err)
	}
	checkGone(t, g)
	if err := g.Delete(); err != nil {
		t.Errorf("second delete: %v", err)
	}
}

// The group that a process is in is found again by its pid.
func TestOfV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	cmd := start(t, g, testenv.Program(t, "sleep"), "1000")
	o, err := g.Of(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range g.state.Members {
		if got := o.Path(m.Controllers); got != m.Path {
			t.Errorf("got %s, want %s", got, m.Path)
		}
	}
}
