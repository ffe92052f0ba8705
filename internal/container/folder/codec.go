package folder

func (r *Record) encode() []byte {
	w := &writer{b: make([]byte, 0, 2048)}
	w.open("", '{')
	w.str("ID", r.ID)
	w.str("Name", r.Name)
	w.time("Created", r.Created)
	w.str("Path", r.Path)
	w.list("Args", r.Args)
	w.str("Image", r.Image)
	r.Config.encode(w)
	r.Host.encode(w)
	w.list("Layers", r.Layers)
	if len(r.Mounts) > 0 {
		w.open("Mounts", '[')
		for _, m := range r.Mounts {
			m.encode(w)
		}
		w.close(']')
	}
	w.close('}')
	return append(w.b, '\n')
}

func (c *Config) encode(w *writer) {
	w.open("Config", '{')
	w.str("Hostname", c.Hostname)
	w.str("User", c.User)
	w.bool("AttachStdin", c.AttachStdin)
	w.bool("Tty", c.Tty)
	w.bool("OpenStdin", c.OpenStdin)
	w.bool("StdinOnce", c.StdinOnce)
	w.list("Env", c.Env)
	w.list("Cmd", c.Cmd)
	w.str("Image", c.Image)
	w.str("WorkingDir", c.WorkingDir)
	w.list("Entrypoint", c.Entrypoint)
	w.dict("Labels", c.Labels)
	w.str("StopSignal", c.StopSignal)
	w.close('}')
}

func (h *HostConfig) encode(w *writer) {
	w.open("HostConfig", '{')
	w.list("Binds", h.Binds)
	w.str("NetworkMode", h.NetworkMode)
	w.bool("AutoRemove", h.AutoRemove)
	w.list("CapAdd", h.CapAdd)
	w.list("CapDrop", h.CapDrop)
	w.bool("Privileged", h.Privileged)
	w.bool("ReadonlyRootfs", h.ReadonlyRootfs)
	w.list("SecurityOpt", h.SecurityOpt)
	w.dict("Tmpfs", h.Tmpfs)
	w.num("ShmSize", h.ShmSize)
	w.num("Memory", h.Memory)
	w.num("NanoCpus", h.NanoCpus)
	w.num("PidsLimit", h.PidsLimit)
	w.open("LogConfig", '{')
	w.str("Type", h.LogConfig.Type)
	w.num("MaxSize", h.LogConfig.MaxSize)
	w.num("MaxFile", int64(h.LogConfig.MaxFile))
	w.close('}')
	w.close('}')
}

func (m *Mount) encode(w *writer) {
	w.open("", '{')
	w.str("Source", m.Source)
	w.str("Destination", m.Destination)
	w.bool("ReadOnly", m.ReadOnly)
	w.str("Propagation", m.Propagation)
	w.close('}')
}

func (s *State) encode() []byte {
	w := &writer{b: make([]byte, 0, 512)}
	w.open("", '{')
	w.str("Status", string(s.Status))
	w.num("Pid", int64(s.Pid))
	w.num("PidStart", int64(s.PidStart))
	w.str("Boot", s.Boot)
	w.num("ExitCode", int64(s.ExitCode))
	w.str("Error", s.Error)
	w.time("Started", s.Started)
	w.time("Finished", s.Finished)
	w.bool("OOM", s.OOM)
	w.str("Cgroup", s.Cgroup)
	w.num("Monitor", int64(s.Monitor))
	w.num("Door", int64(s.Door))
	w.num("Stdout", int64(s.Pipes[0]))
	w.num("Stderr", int64(s.Pipes[1]))
	w.close('}')
	return append(w.b, '\n')
}

