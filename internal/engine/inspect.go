package engine

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// ContainerJSON is what docker inspect prints of a container, in docker's names and order.
type ContainerJSON struct {
	ID              string `json:"Id"`
	Created         time.Time
	Path            string
	Args            []string
	State           StateJSON
	Image           string
	ResolvConfPath  string
	HostnamePath    string
	HostsPath       string
	LogPath         string
	Name            string
	RestartCount    int
	Driver          string
	Platform        string
	MountLabel      string
	ProcessLabel    string
	AppArmorProfile string
	ExecIDs         []string
	HostConfig      HostConfigJSON
	GraphDriver     GraphDriverJSON
	SizeRw          *int64 `json:",omitempty"`
	SizeRootFs      *int64 `json:",omitempty"`
	Mounts          []MountJSON
	Config          ContainerConfigJSON
	NetworkSettings NetworkSettingsJSON
}

// StateJSON is docker's State.
type StateJSON struct {
	Status                                 string
	Running, Paused, Restarting, OOMKilled bool
	Dead                                   bool
	Pid, ExitCode                          int
	Error                                  string
	StartedAt, FinishedAt                  time.Time
	Health                                 *HealthJSON `json:",omitempty"`
}

// HealthJSON is docker's Health.
type HealthJSON struct {
	Status        string
	FailingStreak int
	Log           []folder.Probe
}

// HostConfigJSON is docker's HostConfig. Who makes a container again from its description (watchtower)
// sends it back, so it has docker's members for what there is not, too, with the values for that.
type HostConfigJSON struct {
	ContainerIDFile   string
	Binds             []string
	LogConfig         LogConfigJSON
	NetworkMode       string
	PortBindings      map[string][]PortBindingJSON
	PublishAllPorts   bool
	Links             []string
	RestartPolicy     RestartPolicyJSON
	AutoRemove        bool
	VolumesFrom       []string
	Annotations       map[string]string `json:",omitempty"`
	CapAdd            []string
	CapDrop           []string
	CgroupnsMode      string
	DNS               []string `json:"Dns"`
	DNSOptions        []string `json:"DnsOptions"`
	DNSSearch         []string `json:"DnsSearch"`
	ExtraHosts        []string
	GroupAdd          []string
	IpcMode           string
	OomScoreAdj       int
	PidMode           string
	Privileged        bool
	ReadonlyRootfs    bool
	SecurityOpt       []string
	Tmpfs             map[string]string `json:",omitempty"`
	UTSMode           string
	UsernsMode        string
	ShmSize           int64
	Sysctls           map[string]string `json:",omitempty"`
	Runtime           string
	CPUShares         int64 `json:"CpuShares"`
	Memory            int64
	NanoCpus          int64
	CgroupParent      string
	BlkioWeight       int64
	CPUPeriod         int64 `json:"CpuPeriod"`
	CPUQuota          int64 `json:"CpuQuota"`
	CpusetCpus        string
	CpusetMems        string
	Devices           []folder.Device
	DeviceCgroupRules []string
	MemoryReservation int64
	MemorySwap        int64
	MemorySwappiness  *int64
	OomKillDisable    bool
	PidsLimit         *int64
	Ulimits           []folder.Ulimit
	Init              *bool `json:",omitempty"`
	MaskedPaths       []string
	ReadonlyPaths     []string

	BlkioWeightDevice    []WeightJSON
	BlkioDeviceReadBps   []folder.Rate
	BlkioDeviceWriteBps  []folder.Rate
	BlkioDeviceReadIOps  []folder.Rate
	BlkioDeviceWriteIOps []folder.Rate
	CPURealtimePeriod    int64 `json:"CpuRealtimePeriod"`
	CPURealtimeRuntime   int64 `json:"CpuRealtimeRuntime"`

	VolumeDriver       string
	ConsoleSize        [2]int
	Umask              *int64 `json:",omitempty"`
	Cgroup             string
	Isolation          string
	DeviceRequests     []struct{}
	CPUCount           int64 `json:"CpuCount"`
	CPUPercent         int64 `json:"CpuPercent"`
	IOMaximumIOps      int64
	IOMaximumBandwidth int64
}

// GraphDriverJSON says where the files are.
type GraphDriverJSON struct {
	Data map[string]string
	Name string
}

// ConfigJSON is docker's Config of an image.
type ConfigJSON struct {
	User         string
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string
	Cmd          []string
	Healthcheck  any `json:",omitempty"`
	Volumes      map[string]struct{}
	WorkingDir   string
	Entrypoint   []string
	OnBuild      []string
	Labels       map[string]string
	StopSignal   string `json:",omitempty"`
}

// ImageJSON is what docker inspect prints of an image.
type ImageJSON struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Parent       string // bantam keeps none
	Comment      string
	Created      time.Time
	Author       string
	Config       ConfigJSON
	Architecture string
	Variant      string `json:",omitempty"`
	Os           string
	Size         int64
	GraphDriver  GraphDriverJSON
	RootFS       RootFSJSON
	// Descriptor is of the index or the manifest that the image is known by, as far as there is one.
	Descriptor *manifest.Descriptor `json:",omitempty"`
}

