// Package oci reads and checks the documents of the OCI runtime specification
// (runtime-spec 1.3, Linux): config.json, the process of exec, the resources of
// update. It does no I/O.
//
// The decoder is written by hand, one function per object: it reads Docker's
// config.json in a fraction of the time that reflection takes, and a start
// waits for it. Unknown members are skipped, as the spec demands; the sections
// of other systems (solaris, windows, vm, zos, freebsd) are skipped too.
package oci

import specs "github.com/opencontainers/runtime-spec/specs-go"

// DecodeSpec reads a config.json. The result points into b, which must not be changed afterwards.
func DecodeSpec(b []byte) (*specs.Spec, error) { return decodeDocument(b, (*decoder).spec) }

// DecodeProcess reads the process of `exec --process`, under the same condition as DecodeSpec.
func DecodeProcess(b []byte) (*specs.Process, error) { return decodeDocument(b, (*decoder).process) }

// DecodeResources reads the resources of `update --resources`, under the same condition as DecodeSpec.
func DecodeResources(b []byte) (*specs.LinuxResources, error) {
	return decodeDocument(b, (*decoder).resources)
}

// DecodeState reads a container's state, under the same condition as DecodeSpec.
func DecodeState(b []byte) (*specs.State, error) { return decodeDocument(b, (*decoder).state) }

func decodeDocument[T any](b []byte, decode func(*decoder, *T)) (*T, error) {
	d := newDecoder(b)
	if d.peek() != '{' {
		d.mismatch("an object")
	}
	v := new(T)
	decode(d, v)
	if err := d.finish(); err != nil {
		return nil, err
	}
	return v, nil
}

func (d *decoder) spec(s *specs.Spec) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "ociVersion":
			d.string(&s.Version)
		case "process":
			s.Process = decodePointer(d, (*decoder).process)
		case "root":
			s.Root = decodePointer(d, (*decoder).root)
		case "hostname":
			d.string(&s.Hostname)
		case "domainname":
			d.string(&s.Domainname)
		case "mounts":
			s.Mounts = decodeList(d, (*decoder).mount)
		case "hooks":
			s.Hooks = decodePointer(d, (*decoder).hooks)
		case "annotations":
			s.Annotations = decodeMap(d, (*decoder).string)
		case "linux":
			s.Linux = decodePointer(d, (*decoder).linux)
		default:
			d.skip()
		}
	}
}

func (d *decoder) root(r *specs.Root) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "path":
			d.string(&r.Path)
		case "readonly":
			d.bool(&r.Readonly)
		default:
			d.skip()
		}
	}
}

func (d *decoder) mount(m *specs.Mount) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "destination":
			d.string(&m.Destination)
		case "type":
			d.string(&m.Type)
		case "source":
			d.string(&m.Source)
		case "options":
			d.strings(&m.Options)
		case "uidMappings":
			m.UIDMappings = decodeList(d, (*decoder).idMapping)
		case "gidMappings":
			m.GIDMappings = decodeList(d, (*decoder).idMapping)
		default:
			d.skip()
		}
	}
}

func (d *decoder) idMapping(m *specs.LinuxIDMapping) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "containerID":
			d.uint32(&m.ContainerID)
		case "hostID":
			d.uint32(&m.HostID)
		case "size":
			d.uint32(&m.Size)
		default:
			d.skip()
		}
	}
}

func (d *decoder) hooks(h *specs.Hooks) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "prestart":
			h.Prestart = decodeList(d, (*decoder).hook) //nolint:staticcheck // deprecated, and still in use
		case "createRuntime":
			h.CreateRuntime = decodeList(d, (*decoder).hook)
		case "createContainer":
			h.CreateContainer = decodeList(d, (*decoder).hook)
		case "startContainer":
			h.StartContainer = decodeList(d, (*decoder).hook)
		case "poststart":
			h.Poststart = decodeList(d, (*decoder).hook)
		case "poststop":
			h.Poststop = decodeList(d, (*decoder).hook)
		default:
			d.skip()
		}
	}
}

func (d *decoder) hook(h *specs.Hook) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "path":
			d.string(&h.Path)
		case "args":
			d.strings(&h.Args)
		case "env":
			d.strings(&h.Env)
		case "timeout":
			h.Timeout = decodePointer(d, (*decoder).int)
		default:
			d.skip()
		}
	}
}

func (d *decoder) state(s *specs.State) {
	for o := d.object(); d.member(&o); {
		switch o.key {
		case "ociVersion":
			d.string(&s.Version)
		case "id":
			d.string(&s.ID)
		case "status":
			decodeString(d, &s.Status)
		case "pid":
			d.int(&s.Pid)
		case "bundle":
			d.string(&s.Bundle)
		case "annotations":
			s.Annotations = decodeMap(d, (*decoder).string)
		default:
			d.skip()
		}
	}
}
