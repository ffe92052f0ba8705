package folder

func (r *Record) encode() []byte {
	w := &writer{b: make([]byte, 0, 2048)}
	members(r.members).write(w, "")
	return append(w.b, '\n')
}

func (r *Record) decode(b []byte) error {
	in := &reader{b: b}
	members(r.members).read(in)
	return in.done()
}

func (s *State) encode() []byte {
	w := &writer{b: make([]byte, 0, 512)}
	members(s.members).write(w, "")
	return append(w.b, '\n')
}

func (s *State) decode(b []byte) error {
	in := &reader{b: b}
	members(s.members).read(in)
	return in.done()
}

func (r *Record) members(f *fields) {
	f.str("ID", &r.ID)
	f.str("Name", &r.Name)
	f.time("Created", &r.Created)
	f.str("Path", &r.Path)
	f.list("Args", &r.Args)
	f.str("Image", &r.Image)
	f.object("Config", r.Config.members)
	f.object("HostConfig", r.Host.members)
	f.list("Layers", &r.Layers)
	list(f, "Mounts", &r.Mounts, func(m *Mount) members { return m.members })
}

func (c *Config) members(f *fields) {
	f.str("Hostname", &c.Hostname)
	f.str("Domainname", &c.Domainname)
	f.str("User", &c.User)
	f.flag("AttachStdin", &c.AttachStdin)
	f.flag("Tty", &c.Tty)
	f.flag("OpenStdin", &c.OpenStdin)
	f.flag("StdinOnce", &c.StdinOnce)
	f.list("Env", &c.Env)
	f.list("Cmd", &c.Cmd)
	pointer(f, "Healthcheck", &c.Healthcheck, func(h *Healthcheck) members { return h.members })
	f.str("Image", &c.Image)
	f.str("WorkingDir", &c.WorkingDir)
	f.list("Entrypoint", &c.Entrypoint)
	f.dict("Labels", &c.Labels)
	f.str("StopSignal", &c.StopSignal)
	f.optional("StopTimeout", &c.StopTimeout)
}

func (h *Healthcheck) members(f *fields) {
	f.list("Test", &h.Test)
	f.num("Interval", &h.Interval)
	f.num("Timeout", &h.Timeout)
	f.num("StartPeriod", &h.StartPeriod)
	f.num("StartInterval", &h.StartInterval)
	f.int("Retries", &h.Retries)
}

func (h *HostConfig) members(f *fields) {
	f.list("Binds", &h.Binds)
	f.object("LogConfig", h.LogConfig.members)
	f.str("NetworkMode", &h.NetworkMode)
	f.str("RestartPolicy", &h.RestartPolicy)
	f.int("MaximumRetryCount", &h.MaximumRetryCount)
	f.flag("AutoRemove", &h.AutoRemove)
	f.dict("Annotations", &h.Annotations)
	f.list("CapAdd", &h.CapAdd)
	f.list("CapDrop", &h.CapDrop)
	f.str("CgroupnsMode", &h.CgroupnsMode)
	f.str("CgroupParent", &h.CgroupParent)
	f.list("Dns", &h.DNS)
	f.list("DnsOptions", &h.DNSOptions)
	f.list("DnsSearch", &h.DNSSearch)
	f.list("ExtraHosts", &h.ExtraHosts)
	f.list("GroupAdd", &h.GroupAdd)
	f.str("IpcMode", &h.IpcMode)
	f.int("OomScoreAdj", &h.OomScoreAdj)
	f.str("PidMode", &h.PidMode)
	f.flag("Privileged", &h.Privileged)
	f.flag("ReadonlyRootfs", &h.ReadonlyRootfs)
	f.list("SecurityOpt", &h.SecurityOpt)
	f.dict("Tmpfs", &h.Tmpfs)
	f.str("UTSMode", &h.UTSMode)
	f.str("UsernsMode", &h.UsernsMode)
	f.num("ShmSize", &h.ShmSize)
	f.dict("Sysctls", &h.Sysctls)
	h.Resources.members(f)
	f.flag("Init", &h.Init)
}