func (r *Record) decode(b []byte) error {
	d := &reader{b: b}
	d.object(func(key string) {
		switch key {
		case "ID":
			r.ID = d.str()
		case "Name":
			r.Name = d.str()
		case "Created":
			r.Created = d.time()
		case "Path":
			r.Path = d.str()
		case "Args":
			r.Args = d.list()
		case "Image":
			r.Image = d.str()
		case "Config":
			d.object(func(key string) { r.Config.decode(d, key) })
		case "HostConfig":
			d.object(func(key string) { r.Host.decode(d, key) })
		case "Layers":
			r.Layers = d.list()
		case "Mounts":
			d.items('[', ']', func() {
				var m Mount
				d.object(func(key string) { m.decode(d, key) })
				r.Mounts = append(r.Mounts, m)
			})
		default:
			d.skip()
		}
	})
	return d.done()
}

func (c *Config) decode(d *reader, key string) {
	switch key {
	case "Hostname":
		c.Hostname = d.str()
	case "User":
		c.User = d.str()
	case "AttachStdin":
		c.AttachStdin = d.flag()
	case "Tty":
		c.Tty = d.flag()
	case "OpenStdin":
		c.OpenStdin = d.flag()
	case "StdinOnce":
		c.StdinOnce = d.flag()
	case "Env":
		c.Env = d.list()
	case "Cmd":
		c.Cmd = d.list()
	case "Image":
		c.Image = d.str()
	case "WorkingDir":
		c.WorkingDir = d.str()
	case "Entrypoint":
		c.Entrypoint = d.list()
	case "Labels":
		c.Labels = d.dict()
	case "StopSignal":
		c.StopSignal = d.str()
	default:
		d.skip()
	}
}

func (h *HostConfig) decode(d *reader, key string) {
	switch key {
	case "Binds":
		h.Binds = d.list()
	case "NetworkMode":
		h.NetworkMode = d.str()
	case "AutoRemove":
		h.AutoRemove = d.flag()
	case "CapAdd":
		h.CapAdd = d.list()
	case "CapDrop":
		h.CapDrop = d.list()
	case "Privileged":
		h.Privileged = d.flag()
	case "ReadonlyRootfs":
		h.ReadonlyRootfs = d.flag()
	case "SecurityOpt":
		h.SecurityOpt = d.list()
	case "Tmpfs":
		h.Tmpfs = d.dict()
	case "ShmSize":
		h.ShmSize = d.num()
	case "Memory":
		h.Memory = d.num()
	case "NanoCpus":
		h.NanoCpus = d.num()
	case "PidsLimit":
		h.PidsLimit = d.num()
	case "LogConfig":
		d.object(func(key string) { h.LogConfig.decode(d, key) })
	default:
		d.skip()
	}
}

func (l *LogConfig) decode(d *reader, key string) {
	switch key {
	case "Type":
		l.Type = d.str()
	case "MaxSize":
		l.MaxSize = d.num()
	case "MaxFile":
		l.MaxFile = int(d.num())
	default:
		d.skip()
	}
}

func (m *Mount) decode(d *reader, key string) {
	switch key {
	case "Source":
		m.Source = d.str()
	case "Destination":
		m.Destination = d.str()
	case "ReadOnly":
		m.ReadOnly = d.flag()
	case "Propagation":
		m.Propagation = d.str()
	default:
		d.skip()
	}
}

func (s *State) decode(b []byte) error {
	d := &reader{b: b}
	d.object(func(key string) {
		switch key {
		case "Status":
			s.Status = Status(d.str())
		case "Pid":
			s.Pid = int(d.num())
		case "PidStart":
			s.PidStart = uint64(d.num())
		case "Boot":
			s.Boot = d.str()
		case "ExitCode":
			s.ExitCode = int(d.num())
		case "Error":
			s.Error = d.str()
		case "Started":
			s.Started = d.time()
		case "Finished":
			s.Finished = d.time()
		case "OOM":
			s.OOM = d.flag()
		case "Cgroup":
			s.Cgroup = d.str()
		case "Monitor":
			s.Monitor = int(d.num())
		case "Door":
			s.Door = int(d.num())
		case "Stdout":
			s.Pipes[0] = uint64(d.num())
		case "Stderr":
			s.Pipes[1] = uint64(d.num())
		default:
			d.skip()
		}
	})
	return d.done()
}
