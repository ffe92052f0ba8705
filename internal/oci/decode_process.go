package oci

import specs "github.com/opencontainers/runtime-spec/specs-go"

func (d *decoder) process(p *specs.Process) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "terminal":
			d.bool(&p.Terminal)
		case "consoleSize":
			p.ConsoleSize = decodePointer(d, (*decoder).box)
		case "user":
			p.User = specs.User{}
			d.user(&p.User)
		case "args":
			d.strings(&p.Args)
		case "commandLine":
			d.string(&p.CommandLine)
		case "env":
			d.strings(&p.Env)
		case "cwd":
			d.string(&p.Cwd)
		default:
			d.processLinux(p, o.key)
		}
	}
}

func (d *decoder) processLinux(p *specs.Process, key string) {
	switch key {
	case "capabilities":
		p.Capabilities = decodePointer(d, (*decoder).capabilities)
	case "rlimits":
		p.Rlimits = decodeList(d, (*decoder).rlimit)
	case "noNewPrivileges":
		d.bool(&p.NoNewPrivileges)
	case "apparmorProfile":
		d.string(&p.ApparmorProfile)
	case "oomScoreAdj":
		p.OOMScoreAdj = decodePointer(d, (*decoder).int)
	case "scheduler":
		p.Scheduler = decodePointer(d, (*decoder).scheduler)
	case "selinuxLabel":
		d.string(&p.SelinuxLabel)
	case "ioPriority":
		p.IOPriority = decodePointer(d, (*decoder).ioPriority)
	case "execCPUAffinity":
		p.ExecCPUAffinity = decodePointer(d, (*decoder).cpuAffinity)
	default:
		d.skip()
	}
}

func (d *decoder) box(b *specs.Box) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "height":
			d.uint(&b.Height)
		case "width":
			d.uint(&b.Width)
		default:
			d.skip()
		}
	}
}

func (d *decoder) user(u *specs.User) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "uid":
			d.uint32(&u.UID)
		case "gid":
			d.uint32(&u.GID)
		case "umask":
			u.Umask = decodePointer(d, (*decoder).uint32)
		case "additionalGids":
			u.AdditionalGids = decodeList(d, (*decoder).uint32)
		case "username":
			d.string(&u.Username)
		default:
			d.skip()
		}
	}
}

func (d *decoder) capabilities(c *specs.LinuxCapabilities) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "bounding":
			d.strings(&c.Bounding)
		case "effective":
			d.strings(&c.Effective)
		case "inheritable":
			d.strings(&c.Inheritable)
		case "permitted":
			d.strings(&c.Permitted)
		case "ambient":
			d.strings(&c.Ambient)
		default:
			d.skip()
		}
	}
}

func (d *decoder) rlimit(r *specs.POSIXRlimit) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "type":
			d.string(&r.Type)
		case "hard":
			d.uint64(&r.Hard)
		case "soft":
			d.uint64(&r.Soft)
		default:
			d.skip()
		}
	}
}

func (d *decoder) scheduler(s *specs.Scheduler) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "policy":
			decodeString(d, &s.Policy)
		case "nice":
			d.int32(&s.Nice)
		case "priority":
			d.int32(&s.Priority)
		case "flags":
			s.Flags = stringList[specs.LinuxSchedulerFlag](d)
		case "runtime":
			d.uint64(&s.Runtime)
		case "deadline":
			d.uint64(&s.Deadline)
		case "period":
			d.uint64(&s.Period)
		default:
			d.skip()
		}
	}
}

func (d *decoder) ioPriority(p *specs.LinuxIOPriority) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "class":
			decodeString(d, &p.Class)
		case "priority":
			d.int(&p.Priority)
		default:
			d.skip()
		}
	}
}

func (d *decoder) cpuAffinity(c *specs.CPUAffinity) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "initial":
			d.string(&c.Initial)
		case "final":
			d.string(&c.Final)
		default:
			d.skip()
		}
	}
}
