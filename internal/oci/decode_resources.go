package oci

import specs "github.com/opencontainers/runtime-spec/specs-go"

func (d *decoder) resources(r *specs.LinuxResources) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "devices":
			r.Devices = decodeList(d, (*decoder).deviceRule)
		case "memory":
			r.Memory = decodePointer(d, (*decoder).memory)
		case "cpu":
			r.CPU = decodePointer(d, (*decoder).cpu)
		case "pids":
			r.Pids = decodePointer(d, (*decoder).pids)
		case "blockIO":
			r.BlockIO = decodePointer(d, (*decoder).blockIO)
		case "hugepageLimits":
			r.HugepageLimits = decodeList(d, (*decoder).hugepageLimit)
		case "network":
			r.Network = decodePointer(d, (*decoder).network)
		case "rdma":
			r.Rdma = decodeMap(d, (*decoder).rdma)
		case "unified":
			r.Unified = decodeMap(d, (*decoder).string)
		default:
			d.skip()
		}
	}
}

func (d *decoder) deviceRule(r *specs.LinuxDeviceCgroup) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "allow":
			d.bool(&r.Allow)
		case "type":
			d.string(&r.Type)
		case "major":
			r.Major = decodePointer(d, (*decoder).int64)
		case "minor":
			r.Minor = decodePointer(d, (*decoder).int64)
		case "access":
			d.string(&r.Access)
		default:
			d.skip()
		}
	}
}

func (d *decoder) memory(m *specs.LinuxMemory) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "limit":
			m.Limit = decodePointer(d, (*decoder).int64)
		case "reservation":
			m.Reservation = decodePointer(d, (*decoder).int64)
		case "swap":
			m.Swap = decodePointer(d, (*decoder).int64)
		case "kernel":
			m.Kernel = decodePointer(d, (*decoder).int64) //nolint:staticcheck // deprecated, and still in use
		case "kernelTCP":
			m.KernelTCP = decodePointer(d, (*decoder).int64)
		case "swappiness":
			m.Swappiness = decodePointer(d, (*decoder).uint64)
		case "disableOOMKiller":
			m.DisableOOMKiller = decodePointer(d, (*decoder).bool)
		case "useHierarchy":
			m.UseHierarchy = decodePointer(d, (*decoder).bool)
		case "checkBeforeUpdate":
			m.CheckBeforeUpdate = decodePointer(d, (*decoder).bool)
		default:
			d.skip()
		}
	}
}

func (d *decoder) cpu(c *specs.LinuxCPU) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "shares":
			c.Shares = decodePointer(d, (*decoder).uint64)
		case "quota":
			c.Quota = decodePointer(d, (*decoder).int64)
		case "burst":
			c.Burst = decodePointer(d, (*decoder).uint64)
		case "period":
			c.Period = decodePointer(d, (*decoder).uint64)
		case "realtimeRuntime":
			c.RealtimeRuntime = decodePointer(d, (*decoder).int64)
		case "realtimePeriod":
			c.RealtimePeriod = decodePointer(d, (*decoder).uint64)
		case "cpus":
			d.string(&c.Cpus)
		case "mems":
			d.string(&c.Mems)
		case "idle":
			c.Idle = decodePointer(d, (*decoder).int64)
		default:
			d.skip()
		}
	}
}

func (d *decoder) pids(p *specs.LinuxPids) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "limit":
			p.Limit = decodePointer(d, (*decoder).int64)
		default:
			d.skip()
		}
	}
}

func (d *decoder) blockIO(b *specs.LinuxBlockIO) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "weight":
			b.Weight = decodePointer(d, (*decoder).uint16)
		case "leafWeight":
			b.LeafWeight = decodePointer(d, (*decoder).uint16)
		case "weightDevice":
			b.WeightDevice = decodeList(d, (*decoder).weightDevice)
		case "throttleReadBpsDevice":
			b.ThrottleReadBpsDevice = decodeList(d, (*decoder).throttleDevice)
		case "throttleWriteBpsDevice":
			b.ThrottleWriteBpsDevice = decodeList(d, (*decoder).throttleDevice)
		case "throttleReadIOPSDevice":
			b.ThrottleReadIOPSDevice = decodeList(d, (*decoder).throttleDevice)
		case "throttleWriteIOPSDevice":
			b.ThrottleWriteIOPSDevice = decodeList(d, (*decoder).throttleDevice)
		default:
			d.skip()
		}
	}
}

func (d *decoder) weightDevice(w *specs.LinuxWeightDevice) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "major":
			d.int64(&w.Major)
		case "minor":
			d.int64(&w.Minor)
		case "weight":
			w.Weight = decodePointer(d, (*decoder).uint16)
		case "leafWeight":
			w.LeafWeight = decodePointer(d, (*decoder).uint16)
		default:
			d.skip()
		}
	}
}

func (d *decoder) throttleDevice(t *specs.LinuxThrottleDevice) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "major":
			d.int64(&t.Major)
		case "minor":
			d.int64(&t.Minor)
		case "rate":
			d.uint64(&t.Rate)
		default:
			d.skip()
		}
	}
}

func (d *decoder) hugepageLimit(h *specs.LinuxHugepageLimit) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "pageSize":
			d.string(&h.Pagesize)
		case "limit":
			d.uint64(&h.Limit)
		default:
			d.skip()
		}
	}
}

func (d *decoder) network(n *specs.LinuxNetwork) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "classID":
			n.ClassID = decodePointer(d, (*decoder).uint32)
		case "priorities":
			n.Priorities = decodeList(d, (*decoder).interfacePriority)
		default:
			d.skip()
		}
	}
}

func (d *decoder) interfacePriority(p *specs.LinuxInterfacePriority) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "name":
			d.string(&p.Name)
		case "priority":
			d.uint32(&p.Priority)
		default:
			d.skip()
		}
	}
}

func (d *decoder) rdma(r *specs.LinuxRdma) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "hcaHandles":
			r.HcaHandles = decodePointer(d, (*decoder).uint32)
		case "hcaObjects":
			r.HcaObjects = decodePointer(d, (*decoder).uint32)
		default:
			d.skip()
		}
	}
}
