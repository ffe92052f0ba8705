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

import (
	"time"

	"bantam/internal/network"
)

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
	// Networks are those that it is to be connected to; none if its mode is none, host or container:ID.
	Networks []network.Attachment
}

// EventAttributes are what docker tells of a container with each of its events: labels,
// image and name; more are further ones, name and value in turn.
func (r *Record) EventAttributes(more ...string) map[string]string {
	m := make(map[string]string, len(r.Config.Labels)+2+len(more)/2)
	for k, v := range r.Config.Labels {
		m[k] = v
	}
	m["image"], m["name"] = r.Config.Image, r.Name
	for ; len(more) > 1; more = more[2:] {
		m[more[0]] = more[1]
	}
	return m
}

// Config is the portable part, docker's Config.
type Config struct {
	Hostname    string
	Domainname  string
	User        string
	AttachStdin bool
	Tty         bool
	OpenStdin   bool
	StdinOnce   bool
	Env         []string
	Cmd         []string
	Healthcheck *Healthcheck
	Volumes     []string // places for anonymous volumes
	Image       string   // as the user named it
	WorkingDir  string
	Entrypoint  []string
	Labels      map[string]string
	StopSignal  string
	StopTimeout *int64 // seconds until SIGKILL
	// ExposedPorts are PORT/PROTOCOL.
	ExposedPorts []string
}

// Healthcheck is docker's: Test is NONE alone, CMD and a program, or CMD-SHELL and a line.
// Times are nanoseconds, 0 is docker's default.
type Healthcheck struct {
	Test          []string `json:",omitempty"`
	Interval      int64    `json:",omitempty"`
	Timeout       int64    `json:",omitempty"`
	StartPeriod   int64    `json:",omitempty"`
	StartInterval int64    `json:",omitempty"`
	Retries       int      `json:",omitempty"`
}

// HostConfig is what depends on the host, docker's HostConfig.
type HostConfig struct {
	Binds             []string
	VolumesFrom       []string
	LogConfig         LogConfig
	NetworkMode       string
	RestartPolicy     string // no (or empty), always, unless-stopped, on-failure
	MaximumRetryCount int
	AutoRemove        bool
	Annotations       map[string]string
	CapAdd            []string
	CapDrop           []string
	CgroupnsMode      string // private (or empty), host
	CgroupParent      string
	DNS               []string
	DNSOptions        []string
	DNSSearch         []string
	ExtraHosts        []string
	GroupAdd          []string
	IpcMode           string // private (or empty), none, shareable, host, container:ID
	OomScoreAdj       int
	PidMode           string // empty, host, container:ID
	Privileged        bool
	ReadonlyRootfs    bool
	SecurityOpt       []string
	Tmpfs             map[string]string
	UTSMode           string // empty, host, container:ID
	UsernsMode        string
	ShmSize           int64
	Sysctls           map[string]string
	Resources
	Init bool
	// IDStart and IDSize are the range of host ids that its user namespace maps from 0 on; IDSize is 0 without one.
	IDStart, IDSize int64
	// Systemd: its program is an init that manages control groups and wants its own folders.
	Systemd bool
	// Umask is that of its processes; nil is the runtime's.
	Umask *int64
	// Rows and Cols are the size of its terminal where nobody's is attached at its start.
	Rows, Cols int
	// Runtime is the OCI runtime as the user named it, RuntimePath its program; empty is our own.
	Runtime     string
	RuntimePath string
	// NetworkMode's network is the first of the record's.
	PortBindings    []PortBinding
	PublishAllPorts bool
	Links           []string // CONTAINER:ALIAS
}

// PortBinding asks for a port of the host.
type PortBinding struct {
	Port     string // of the container: PORT/PROTOCOL
	HostIP   string // "" is all addresses
	HostPort string // "" is any, or a range FIRST-LAST of which any
}

// Resources are the limits, docker's names and units.
type Resources struct {
	CPUShares            int64
	Memory               int64 // bytes
	NanoCpus             int64
	CPUPeriod            int64 // microseconds
	CPUQuota             int64
	CPURealtimePeriod    int64
	CPURealtimeRuntime   int64
	CpusetCpus           string
	CpusetMems           string
	BlkioWeight          int64
	BlkioWeightDevice    []Rate
	BlkioDeviceReadBps   []Rate
	BlkioDeviceWriteBps  []Rate
	BlkioDeviceReadIOps  []Rate
	BlkioDeviceWriteIOps []Rate
	Devices              []Device
	DeviceCgroupRules    []string
	MemoryReservation    int64
	MemorySwap           int64 // memory and swap together, -1 is unlimited
	MemorySwappiness     *int64
	OomKillDisable       bool
	PidsLimit            int64
	Ulimits              []Ulimit
}

// Rate is a limit, or a weight, of one block device.
type Rate struct {
	Path string
	Rate int64
}

// Device is a device file of the host in the container.
type Device struct {
	PathOnHost        string
	PathInContainer   string
	CgroupPermissions string // of r, w and m
}

// Ulimit is a resource limit (setrlimit(2)), -1 is unlimited.
type Ulimit struct {
	Name       string
	Hard, Soft int64
}

// LogConfig names where the output goes: package logging has the drivers. Config keeps every
// option as it was given, the others are what the options say.
type LogConfig struct {
	Type string
	// MaxSize, MaxFile and Compress are about the files of json-file and local, and of
	// what is kept for `logs` beside syslog and journald: no file there where MaxFile is 0.
	MaxSize  int64
	MaxFile  int
	Compress bool
	// NonBlocking drops lines, where more than BufferSize bytes wait, and never makes the container wait.
	NonBlocking bool
	BufferSize  int64
	Tag         string
	Attrs       map[string]string // chosen by labels, env and tag, for each entry
	Config      map[string]string
}

// Mount is a mount in resolved form.
type Mount struct {
	Type        string // bind where empty, tmpfs, volume, image
	Name        string // of the volume
	Source      string // on the host; of an image its id
	Destination string
	ReadOnly    bool
	Propagation string // rprivate where empty
	Options     string // of the tmpfs, or "nonrecursive" of a bind mount
	Mode        string // the options of -v as they were given
	Subpath     string // of the volume or image: what of it is mounted
	NoCopy      bool   // the volume doesn't get the image's content
	Anonymous   bool   // the volume was made for this container and goes with it
	Chown       bool   // what is mounted is given to the container's user
	Layers      []string
	// VolumeOptions and VolumeLabels are those of a volume that is made with the container.
	VolumeOptions map[string]string
	VolumeLabels  map[string]string
}

// Status is docker's word for a state.
type Status string

// The states that a monitor keeps. "paused" is a running container with a mark.
const (
	Created    Status = "created"
	Running    Status = "running"
	Restarting Status = "restarting" // ended, and about to be started by its policy
	Exited     Status = "exited"
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
	// RestartCount is how often the restart policy has started it again.
	RestartCount int
	Cgroup       string // cgroup path below each hierarchy
	// Monitor is the pid of the process that looks after it, and Door the number of the
	// descriptor through which that is reached (package wire).
	Monitor int
	Door    int
	// Pipes are the inodes of the pipes that it writes its output to.
	Pipes [2]uint64
	// Health is there if there is a health check.
	Health *Health
	// Networks are those that it is connected to while it runs.
	Networks []network.Endpoint
}

// Health is what the health check says.
type Health struct {
	Status        string // starting, healthy, unhealthy
	FailingStreak int
	Log           []Probe // the last five
}

// Probe is one run of the health check.
type Probe struct {
	Start, End time.Time
	ExitCode   int
	Output     string
}
