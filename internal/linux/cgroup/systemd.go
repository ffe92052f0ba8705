package cgroup

import (
	"errors"
	"strings"

	"bantam/internal/linux/cgroup/device"
	"bantam/internal/linux/cgroup/systemd"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// unit is the systemd driver's part of a group. Its methods work on nil, where
// the driver is cgroupfs.
type unit struct {
	name, slice string
	bus         []string // addresses; nil: the usual ones
	extra       []systemd.Property
	conn        *systemd.Conn
	version     int
	keeper      *keeper
	started     bool
}

func (g *Group) nameUnit(c Config) error {
	if c.Bus == nil && !systemd.Running() {
		return errors.New("the systemd cgroup driver was asked for but systemd is not running here (there is no /run/systemd/system): leave out --systemd-cgroup")
	}
	if c.Rootless && g.host.Mode != V2 {
		return errors.New("the systemd cgroup driver works without root only on cgroup v2")
	}
	slice, name, err := systemd.SplitPath(c.Path, c.ID, c.Rootless)
	if err != nil {
		return err
	}
	extra, err := systemd.FromAnnotations(c.Annotations)
	if err != nil {
		return err
	}
	g.state.Unit, g.state.Slice = name, slice
	g.unit = &unit{name: name, slice: slice, bus: c.Bus, extra: extra}
	path, err := systemd.ExpandSlice(slice)
	if err != nil {
		return err
	}
	g.placeUnit(strings.TrimSuffix(path, "/") + "/" + name)
	return nil
}

func (g *Group) placeUnit(path string) {
	g.state.Members = make([]Member, len(g.host.Hierarchies))
	for i := range g.host.Hierarchies {
		h := &g.host.Hierarchies[i]
		g.state.Members[i] = Member{h.Controllers, h.Mount + path}
	}
}

// connect dials systemd once.
func (u *unit) connect(user bool) (*systemd.Conn, error) {
	if u.conn != nil {
		return u.conn, nil
	}
	bus := u.bus
	switch {
	case bus != nil:
	case user:
		bus = systemd.UserBus()
	default:
		bus = systemd.SystemBus()
	}
	c, err := systemd.Dial(bus...)
	if err != nil {
		return nil, err
	}
	if u.version, err = c.Version(); err != nil {
		c.Close()
		return nil, err
	}
	u.conn = c
	return c, nil
}

func (u *unit) release() {
	if u == nil {
		return
	}
	u.keeper.end()
	u.keeper = nil
	if u.conn != nil {
		u.conn.Close()
		u.conn = nil
	}
}

// createUnit starts the unit. A scope is not started without a process, and the
// container's is not there yet: a process that never runs stands in for it until
// [Group.Close].
func (g *Group) createUnit() error {
	u := g.unit
	if u == nil {
		return nil
	}
	c, err := u.connect(g.state.Rootless)
	if err != nil {
		return err
	}
	if g.state.Rootless {
		// The user's manager counts from its own group.
		top, err := c.Get("ControlGroup")
		if err != nil {
			return err
		}
		path, err := systemd.ExpandSlice(u.slice)
		if err != nil {
			return err
		}
		g.placeUnit(clean(top + path + "/" + u.name))
	}
	props, err := u.startProperties(g.state.Mode)
	if err != nil {
		return err
	}
	u.started = true
	return c.StartUnit(u.name, props)
}

func (u *unit) startProperties(mode Mode) ([]systemd.Property, error) {
	props := []systemd.Property{{Name: "Description", Value: systemd.String("bantam container " + u.name)}}
	if strings.HasSuffix(u.name, ".slice") {
		props = append(props, systemd.Property{Name: "Wants", Value: systemd.Strings(u.slice)})
	} else {
		k, err := newKeeper()
		if err != nil {
			return nil, err
		}
		u.keeper = k
		props = append(props,
			systemd.Property{Name: "Slice", Value: systemd.String(u.slice)},
			systemd.Property{Name: "Delegate", Value: systemd.Bool(true)},
			systemd.Property{Name: "PIDs", Value: systemd.PIDs(k.pid)})
	}
	io := "IOAccounting"
	if mode != V2 {
		io = "BlockIOAccounting"
	}
	for _, name := range [...]string{"MemoryAccounting", "CPUAccounting", io, "TasksAccounting"} {
		props = append(props, systemd.Property{Name: name, Value: systemd.Bool(true)})
	}
	props = append(props, systemd.Property{Name: "DefaultDependencies", Value: systemd.Bool(false)})
	return append(props, u.extra...), nil
}

// stopUnit stops the unit after its processes have ended.
func (g *Group) stopUnit() error {
	u := g.unit
	if u == nil || g.host != nil && !u.started {
		return nil
	}
	u.started = false
	c, err := u.connect(g.state.Rootless)
	if err == nil {
		err = c.StopUnit(u.name)
	}
	u.release()
	return err
}

// setUnitDevices tells systemd the rules, or it would lift ours when it reloads.
func (g *Group) setUnitDevices(rules []device.Rule) error {
	if g.unit == nil {
		return nil
	}
	c, err := g.unit.connect(g.state.Rootless)
	if err != nil {
		return err
	}
	props := deviceProperties(rules)
	if g.state.Mode == V2 || g.host != nil {
		return c.SetProperties(g.unit.name, props)
	}
	// On v1 systemd denies everything before it allows again: nobody may look.
	was, err := g.Frozen()
	if err != nil {
		return err
	}
	if was {
		return c.SetProperties(g.unit.name, props)
	}
	if err := g.Freeze(); err != nil {
		return err
	}
	err = c.SetProperties(g.unit.name, props)
	if e := g.Thaw(); err == nil {
		err = e
	}
	return err
}

// setUnitProperties tells systemd those limits that it knows; the files are
// written afterwards, with what systemd has no word for.
func (g *Group) setUnitProperties(r *specs.LinuxResources) error {
	u := g.unit
	if u == nil {
		return nil
	}
	c, err := u.connect(g.state.Rootless)
	if err != nil {
		return err
	}
	var props []systemd.Property
	if g.state.Mode == V2 {
		props, err = propertiesV2(r, u.version, g.unified())
	} else {
		props, err = propertiesV1(r, u.version)
	}
	if err != nil || len(props) == 0 {
		return err
	}
	return c.SetProperties(u.name, props)
}