func (r *Resources) members(f *fields) {
	f.num("CpuShares", &r.CPUShares)
	f.num("Memory", &r.Memory)
	f.num("NanoCpus", &r.NanoCpus)
	f.num("CpuPeriod", &r.CPUPeriod)
	f.num("CpuQuota", &r.CPUQuota)
	f.num("CpuRealtimePeriod", &r.CPURealtimePeriod)
	f.num("CpuRealtimeRuntime", &r.CPURealtimeRuntime)
	f.str("CpusetCpus", &r.CpusetCpus)
	f.str("CpusetMems", &r.CpusetMems)
	f.num("BlkioWeight", &r.BlkioWeight)
	list(f, "BlkioWeightDevice", &r.BlkioWeightDevice, rateMembers)
	list(f, "BlkioDeviceReadBps", &r.BlkioDeviceReadBps, rateMembers)
	list(f, "BlkioDeviceWriteBps", &r.BlkioDeviceWriteBps, rateMembers)
	list(f, "BlkioDeviceReadIOps", &r.BlkioDeviceReadIOps, rateMembers)
	list(f, "BlkioDeviceWriteIOps", &r.BlkioDeviceWriteIOps, rateMembers)
	list(f, "Devices", &r.Devices, func(d *Device) members { return d.members })
	f.list("DeviceCgroupRules", &r.DeviceCgroupRules)
	f.num("MemoryReservation", &r.MemoryReservation)
	f.num("MemorySwap", &r.MemorySwap)
	f.optional("MemorySwappiness", &r.MemorySwappiness)
	f.flag("OomKillDisable", &r.OomKillDisable)
	f.num("PidsLimit", &r.PidsLimit)
	list(f, "Ulimits", &r.Ulimits, func(u *Ulimit) members { return u.members })
}

func rateMembers(r *Rate) members {
	return func(f *fields) {
		f.str("Path", &r.Path)
		f.num("Rate", &r.Rate)
	}
}

func (d *Device) members(f *fields) {
	f.str("PathOnHost", &d.PathOnHost)
	f.str("PathInContainer", &d.PathInContainer)
	f.str("CgroupPermissions", &d.CgroupPermissions)
}

func (u *Ulimit) members(f *fields) {
	f.str("Name", &u.Name)
	f.num("Hard", &u.Hard)
	f.num("Soft", &u.Soft)
}

func (l *LogConfig) members(f *fields) {
	f.str("Type", &l.Type)
	f.num("MaxSize", &l.MaxSize)
	f.int("MaxFile", &l.MaxFile)
	f.dict("Config", &l.Config)
}

func (m *Mount) members(f *fields) {
	f.str("Type", &m.Type)
	f.str("Source", &m.Source)
	f.str("Destination", &m.Destination)
	f.flag("ReadOnly", &m.ReadOnly)
	f.str("Propagation", &m.Propagation)
	f.str("Options", &m.Options)
}

func (s *State) members(f *fields) {
	f.str("Status", (*string)(&s.Status))
	f.int("Pid", &s.Pid)
	f.unsigned("PidStart", &s.PidStart)
	f.str("Boot", &s.Boot)
	f.int("ExitCode", &s.ExitCode)
	f.str("Error", &s.Error)
	f.time("Started", &s.Started)
	f.time("Finished", &s.Finished)
	f.int("RestartCount", &s.RestartCount)
	f.flag("OOM", &s.OOM)
	f.str("Cgroup", &s.Cgroup)
	f.int("Monitor", &s.Monitor)
	f.int("Door", &s.Door)
	f.unsigned("Stdout", &s.Pipes[0])
	f.unsigned("Stderr", &s.Pipes[1])
	pointer(f, "Health", &s.Health, func(h *Health) members { return h.members })
}

func (h *Health) members(f *fields) {
	f.str("Status", &h.Status)
	f.int("FailingStreak", &h.FailingStreak)
	list(f, "Log", &h.Log, func(p *Probe) members { return p.members })
}

func (p *Probe) members(f *fields) {
	f.time("Start", &p.Start)
	f.time("End", &p.End)
	f.int("ExitCode", &p.ExitCode)
	f.str("Output", &p.Output)
}
