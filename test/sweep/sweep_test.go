package sweep

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// setup are the calls that make a container. What fails there is undone by the
// program itself; a failure of the others may hit the undoing, and is for `delete --force`.
var setup = []string{
	"clone3", "mount", "fsopen", "fsconfig", "fsmount", "open_tree", "move_mount", "mount_setattr", "pivot_root", "umount2",
	"setns", "unshare", "setsid", "sethostname", "openat2", "mkdirat", "mknodat", "symlinkat", "fchdir", "chdir", "capset", "setresuid", "setresgid", "setuid", "setgid",
	"setgroups", "seccomp", "socketpair", "prlimit64", "dup3", "keyctl", "fchownat", "fchmodat", "umask",
}

var others = []string{
	"openat", "write", "read", "unlinkat", "unlink", "rmdir", "rename", "renameat", "renameat2", "mkdir", "fsync", "flock", "linkat", "symlink",
	"sendmsg", "recvmsg", "sendto", "recvfrom", "pidfd_send_signal", "pidfd_open", "kill", "waitid", "wait4", "execve", "prctl", "getdents64", "close_range", "ftruncate",
}

// budget bounds the sweep of one verb in runs; a run under strace takes some 50 ms.
const budget = 160

// points are the numbers of calls to fail: the first ones all, the later ones thinned out.
func points(last int) (list []int) {
	for n := 1; n <= last; n += 1 + n/6 {
		list = append(list, n)
	}
	return list
}

// sweep lets each call of the kinds fail in turn, until a run no longer comes to it.
func (r *rig) sweep(kinds []string, fault string, once func(kind, fault string) (met bool)) {
	runs, met := 0, 0
	for round := 0; ; round++ {
		again := kinds[:0:0]
		for _, kind := range kinds {
			if runs++; runs > budget {
				r.t.Logf("%s: %d faults met; the budget ends at number %d of %v", fault, met, points(200)[round], kinds)
				return
			}
			if once(kind, fmt.Sprintf("%s:when=%d", fault, points(200)[round])) {
				met++
				again = append(again, kind)
			}
		}
		if kinds = again; len(kinds) == 0 {
			break
		}
	}
	if met == 0 {
		r.t.Errorf("%s: no fault was met", fault)
	}
	r.t.Logf("%s: %d faults met in %d runs", fault, met, runs)
}

// TestRunFails: whatever call of the set-up fails, `run` itself leaves nothing.
func TestRunFails(t *testing.T) {
	r := newRig(t)
	r.sweep(setup, "error=EPERM", func(kind, fault string) bool {
		id := r.newID()
		r.bundle(id, "true")
		met, out := r.disturbed(fault, kind, nil, "run", "--bundle", r.dir, id)
		if met {
			r.checkGone("run with "+kind+" "+fault, id, out)
		}
		r.call("delete", "--force", id)
		return met
	})
}

// TestRunFailsAnywhere: after a failure of any other call `delete --force` leaves nothing.
func TestRunFailsAnywhere(t *testing.T) {
	r := newRig(t)
	r.sweep(others, "error=EIO", func(kind, fault string) bool {
		id := r.newID()
		r.bundle(id, "true")
		met, out := r.disturbed(fault, kind, nil, "run", "--bundle", r.dir, id)
		deleted, _ := r.call("delete", "--force", id)
		r.checkGone("run with "+kind+" "+fault, id, out+deleted)
		return met
	})
}

// TestRunIsKilled: the program, or the child that becomes the container, dies at a call.
func TestRunIsKilled(t *testing.T) {
	r := newRig(t)
	kinds := slices.Concat(setup, []string{"openat", "write", "renameat", "renameat2", "mkdir", "flock", "sendmsg", "recvfrom", "read", "waitid", "unlinkat"})
	r.sweep(kinds, "error=EPERM:signal=KILL", func(kind, fault string) bool {
		id := r.newID()
		r.bundle(id, "true")
		met, out := r.disturbed(fault, kind, func() { r.call("delete", "--force", id) }, "run", "--bundle", r.dir, id)
		deleted, err := r.call("delete", "--force", id)
		if err != nil && strings.Contains(deleted, "panic") {
			t.Errorf("delete --force after %s %s: %s", kind, fault, deleted)
		}
		r.checkGone("run with "+kind+" "+fault, id, out+deleted)
		return met
	})
}

// TestDeleteIsKilled: a delete that dies at a call is finished by the next one.
func TestDeleteIsKilled(t *testing.T) {
	r := newRig(t)
	kinds := []string{"unlinkat", "unlink", "rmdir", "openat", "pidfd_send_signal", "kill", "pidfd_open", "flock", "read", "write", "renameat", "renameat2", "getdents64", "newfstatat"}
	r.sweep(kinds, "error=EPERM:signal=KILL", func(kind, fault string) bool {
		id := r.newID()
		r.create(id)
		met, out := r.disturbed(fault, kind, nil, "delete", "--force", id)
		deleted, _ := r.call("delete", "--force", id)
		r.checkGone("delete with "+kind+" "+fault, id, out+deleted)
		return met
	})
}

func (r *rig) create(id string) {
	r.t.Helper()
	r.bundle(id, "sleep", "1000")
	if out, err := r.call("create", "--bundle", r.dir, id); err != nil {
		r.t.Fatalf("create: %v: %s", err, out)
	}
}

// TestKilledAtRandom kills each verb at instants drawn from a seed; then
// `delete --force` leaves nothing, and the id can be used again.
func TestKilledAtRandom(t *testing.T) {
	r := newRig(t)
	random := rand.New(rand.NewPCG(2026, 2))
	for round := range 60 {
		id := r.newID()
		verb := []string{"run", "create", "start", "delete", "exec"}[round%5]
		args := []string{verb, id}
		switch verb {
		case "run", "create":
			r.bundle(id, "sleep", "0.01")
			args = []string{verb, "--bundle", r.dir, id}
		case "start", "delete":
			r.create(id)
		case "exec":
			r.create(id)
			r.call("start", id)
			args = []string{verb, id, "/bin/box", "sleep", "1000", id}
		}
		if verb == "delete" {
			args = []string{verb, "--force", id}
		}
		delay := time.Duration(random.IntN(9000)) * time.Microsecond
		out := r.killed(delay, args...)
		deleted, err := r.call("delete", "--force", id)
		if err != nil {
			t.Errorf("delete --force after a killed %s: %v: %s", verb, err, deleted)
		}
		r.checkGone(fmt.Sprintf("%s killed after %v", verb, delay), id, out+deleted)
	}
}

// killed runs the program and kills it after the delay.
func (r *rig) killed(delay time.Duration, args ...string) string {
	r.t.Helper()
	cmd := exec.Command(r.oci, r.argv(args...)[1:]...)
	time.AfterFunc(delay, func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
		}
	})
	out, _ := r.finish(cmd)
	return out
}
