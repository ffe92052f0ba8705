package container

import (
	"bantam/internal/container/hook"
	"bantam/internal/container/record"
	"bantam/internal/container/terminal"

	"golang.org/x/sys/unix"
)

// Run creates and starts a container. In the foreground it waits for the end and returns the
// process's exit status; what is left of the container is deleted then.
func (rt *Runtime) Run(id string, o *CreateOptions) (int, error) {
	if !o.Detach && !o.NoSubreaper {
		// Processes that the container leaves behind become our children.
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return 1, err
		}
	}
	b := &birth{rt: rt, id: id, opt: o}
	if err := b.begin(); err != nil {
		return 1, err
	}
	var relay *terminal.Relay
	var err error
	if b.ours >= 0 {
		if relay, err = takeTerminal(b.ours); err != nil {
			return 1, b.fail(err)
		}
	}
	if err := b.execute(); err != nil {
		if relay != nil {
			relay.Close()
		}
		return 1, b.fail(err)
	}
	if o.Detach {
		b.close()
		return 0, nil
	}
	return b.foreground(relay)
}

// takeTerminal takes the container's terminal from its socket and relays it.
func takeTerminal(sock int) (*terminal.Relay, error) {
	master, err := terminal.Receive(sock)
	if err != nil {
		return nil, err
	}
	return terminal.Attach(master)
}

// execute lets init go on to its program.
func (b *birth) execute() error {
	slot := b.file.Slot
	slot.Status = record.Starting
	if err := b.file.Set(slot); err != nil {
		return err
	}
	if err := b.release(); err != nil {
		return err
	}
	if err := b.proc.Started(); err != nil {
		return explain(err, b.spec.Process)
	}
	slot.Status = record.Started
	if err := b.file.Set(slot); err != nil {
		return err
	}
	if h := b.spec.Hooks; h != nil && len(h.Poststart) > 0 {
		return hook.Run("poststart", h.Poststart, appendState(nil, b.file.Record, record.StateRunning, b.proc.Pid))
	}
	return nil
}

// foreground waits for the container's end.
func (b *birth) foreground(relay *terminal.Relay) (int, error) {
	b.file.Unlock()
	code := attend(b.proc, relay)
	b.proc.Close()
	b.closeConsole()
	b.group.Close()
	if b.opt.Keep {
		b.file.Close()
		return code, nil
	}
	if err := b.file.Lock(); err == record.ErrNotExist {
		b.file.Close()
		return code, nil // somebody has deleted it meanwhile
	} else if err != nil {
		return code, err
	}
	return code, b.rt.destroy(b.file, b.spec)
}
