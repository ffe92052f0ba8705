package container

import (
	"bantam/internal/container/record"
)

// CreateOptions are the options of create and run.
type CreateOptions struct {
	Bundle        string
	Config        string // path of config.json where it is not the bundle's
	ConsoleSocket string
	PidFile       string
	NoPivot       bool
	NoNewKeyring  bool
	PreserveFDs   int

	// Of run alone.
	Detach      bool
	Keep        bool
	NoSubreaper bool
}

// Create makes a container whose init waits for Start.
func (rt *Runtime) Create(id string, o *CreateOptions) error {
	b := &birth{rt: rt, id: id, opt: o, create: true}
	if err := b.begin(); err != nil {
		return err
	}
	if err := b.file.Set(record.Slot{Status: record.Created, Pid: b.proc.Pid, Start: b.file.Start}); err != nil {
		return b.fail(err)
	}
	if err := b.release(); err != nil {
		return b.fail(err)
	}
	b.close()
	return nil
}
