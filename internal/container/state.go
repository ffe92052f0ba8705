package container

import (
	"bantam/internal/container/record"
	"bantam/internal/linux/cgroup"
)

// Entry is a container as state and list show it.
type Entry struct {
	*record.Record
	State record.State
	Pid   int // 0 where it has ended
}

// State writes the container's state as JSON.
func (rt *Runtime) State(id string) ([]byte, error) {
	f, err := rt.open(id)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e := entry(f.Record)
	return append(appendEntry(nil, &e, ""), '\n'), nil
}

func entry(r *record.Record) Entry {
	e := Entry{Record: r, State: truth(r), Pid: r.Pid}
	if e.State == record.StateStopped {
		e.Pid = 0
	}
	return e
}

// truth is the state with the freezer's word.
func truth(r *record.Record) record.State {
	s := r.State()
	if s != record.StateRunning && s != record.StateCreated {
		return s
	}
	if frozen, err := cgroup.Load(r.Cgroup).Frozen(); err == nil && frozen {
		return record.StatePaused
	}
	return s
}