// RootFSJSON lists the layers.
type RootFSJSON struct {
	Type   string
	Layers []string
}

// NoSuchObject is docker's error for a name that nothing has.
type NoSuchObject struct{ Kind, Name string }

func (e *NoSuchObject) Error() string { return "No such " + e.Kind + ": " + e.Name }

// Inspect returns all that is known of a container or, if there is none of that name, an
// image; kind is "container", "image" or "" for both.
func (e *Engine) Inspect(name, kind string, size bool) (any, error) {
	switch kind {
	case "volume":
		return e.VolumeInspect(name)
	case "network":
		return e.NetworkInspect(name)
	case "", "container", "image":
	default:
		return nil, fmt.Errorf("%q is not a valid value for --type", kind)
	}
	if kind != "image" {
		v, err := e.inspectContainer(name, size)
		var missing *folder.NotFound
		if err == nil || kind == "container" || !errors.As(err, &missing) {
			return v, err
		}
	}
	v, err := e.InspectImage(name, "")
	var missing *local.NotFound
	if errors.As(err, &missing) && kind == "" {
		if v, err := e.NetworkInspect(name); !isNoNetwork(err) {
			return v, err
		}
		if v, err := e.VolumeInspect(name); !isNoVolume(err) {
			return v, err
		}
		err = &NoSuchObject{"object", name}
	}
	return v, err
}

func (e *Engine) inspectContainer(name string, size bool) (*ContainerJSON, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	r := c.Record
	v := &ContainerJSON{
		ID: r.ID, Created: r.Created, Path: r.Path, Args: orEmpty(r.Args), State: c.stateJSON(), Image: r.Image,
		ResolvConfPath: c.Path("resolv.conf"), HostnamePath: c.Path("hostname"), HostsPath: c.Path("hosts"), LogPath: c.Log(),
		Name: "/" + r.Name, RestartCount: c.State.RestartCount, Driver: "overlay", Platform: "linux", HostConfig: hostJSON(&r.Host),
		GraphDriver: GraphDriverJSON{Name: "overlay", Data: map[string]string{"UpperDir": c.Path("upper"), "WorkDir": c.Path("work")}},
		Config:      containerConfigJSON(&r.Config), Mounts: []MountJSON{},
		NetworkSettings: c.networkSettings(),
	}
	for i, l := range r.Layers {
		if i > 0 {
			v.GraphDriver.Data["LowerDir"] += ":"
		}
		v.GraphDriver.Data["LowerDir"] += l
	}
	for _, m := range r.Mounts {
		v.Mounts = append(v.Mounts, mountJSON(&m))
	}
	if !logging.IsJSON(&r.Host.LogConfig) {
		v.LogPath = ""
	}
	if size {
		rw, all, err := e.sizes(c)
		if err != nil {
			return nil, err
		}
		v.SizeRw, v.SizeRootFs = &rw, &all
	}
	return v, nil
}

// sizes are the bytes of the writable layer and of all files of a container.
func (e *Engine) sizes(c *container) (rw, all int64, err error) {
	if rw, err = treeSize(c.Path("upper")); err != nil {
		return 0, 0, err
	}
	s, err := e.images()
	if err != nil {
		return 0, 0, err
	}
	all = rw
	if i, err := s.Find(c.Record.Image); err == nil {
		all += i.Size
	}
	return rw, all, nil
}

func (c *container) stateJSON() StateJSON {
	st := c.State
	v := StateJSON{Status: string(st.Status), Running: st.Status == folder.Running, ExitCode: st.ExitCode, Error: st.Error, OOMKilled: st.OOM, StartedAt: st.Started, FinishedAt: st.Finished}
	v.Restarting = st.Status == folder.Restarting
	if h := st.Health; h != nil {
		v.Health = &HealthJSON{h.Status, h.FailingStreak, h.Log}
	}
	if v.Running {
		v.Pid = st.Pid
		if v.Paused = c.Marked(folder.Paused); v.Paused {
			v.Status = "paused"
		}
	}
	return v
}

