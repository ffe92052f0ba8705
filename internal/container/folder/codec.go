package folder

import (
	"bantam/internal/network"
	"bantam/internal/statefile"
)

func (r *Record) members(f *statefile.Fields) {
	f.Str("ID", &r.ID)
	f.Str("Name", &r.Name)
	f.Time("Created", &r.Created)
	f.Str("Path", &r.Path)
	f.List("Args", &r.Args)
	f.Str("Image", &r.Image)
	f.Object("Config", r.Config.members)
	f.Object("HostConfig", r.Host.members)
	f.List("Layers", &r.Layers)
	statefile.List(f, "Mounts", &r.Mounts, func(m *Mount) statefile.Members { return m.members })
	statefile.List(f, "Networks", &r.Networks, func(a *network.Attachment) statefile.Members { return a.Members })
}

func (c *Config) members(f *statefile.Fields) {
	f.Str("Hostname", &c.Hostname)
	f.Str("Domainname", &c.Domainname)
	f.Str("User", &c.User)
	f.Flag("AttachStdin", &c.AttachStdin)
	f.Flag("Tty", &c.Tty)
	f.Flag("OpenStdin", &c.OpenStdin)
	f.Flag("StdinOnce", &c.StdinOnce)
	f.List("Env", &c.Env)
	f.List("Cmd", &c.Cmd)
	statefile.Pointer(f, "Healthcheck", &c.Healthcheck, func(h *Healthcheck) statefile.Members { return h.members })
	f.List("Volumes", &c.Volumes)
	f.Str("Image", &c.Image)
	f.Str("WorkingDir", &c.WorkingDir)
	f.List("Entrypoint", &c.Entrypoint)
	f.Dict("Labels", &c.Labels)
	f.Str("StopSignal", &c.StopSignal)
	f.Optional("StopTimeout", &c.StopTimeout)
	f.List("ExposedPorts", &c.ExposedPorts)
}

func (h *Healthcheck) members(f *statefile.Fields) {
	f.List("Test", &h.Test)
	f.Num("Interval", &h.Interval)
	f.Num("Timeout", &h.Timeout)
	f.Num("StartPeriod", &h.StartPeriod)
	f.Num("StartInterval", &h.StartInterval)
	f.Int("Retries", &h.Retries)
}

func (h *HostConfig) members(f *statefile.Fields) {
	f.List("Binds", &h.Binds)
	f.List("VolumesFrom", &h.VolumesFrom)
	f.Object("LogConfig", h.LogConfig.members)
	f.Str("NetworkMode", &h.NetworkMode)
	f.Str("RestartPolicy", &h.RestartPolicy)
	f.Int("MaximumRetryCount", &h.MaximumRetryCount)
	f.Flag("AutoRemove", &h.AutoRemove)
	f.Dict("Annotations", &h.Annotations)
	f.List("CapAdd", &h.CapAdd)
	f.List("CapDrop", &h.CapDrop)
	f.Str("CgroupnsMode", &h.CgroupnsMode)
	f.Str("CgroupParent", &h.CgroupParent)
	f.List("Dns", &h.DNS)
	f.List("DnsOptions", &h.DNSOptions)
	f.List("DnsSearch", &h.DNSSearch)
	f.List("ExtraHosts", &h.ExtraHosts)
	f.List("GroupAdd", &h.GroupAdd)
	f.Str("IpcMode", &h.IpcMode)
	f.Int("OomScoreAdj", &h.OomScoreAdj)
	f.Str("PidMode", &h.PidMode)
	f.Flag("Privileged", &h.Privileged)
	f.Flag("ReadonlyRootfs", &h.ReadonlyRootfs)
	f.List("SecurityOpt", &h.SecurityOpt)
	f.Dict("Tmpfs", &h.Tmpfs)
	f.Str("UTSMode", &h.UTSMode)
	f.Str("UsernsMode", &h.UsernsMode)
	f.Num("ShmSize", &h.ShmSize)
	f.Dict("Sysctls", &h.Sysctls)
	h.Resources.members(f)
	f.Flag("Init", &h.Init)
	f.Num("IDStart", &h.IDStart)
	f.Num("IDSize", &h.IDSize)
	f.Flag("Systemd", &h.Systemd)
	f.Optional("Umask", &h.Umask)
	f.Int("Rows", &h.Rows)
	f.Int("Cols", &h.Cols)
	f.Str("Runtime", &h.Runtime)
	f.Str("RuntimePath", &h.RuntimePath)
	statefile.List(f, "PortBindings", &h.PortBindings, func(p *PortBinding) statefile.Members { return p.members })
	f.Flag("PublishAllPorts", &h.PublishAllPorts)
	f.List("Links", &h.Links)
}

func (p *PortBinding) members(f *statefile.Fields) {
	f.Str("Port", &p.Port)
	f.Str("HostIP", &p.HostIP)
	f.Str("HostPort", &p.HostPort)
}

