package docker

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/engine"

	"github.com/moby/moby/api/types/blkiodev"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/strslice"
)

// createRequest takes a command as one word, too, as old clients send it.
type createRequest struct {
	container.CreateRequest
	Cmd, Entrypoint strslice.StrSlice
	MacAddress      network.HardwareAddr // of the first network; until 1.51
}

// createContainer says the request in the words of docker run's options, which the
// engine checks.
func (s *Server) createContainer(c *call) error {
	var r createRequest
	if err := c.decode(&r); err != nil {
		return err
	}
	if r.Config == nil {
		return badRequest("config cannot be empty in order to create a container")
	}
	if c.minor >= 52 && len(r.MacAddress) > 0 {
		return badRequest("container-wide MAC address no longer supported: give it for the network")
	}
	o, err := r.options()
	if err != nil {
		return err
	}
	if o.Platform, err = c.platform(); err != nil {
		return err
	}
	o.Name = strings.TrimPrefix(c.str("name"), "/")
	id, err := s.containers.Create(o)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, container.CreateResponse{ID: id, Warnings: r.warnings(c.minor)})
}

// warnings are docker's about what will change.
func (r *createRequest) warnings(minor int) []string {
	list := []string{}
	if r.HostConfig == nil || minor < 52 {
		return list
	}
	for port, bindings := range r.HostConfig.PortBindings {
		if len(bindings) == 0 {
			list = append(list, "Following ports have no binding, and get a random one of the host, which a future version of the API will not do: "+port.String())
		}
	}
	slices.Sort(list)
	return list
}

// options are those of docker run that make the same container.
func (r *createRequest) options() (*engine.RunOptions, error) {
	g, h := r.Config, r.HostConfig
	if h == nil {
		h = &container.HostConfig{}
	}
	if err := refuse(g, h); err != nil {
		return nil, err
	}
	o := &engine.RunOptions{
		Image: g.Image, Command: r.Cmd, Entrypoint: r.Entrypoint, Pull: "never", Hostname: g.Hostname, Domainname: g.Domainname,
		User: g.User, Workdir: g.WorkingDir, Env: g.Env, Labels: pairs(g.Labels), Annotations: pairs(h.Annotations),
		StopSignal: g.StopSignal, Stdin: g.OpenStdin, TTY: g.Tty, Detach: !g.StdinOnce, Remove: h.AutoRemove,
		GroupAdd: h.GroupAdd, Runtime: runtimeName(h.Runtime), Init: h.Init != nil && *h.Init, Restart: restart(&h.RestartPolicy),
		Volumes: slices.Concat(h.Binds, slices.Sorted(maps.Keys(g.Volumes))), VolumesFrom: h.VolumesFrom, VolumeDriver: h.VolumeDriver,
		ConsoleSize: h.ConsoleSize, Umask: h.Umask, ReadOnly: h.ReadonlyRootfs, CapAdd: h.CapAdd, CapDrop: h.CapDrop, Privileged: h.Privileged,
		SecurityOpt: slices.Clone(h.SecurityOpt), NetworkOptions: networking(r), PID: string(h.PidMode), IPC: string(h.IpcMode), UTS: string(h.UTSMode),
		UserNS: string(h.UsernsMode), CgroupNS: string(h.CgroupnsMode), CgroupParent: h.CgroupParent, AddHosts: h.ExtraHosts,
		DNSSearch: h.DNSSearch, DNSOptions: h.DNSOptions, Sysctls: pairs(h.Sysctls), ShmSize: h.ShmSize,
		LogDriver: h.LogConfig.Type, LogOpts: pairs(h.LogConfig.Config),
	}
	if g.StopTimeout != nil {
		n := int64(*g.StopTimeout)
		o.StopTimeout = &n
	}
	bare := h.MaskedPaths != nil && len(h.MaskedPaths)+len(h.ReadonlyPaths) == 0 && h.ReadonlyPaths != nil
	if bare && !h.Privileged && !slices.Contains(h.SecurityOpt, "systempaths=unconfined") {
		o.SecurityOpt = append(o.SecurityOpt, "systempaths=unconfined")
	}
	for _, a := range h.DNS {
		o.DNS = append(o.DNS, a.String())
	}
	for to, opts := range h.Tmpfs {
		o.Tmpfs = append(o.Tmpfs, strings.TrimSuffix(to+":"+opts, ":"))
	}
	for i := range h.Mounts {
		text, err := mountText(&h.Mounts[i])
		if err != nil {
			return nil, err
		}
		o.Mounts = append(o.Mounts, text)
	}
	health(&o.Health, g.Healthcheck)
	o.Limits = limits(h)
	return o, nil
}