func hostJSON(h *folder.HostConfig) HostConfigJSON {
	v := HostConfigJSON{
		Binds: h.Binds, VolumesFrom: h.VolumesFrom, NetworkMode: h.NetworkMode, PortBindings: bindingsJSON(h.PortBindings), PublishAllPorts: h.PublishAllPorts, Links: h.Links, AutoRemove: h.AutoRemove, CapAdd: h.CapAdd, CapDrop: h.CapDrop, Privileged: h.Privileged,
		ReadonlyRootfs: h.ReadonlyRootfs, SecurityOpt: h.SecurityOpt, Tmpfs: h.Tmpfs, ShmSize: h.ShmSize, Runtime: cmp.Or(h.Runtime, OwnRuntime),
		RestartPolicy: RestartPolicyJSON{cmp.Or(h.RestartPolicy, "no"), h.MaximumRetryCount}, Annotations: h.Annotations,
		CgroupnsMode: cmp.Or(h.CgroupnsMode, "private"), DNS: orEmpty(h.DNS), DNSOptions: orEmpty(h.DNSOptions), DNSSearch: orEmpty(h.DNSSearch),
		ExtraHosts: h.ExtraHosts, GroupAdd: h.GroupAdd, IpcMode: cmp.Or(h.IpcMode, "private"), OomScoreAdj: h.OomScoreAdj, PidMode: h.PidMode,
		UTSMode: h.UTSMode, UsernsMode: h.UsernsMode, Sysctls: h.Sysctls, CPUShares: h.CPUShares, Memory: h.Memory, NanoCpus: h.NanoCpus,
		CgroupParent: h.CgroupParent, BlkioWeight: h.BlkioWeight, CPUPeriod: h.CPUPeriod, CPUQuota: h.CPUQuota, CpusetCpus: h.CpusetCpus, CpusetMems: h.CpusetMems,
		Devices: h.Devices, DeviceCgroupRules: h.DeviceCgroupRules, MemoryReservation: h.MemoryReservation, MemorySwap: h.MemorySwap,
		MemorySwappiness: h.MemorySwappiness, OomKillDisable: h.OomKillDisable, Ulimits: h.Ulimits,
		LogConfig:          LogConfigJSON{Type: h.LogConfig.Type, Config: labelsOrEmpty(h.LogConfig.Config)},
		BlkioDeviceReadBps: h.BlkioDeviceReadBps, BlkioDeviceWriteBps: h.BlkioDeviceWriteBps,
		BlkioDeviceReadIOps: h.BlkioDeviceReadIOps, BlkioDeviceWriteIOps: h.BlkioDeviceWriteIOps,
		CPURealtimePeriod: h.CPURealtimePeriod, CPURealtimeRuntime: h.CPURealtimeRuntime, ConsoleSize: [2]int{h.Rows, h.Cols}, Umask: h.Umask,
	}
	v.MaskedPaths, v.ReadonlyPaths = dockerspec.SystemPaths(h)
	if v.MemorySwap == 0 && v.Memory > 0 {
		v.MemorySwap = 2 * v.Memory
	}
	for _, w := range h.BlkioWeightDevice {
		v.BlkioWeightDevice = append(v.BlkioWeightDevice, WeightJSON{w.Path, w.Rate})
	}
	if h.Init {
		v.Init = &h.Init
	}
	if h.PidsLimit != 0 {
		v.PidsLimit = &h.PidsLimit
	}
	return v
}

// InspectImage returns all that is known of an image; platform says which one of a name for
// several, "" the name's own.
func (e *Engine) InspectImage(name, platform string) (*ImageJSON, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	i, _, err := findFor(s, name, platform)
	if err != nil {
		return nil, err
	}
	p := &i.Config.Config
	v := &ImageJSON{
		ID: i.ID.String(), RepoTags: []string{}, RepoDigests: []string{}, Created: i.Created, Architecture: i.Architecture, Variant: i.Variant, Os: i.OS, Size: i.Size,
		Config: ConfigJSON{
			User: p.User, ExposedPorts: p.ExposedPorts, Env: orEmpty(p.Env), Cmd: p.Cmd, Volumes: p.Volumes,
			WorkingDir: p.WorkingDir, Entrypoint: p.Entrypoint, OnBuild: p.OnBuild, Labels: labelsOrEmpty(p.Labels), StopSignal: p.StopSignal,
		},
		GraphDriver: GraphDriverJSON{Name: "overlay", Data: map[string]string{}}, RootFS: RootFSJSON{Type: i.RootFS.Type},
	}
	if p.Healthcheck != nil {
		v.Config.Healthcheck = p.Healthcheck
	}
	if v.Architecture == "" && i.Artifact == nil {
		v.Architecture = runtime.GOARCH
	}
	if top := bestTarget(i).Top(); top != "" {
		if b, doc, err := s.ReadManifest(top); err == nil {
			v.Descriptor = &manifest.Descriptor{MediaType: doc.Type(), Digest: top, Size: int64(len(b)), ArtifactType: doc.ArtifactType, Annotations: doc.Annotations}
		}
	}
	var names Image
	names.name(i.Names, nil)
	v.RepoTags, v.RepoDigests, v.Author = orEmpty(names.RepoTags), orEmpty(names.RepoDigests), i.Author
	for k, l := range s.Layers(&i.Config)[:len(i.RootFS.DiffIDs)] {
		if k == 0 {
			v.GraphDriver.Data["UpperDir"] = l
		} else {
			v.GraphDriver.Data["LowerDir"] = strings.TrimPrefix(v.GraphDriver.Data["LowerDir"]+":"+l, ":")
		}
	}
	for _, d := range i.RootFS.DiffIDs {
		v.RootFS.Layers = append(v.RootFS.Layers, d.String())
	}
	if n := len(i.History); n > 0 {
		v.Comment = i.History[n-1].Comment
	}
	return v, nil
}

// orEmpty makes a list that JSON shows as [].
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func labelsOrEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