func (r *Resources) members(f *statefile.Fields) {
	f.Num("CpuShares", &r.CPUShares)
	f.Num("Memory", &r.Memory)
	f.Num("NanoCpus", &r.NanoCpus)
	f.Num("CpuPeriod", &r.CPUPeriod)
	f.Num("CpuQuota", &r.CPUQuota)
	f.Num("CpuRealtimePeriod", &r.CPURealtimePeriod)
	f.Num("CpuRealtimeRuntime", &r.CPURealtimeRuntime)
	f.Str("CpusetCpus", &r.CpusetCpus)
	f.Str("CpusetMems", &r.CpusetMems)
	f.Num("BlkioWeight", &r.BlkioWeight)
	statefile.List(f, "BlkioWeightDevice", &r.BlkioWeightDevice, rateMembers)
	statefile.List(f, "BlkioDeviceReadBps", &r.BlkioDeviceReadBps, rateMembers)
	statefile.List(f, "BlkioDeviceWriteBps", &r.BlkioDeviceWriteBps, rateMembers)
	statefile.List(f, "BlkioDeviceReadIOps", &r.BlkioDeviceReadIOps, rateMembers)
	statefile.List(f, "BlkioDeviceWriteIOps", &r.BlkioDeviceWriteIOps, rateMembers)
	statefile.List(f, "Devices", &r.Devices, func(d *Device) statefile.Members { return d.members })
	f.List("DeviceCgroupRules", &r.DeviceCgroupRules)
	f.Num("MemoryReservation", &r.MemoryReservation)
	f.Num("MemorySwap", &r.MemorySwap)
	f.Optional("MemorySwappiness", &r.MemorySwappiness)
	f.Flag("OomKillDisable", &r.OomKillDisable)
	f.Num("PidsLimit", &r.PidsLimit)
	statefile.List(f, "Ulimits", &r.Ulimits, func(u *Ulimit) statefile.Members { return u.members })
}

func rateMembers(r *Rate) statefile.Members {
	return func(f *statefile.Fields) {
		f.Str("Path", &r.Path)
		f.Num("Rate", &r.Rate)
	}
}

func (d *Device) members(f *statefile.Fields) {
	f.Str("PathOnHost", &d.PathOnHost)
	f.Str("PathInContainer", &d.PathInContainer)
	f.Str("CgroupPermissions", &d.CgroupPermissions)
}

func (u *Ulimit) members(f *statefile.Fields) {
	f.Str("Name", &u.Name)
	f.Num("Hard", &u.Hard)
	f.Num("Soft", &u.Soft)
}

func (l *LogConfig) members(f *statefile.Fields) {
	f.Str("Type", &l.Type)
	f.Num("MaxSize", &l.MaxSize)
	f.Int("MaxFile", &l.MaxFile)
	f.Flag("Compress", &l.Compress)
	f.Flag("NonBlocking", &l.NonBlocking)
	f.Num("BufferSize", &l.BufferSize)
	f.Str("Tag", &l.Tag)
	f.Dict("Attrs", &l.Attrs)
	f.Dict("Config", &l.Config)
}

func (m *Mount) members(f *statefile.Fields) {
	f.Str("Type", &m.Type)
	f.Str("Name", &m.Name)
	f.Str("Source", &m.Source)
	f.Str("Destination", &m.Destination)
	f.Flag("ReadOnly", &m.ReadOnly)
	f.Str("Propagation", &m.Propagation)
	f.Str("Options", &m.Options)
	f.Str("Mode", &m.Mode)
	f.Str("Subpath", &m.Subpath)
	f.Flag("NoCopy", &m.NoCopy)
	f.Flag("Anonymous", &m.Anonymous)
	f.Flag("Chown", &m.Chown)
	f.List("Layers", &m.Layers)
	f.Dict("VolumeOptions", &m.VolumeOptions)
	f.Dict("VolumeLabels", &m.VolumeLabels)
}

func (s *State) members(f *statefile.Fields) {
	f.Str("Status", (*string)(&s.Status))
	f.Int("Pid", &s.Pid)
	f.Unsigned("PidStart", &s.PidStart)
	f.Str("Boot", &s.Boot)
	f.Int("ExitCode", &s.ExitCode)
	f.Str("Error", &s.Error)
	f.Time("Started", &s.Started)
	f.Time("Finished", &s.Finished)
	f.Int("RestartCount", &s.RestartCount)
	f.Flag("OOM", &s.OOM)
	f.Str("Cgroup", &s.Cgroup)
	f.Int("Monitor", &s.Monitor)
	f.Int("Door", &s.Door)
	f.Unsigned("Stdout", &s.Pipes[0])
	f.Unsigned("Stderr", &s.Pipes[1])
	statefile.Pointer(f, "Health", &s.Health, func(h *Health) statefile.Members { return h.members })
	statefile.List(f, "Networks", &s.Networks, func(e *network.Endpoint) statefile.Members { return e.Members })
}

func (h *Health) members(f *statefile.Fields) {
	f.Str("Status", &h.Status)
	f.Int("FailingStreak", &h.FailingStreak)
	statefile.List(f, "Log", &h.Log, func(p *Probe) statefile.Members { return p.members })
}

func (p *Probe) members(f *statefile.Fields) {
	f.Time("Start", &p.Start)
	f.Time("End", &p.End)
	f.Int("ExitCode", &p.ExitCode)
	f.Str("Output", &p.Output)
}
