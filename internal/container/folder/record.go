// Package folder keeps one container's files: what was asked for (the record),
// what became of it (the state), its name, and the lock that its monitor holds.
//
//	ROOT/containers/ID/record.json  what docker inspect calls Config and HostConfig; written once, replaced by rename
//	ROOT/containers/ID/state.json   pid, start time, exit code; replaced by rename by the one who holds the lock
//	ROOT/containers/ID/{upper,work} the overlay's writable layer
//	ROOT/containers/ID/{hosts,hostname,resolv.conf}  bind-mounted into the container
//	ROOT/containers/ID/ID-json.log  what it printed
//	ROOT/names/NAME                 symbolic link whose text is the ID: creation is exclusive and atomic
//
// The lock is a flock on the folder itself. The monitor holds it as long as it
// lives, so "who looks after this container?" is answered by the kernel.
package folder

import "time"

// Record is what a container is made of. It never says how it fares: see [State].
type Record struct {
	ID      string
	Name    string
	Created time.Time
	// Path and Args are the process: entrypoint and command merged.
	Path string
	Args []string
	// Image is the image's id, sha256:...
	Image  string
	Config Config
	Host   HostConfig
	// Layers are the image's read-only folders, topmost first.
	Layers []string
	Mounts []Mount
}

// Config is the portable part, docker's Config.
type Config struct {
	Hostname    string
	User        string
	AttachStdin bool
	Tty         bool
	OpenStdin   bool
	StdinOnce   bool
	Env         []string
	Cmd         []string
	Image       string // as the user named it
	WorkingDir  string
	Entrypoint  []string
	Labels      map[string]string
	StopSignal  string
}

// HostConfig is what depends on the host, docker's HostConfig. Networks beyond
// none and host, volumes and restart policies get their fields with their issues.
type HostConfig struct {
	Binds          []string
	NetworkMode    string
	AutoRemove     bool
	CapAdd         []string
	CapDrop        []string
	Privileged     bool
	ReadonlyRootfs bool
	SecurityOpt    []string
	Tmpfs          map[string]string
	ShmSize        int64
	Memory         int64
	NanoCpus       int64
	PidsLimit      int64
	LogConfig      LogConfig
}

// LogConfig names where the output goes. MaxSize and MaxFile bound json-file.
type LogConfig struct {
	Type    string
	MaxSize int64
	MaxFile int
}

// Mount is a bind mount in resolved form.
type Mount struct {
	Source      string
	Destination string
	ReadOnly    bool
	Propagation string // rprivate where empty
}

// Status is docker's word for a state.
type Status string

// The states there are so far; pause and restart come with the engine's issue.
const (
	Created Status = "created"
	Running Status = "running"
	Exited  Status = "exited"
)

// State is what became of a container.
type State struct {
	Status   Status
	Pid      int
	PidStart uint64 // field 22 of /proc/PID/stat: with Boot it names a process for good
	Boot     string // boot id of the kernel that Pid belongs to
	ExitCode int
	Error    string
	Started  time.Time // zero where it never started
	Finished time.Time
	OOM      bool
	Cgroup   string // cgroup path below each hierarchy
	// Monitor is the pid of the process that looks after it, and Door the number of the
	// descriptor through which that is reached (package wire).
	Monitor int
	Door    int
	// Pipes are the inodes of the pipes that it writes its output to.
	Pipes [2]uint64
}
