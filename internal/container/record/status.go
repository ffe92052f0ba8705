package record

// Status is how far a container has come by its record. Whether its init still
// lives, and whether it is frozen, the kernel alone knows: see [State].
type Status uint8

const (
	Creating Status = 1 + iota
	Created         // init waits for the start signal
	Starting        // the start signal was about to be sent
	Started         // init has called execve
)

// State is what a container is in truth.
type State uint8

const (
	StateCreating State = iota
	StateCreated
	StateRunning
	StatePaused
	StateStopped
)

// String is the spec's word (runtime.md, "State").
func (s State) String() string {
	return [...]string{"creating", "created", "running", "paused", "stopped"}[s]
}

// CanStart tells whether start may go on.
func (s State) CanStart() bool { return s == StateCreated }

// CanSignal tells whether there is an init to signal.
func (s State) CanSignal() bool { return s == StateCreated || s == StateRunning || s == StatePaused }

// CanExec tells whether another process may join.
func (s State) CanExec() bool { return s == StateCreated || s == StateRunning }

// CanPause tells whether it can be frozen.
func (s State) CanPause() bool { return s == StateCreated || s == StateRunning }

// CanDelete tells whether delete may go on without --force. A container that is
// half made, with nobody making it, is there to be deleted.
func (s State) CanDelete() bool { return s == StateStopped || s == StateCreating }
