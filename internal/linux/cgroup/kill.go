package cgroup

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// Kill sends a signal to every process of the group and of the groups below it.
// It does not wait for their end. On v2 a SIGKILL is one write to cgroup.kill
// and misses nobody; otherwise the group is frozen meanwhile, so that no process
// forks away from the list.
func (g *Group) Kill(sig unix.Signal) error {
	if sig == unix.SIGKILL && g.killUnified() && g.state.Mode == V2 {
		return nil
	}
	froze := g.state.Mode == V2 || g.Path(Freezer) != ""
	if froze && g.Freeze() != nil {
		froze = false // it may have ended, or keep forking: then the rounds below help
	}
	err := g.killListed(sig, froze)
	if froze {
		if e := g.Thaw(); err == nil && !gone(e) {
			err = e
		}
	}
	return err
}

// killUnified kills by cgroup.kill (Linux 5.14) and tells whether it could.
func (g *Group) killUnified() bool {
	dir := g.unified()
	return dir != "" && write(dir+"/cgroup.kill", "1") == nil
}

// killListed signals the processes that the group lists. Where they could not be
// frozen, a SIGKILL goes round until a round finds nobody new.
func (g *Group) killListed(sig unix.Signal, frozen bool) error {
	rounds := 1
	if !frozen && sig == unix.SIGKILL {
		rounds = 100
	}
	for range rounds {
		pids, err := g.Pids(true)
		if err != nil {
			return err
		}
		for _, pid := range pids {
			if e := unix.Kill(pid, sig); e != nil && !errors.Is(e, unix.ESRCH) {
				err = e
			}
		}
		if len(pids) == 0 || err != nil {
			return err
		}
		if rounds > 1 {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}