// refuse says what there is no support for, instead of passing over it.
func refuse(g *container.Config, h *container.HostConfig) error {
	for what, given := range map[string]bool{
		"HostConfig.StorageOpt":                           len(h.StorageOpt) > 0,
		"HostConfig.Cgroup":                               h.Cgroup != "",
		"HostConfig.Isolation":                            !h.Isolation.IsDefault(),
		"HostConfig.CpuCount":                             h.CPUCount != 0,
		"HostConfig.CpuPercent":                           h.CPUPercent != 0,
		"HostConfig.IOMaximumIOps":                        h.IOMaximumIOps != 0,
		"HostConfig.IOMaximumBandwidth":                   h.IOMaximumBandwidth != 0,
		"HostConfig.DeviceRequests":                       len(h.DeviceRequests) > 0,
		"a part of HostConfig.MaskedPaths, ReadonlyPaths": !wholePaths(h),
	} {
		if given {
			return badRequest(what + " is not supported")
		}
	}
	return nil
}

// wholePaths says that system paths are protected as usual or not at all.
func wholePaths(h *container.HostConfig) bool {
	masked, readonly := dockerspec.SystemPaths(&folder.HostConfig{})
	usual := slices.Equal(h.MaskedPaths, masked) && slices.Equal(h.ReadonlyPaths, readonly)
	return usual || len(h.MaskedPaths)+len(h.ReadonlyPaths) == 0 && (h.MaskedPaths == nil) == (h.ReadonlyPaths == nil)
}

// runtimeName takes docker's names for the runtime that it comes with for ours.
func runtimeName(name string) string {
	if name == engine.OwnRuntime || name == "runc" || name == "io.containerd.runc.v2" {
		return ""
	}
	return name
}

