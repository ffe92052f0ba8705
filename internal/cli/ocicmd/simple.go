package ocicmd

import "errors"

// noFlags is the options of a command that has none.
func noFlags(run func(c *call, id string) error) func() (*flags, func(*call, []string) error) {
	return func() (*flags, func(*call, []string) error) {
		return &flags{}, func(c *call, args []string) error { return run(c, args[0]) }
	}
}

func startCommand() command {
	return command{name: "start", usage: "ID", about: "execute the program of a created container", min: 1, max: 1,
		make: noFlags(func(c *call, id string) error { return c.rt.Start(id) })}
}

func stateCommand() command {
	return command{name: "state", usage: "ID", about: "print the state of a container", min: 1, max: 1,
		make: noFlags(func(c *call, id string) error {
			b, err := c.rt.State(id)
			if err == nil {
				_, err = c.stdout.Write(b)
			}
			return err
		})}
}

func pauseCommand() command {
	return command{name: "pause", usage: "ID", about: "freeze all processes of a container", min: 1, max: 1,
		make: noFlags(func(c *call, id string) error { return c.rt.Pause(id) })}
}

func resumeCommand() command {
	return command{name: "resume", usage: "ID", about: "let a paused container go on", min: 1, max: 1,
		make: noFlags(func(c *call, id string) error { return c.rt.Resume(id) })}
}

var errNoCheckpoint = errors.New("checkpoint and restore are not supported: bantam-oci does not use CRIU")

// refuse is a command that callers may try and must get a clear answer from.
func refuse(name, about string) command {
	return command{name: name, usage: "ID", about: about, max: -1,
		make: func() (*flags, func(*call, []string) error) {
			return &flags{any: true}, func(*call, []string) error { return errNoCheckpoint }
		}}
}

func checkpointCommand() command { return refuse("checkpoint", "not supported") }
func restoreCommand() command    { return refuse("restore", "not supported") }
