package oci

import (
	"io/fs"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func (d *decoder) linux(l *specs.Linux) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "uidMappings":
			l.UIDMappings = decodeList(d, (*decoder).idMapping)
		case "gidMappings":
			l.GIDMappings = decodeList(d, (*decoder).idMapping)
		case "sysctl":
			l.Sysctl = decodeMap(d, (*decoder).string)
		case "resources":
			l.Resources = decodePointer(d, (*decoder).resources)
		case "cgroupsPath":
			d.string(&l.CgroupsPath)
		case "namespaces":
			l.Namespaces = decodeList(d, (*decoder).namespace)
		case "devices":
			l.Devices = decodeList(d, (*decoder).device)
		case "netDevices":
			l.NetDevices = decodeMap(d, (*decoder).netDevice)
		case "seccomp":
			l.Seccomp = decodePointer(d, (*decoder).seccomp)
		default:
			d.linuxRest(l, o.key)
		}
	}
}

func (d *decoder) linuxRest(l *specs.Linux, key string) {
	switch key {
	case "rootfsPropagation":
		d.string(&l.RootfsPropagation)
	case "maskedPaths":
		d.strings(&l.MaskedPaths)
	case "readonlyPaths":
		d.strings(&l.ReadonlyPaths)
	case "mountLabel":
		d.string(&l.MountLabel)
	case "intelRdt":
		l.IntelRdt = decodePointer(d, (*decoder).intelRdt)
	case "memoryPolicy":
		l.MemoryPolicy = decodePointer(d, (*decoder).memoryPolicy)
	case "personality":
		l.Personality = decodePointer(d, (*decoder).personality)
	case "timeOffsets":
		l.TimeOffsets = decodeMap(d, (*decoder).timeOffset)
	default:
		d.skip()
	}
}

func (d *decoder) namespace(n *specs.LinuxNamespace) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "type":
			decodeString(d, &n.Type)
		case "path":
			d.string(&n.Path)
		default:
			d.skip()
		}
	}
}

func (d *decoder) device(v *specs.LinuxDevice) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "path":
			d.string(&v.Path)
		case "type":
			d.string(&v.Type)
		case "major":
			d.int64(&v.Major)
		case "minor":
			d.int64(&v.Minor)
		case "fileMode":
			v.FileMode = decodePointer(d, decodeUint32[fs.FileMode])
		case "uid":
			v.UID = decodePointer(d, (*decoder).uint32)
		case "gid":
			v.GID = decodePointer(d, (*decoder).uint32)
		default:
			d.skip()
		}
	}
}

func (d *decoder) netDevice(n *specs.LinuxNetDevice) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "name":
			d.string(&n.Name)
		default:
			d.skip()
		}
	}
}

func (d *decoder) intelRdt(r *specs.LinuxIntelRdt) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "closID":
			d.string(&r.ClosID)
		case "schemata":
			d.strings(&r.Schemata)
		case "l3CacheSchema":
			d.string(&r.L3CacheSchema)
		case "memBwSchema":
			d.string(&r.MemBwSchema)
		case "enableMonitoring":
			d.bool(&r.EnableMonitoring)
		default:
			d.skip()
		}
	}
}

func (d *decoder) memoryPolicy(m *specs.LinuxMemoryPolicy) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "mode":
			decodeString(d, &m.Mode)
		case "nodes":
			d.string(&m.Nodes)
		case "flags":
			m.Flags = stringList[specs.MemoryPolicyFlagType](d)
		default:
			d.skip()
		}
	}
}

func (d *decoder) personality(p *specs.LinuxPersonality) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "domain":
			decodeString(d, &p.Domain)
		case "flags":
			p.Flags = stringList[specs.LinuxPersonalityFlag](d)
		default:
			d.skip()
		}
	}
}

func (d *decoder) timeOffset(t *specs.LinuxTimeOffset) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "secs":
			d.int64(&t.Secs)
		case "nanosecs":
			d.uint32(&t.Nanosecs)
		default:
			d.skip()
		}
	}
}

func (d *decoder) seccomp(s *specs.LinuxSeccomp) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "defaultAction":
			decodeString(d, &s.DefaultAction)
		case "defaultErrnoRet":
			s.DefaultErrnoRet = decodePointer(d, (*decoder).uint)
		case "architectures":
			s.Architectures = stringList[specs.Arch](d)
		case "flags":
			s.Flags = stringList[specs.LinuxSeccompFlag](d)
		case "listenerPath":
			d.string(&s.ListenerPath)
		case "listenerMetadata":
			d.string(&s.ListenerMetadata)
		case "syscalls":
			s.Syscalls = decodeList(d, (*decoder).syscall)
		default:
			d.skip()
		}
	}
}

func (d *decoder) syscall(s *specs.LinuxSyscall) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "names":
			d.strings(&s.Names)
		case "action":
			decodeString(d, &s.Action)
		case "errnoRet":
			s.ErrnoRet = decodePointer(d, (*decoder).uint)
		case "args":
			s.Args = decodeList(d, (*decoder).seccompArg)
		default:
			d.skip()
		}
	}
}

func (d *decoder) seccompArg(a *specs.LinuxSeccompArg) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "index":
			d.uint(&a.Index)
		case "value":
			d.uint64(&a.Value)
		case "valueTwo":
			d.uint64(&a.ValueTwo)
		case "op":
			decodeString(d, &a.Op)
		default:
			d.skip()
		}
	}
}