func pairs(m map[string]string) []string {
	var list []string
	for k, v := range m {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return list
}

func restart(p *container.RestartPolicy) string {
	if p.MaximumRetryCount == 0 || p.Name == "" {
		return string(p.Name)
	}
	return string(p.Name) + ":" + strconv.Itoa(p.MaximumRetryCount)
}

func health(to *engine.HealthOptions, h *container.HealthConfig) {
	if h == nil {
		return
	}
	if len(h.Test) == 1 && h.Test[0] == "NONE" {
		to.Disable = true
		return
	}
	to.Test, to.Interval, to.Timeout, to.StartPeriod, to.StartInterval, to.Retries = h.Test, h.Interval, h.Timeout, h.StartPeriod, h.StartInterval, int64(h.Retries)
}

// mountText is a mount as --mount has it.
func mountText(m *mount.Mount) (string, error) {
	f := []string{"type=" + string(m.Type), "target=" + m.Target}
	add := func(key, value string) {
		if value != "" {
			f = append(f, key+"="+value)
		}
	}
	add("source", m.Source)
	if m.ReadOnly {
		f = append(f, "readonly")
	}
	if b := m.BindOptions; b != nil {
		bindText(b, add)
	}
	if v := m.VolumeOptions; v != nil {
		volumeText(v, add)
	}
	if i := m.ImageOptions; i != nil {
		add("image-subpath", i.Subpath)
	}
	if t := m.TmpfsOptions; t != nil {
		if len(t.Options) > 0 {
			return "", badRequest("TmpfsOptions.Options is not supported")
		}
		if t.SizeBytes != 0 {
			add("tmpfs-size", strconv.FormatInt(t.SizeBytes, 10))
		}
		if t.Mode != 0 {
			add("tmpfs-mode", strconv.FormatUint(uint64(t.Mode), 8))
		}
	}
	if m.ClusterOptions != nil {
		return "", badRequest("cluster volumes need a swarm, which this engine has none of")
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(f); err != nil {
		return "", badRequest("invalid mount: " + err.Error())
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func bindText(b *mount.BindOptions, add func(key, value string)) {
	add("bind-propagation", string(b.Propagation))
	switch {
	case b.NonRecursive:
		add("bind-recursive", "disabled")
	case b.ReadOnlyNonRecursive:
		add("bind-recursive", "writable")
	case b.ReadOnlyForceRecursive:
		add("bind-recursive", "readonly")
	}
	if b.CreateMountpoint {
		add("bind-create-src", "true")
	}
}

func volumeText(v *mount.VolumeOptions, add func(key, value string)) {
	if v.NoCopy {
		add("volume-nocopy", "true")
	}
	add("volume-subpath", v.Subpath)
	for _, l := range pairs(v.Labels) {
		add("volume-label", l)
	}
	if d := v.DriverConfig; d != nil {
		add("volume-driver", d.Name)
		for _, o := range pairs(d.Options) {
			add("volume-opt", o)
		}
	}
}

func limits(h *container.HostConfig) engine.LimitOptions {
	r := &h.Resources
	l := engine.LimitOptions{
		Memory: r.Memory, MemoryReservation: r.MemoryReservation, Swappiness: r.MemorySwappiness, OOMKillDisable: r.OomKillDisable != nil && *r.OomKillDisable,
		OOMScore: int64(h.OomScoreAdj), NanoCPUs: r.NanoCPUs, CPUShares: r.CPUShares, CPUPeriod: r.CPUPeriod, CPUQuota: r.CPUQuota,
		CPURTPeriod: r.CPURealtimePeriod, CPURTRuntime: r.CPURealtimeRuntime, CPUSet: r.CpusetCpus, MemSet: r.CpusetMems,
		BlkioWeight: int64(r.BlkioWeight), DeviceRules: r.DeviceCgroupRules,
		ReadBps: rates(r.BlkioDeviceReadBps), WriteBps: rates(r.BlkioDeviceWriteBps), ReadIOps: rates(r.BlkioDeviceReadIOps), WriteIOps: rates(r.BlkioDeviceWriteIOps),
	}
	if r.MemorySwap != 0 {
		l.MemorySwap = strconv.FormatInt(r.MemorySwap, 10)
	}
	if r.PidsLimit != nil {
		l.Pids = *r.PidsLimit
	}
	for _, w := range r.BlkioWeightDevice {
		if w != nil {
			l.BlkioWeightDevice = append(l.BlkioWeightDevice, fmt.Sprintf("%s:%d", w.Path, w.Weight))
		}
	}
	for _, u := range r.Ulimits {
		if u != nil {
			l.Ulimits = append(l.Ulimits, fmt.Sprintf("%s=%d:%d", u.Name, u.Soft, u.Hard))
		}
	}
	for _, d := range r.Devices {
		text := d.PathOnHost
		if d.PathInContainer != "" {
			text += ":" + d.PathInContainer
		}
		if d.CgroupPermissions != "" {
			text += ":" + d.CgroupPermissions
		}
		l.Devices = append(l.Devices, text)
	}
	return l
}

func rates(list []*blkiodev.ThrottleDevice) []string {
	var out []string
	for _, t := range list {
		if t != nil {
			out = append(out, fmt.Sprintf("%s:%d", t.Path, t.Rate))
		}
	}
	return out
}
