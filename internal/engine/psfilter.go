package engine

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
)

// containerFilters are docker's of ps.
var containerFilters = [...]string{
	"ancestor", "annotation", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network", "publish", "since", "status", "volume",
}

// test says whether a container is to be listed.
type test func(c *Container) bool

// containerFilter makes one test of docker's filters: all names must fit, of each any value.
func (e *Engine) containerFilter(f Filters) (test, error) {
	if len(f) == 0 {
		return func(*Container) bool { return true }, nil
	}
	if err := f.Check(containerFilters[:]...); err != nil {
		return nil, err
	}
	var tests []test
	for _, make := range [...]func(Filters) (test, error){
		byID, byName, byLabel, byExit, byStatus, byHealth, byTask, byPorts, byPlace, e.byAge, e.byAncestor,
	} {
		t, err := make(f)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return func(c *Container) bool {
		return !slices.ContainsFunc(tests, func(t test) bool { return !t(c) })
	}, nil
}

// matcher compiles the expressions of a filter; what is none is taken literally, as docker does.
func matcher(f Filters, name string) func(text string) bool {
	var list []*regexp.Regexp
	for _, v := range f[name] {
		r, err := regexp.Compile(v)
		if err != nil {
			r = regexp.MustCompile("^" + regexp.QuoteMeta(v) + "$")
		}
		list = append(list, r)
	}
	return func(text string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(r *regexp.Regexp) bool { return r.MatchString(text) })
	}
}

func byID(f Filters) (test, error) {
	match := matcher(f, "id")
	return func(c *Container) bool { return match(c.ID) }, nil
}

// byName tries a name with and without the slash that docker puts before it.
func byName(f Filters) (test, error) {
	match := matcher(f, "name")
	return func(c *Container) bool {
		return match(c.Name) || match("/"+c.Name)
	}, nil
}

func byLabel(f Filters) (test, error) {
	return func(c *Container) bool {
		return f.Labels("label", c.Config.Labels) && f.Labels("annotation", c.Host.Annotations)
	}, nil
}

func byExit(f Filters) (test, error) {
	for _, v := range f["exited"] {
		if _, err := strconv.Atoi(v); err != nil {
			return nil, badFilter("exited", v)
		}
	}
	return func(c *Container) bool {
		return f.Any("exited", func(v string) bool {
			return c.Status != folder.Running && !c.Started.IsZero() && strconv.Itoa(c.ExitCode) == v
		})
	}, nil
}

// oneOf refuses a value that is none of docker's.
func oneOf(f Filters, name string, known ...string) error {
	for _, v := range f[name] {
		if !slices.Contains(known, v) {
			return badFilter(name, v)
		}
	}
	return nil
}

func byStatus(f Filters) (test, error) {
	err := oneOf(f, "status", "created", "restarting", "running", "removing", "paused", "exited", "dead")
	return func(c *Container) bool { return f.Is("status", c.Word()) }, err
}

func byHealth(f Filters) (test, error) {
	err := oneOf(f, "health", "starting", "healthy", "unhealthy", "none")
	return func(c *Container) bool {
		if c.Health == nil {
			return f.Is("health", "none")
		}
		return f.Is("health", c.Health.Status)
	}, err
}

// byTask: no container here is a task of a swarm, and all have Linux's only isolation.
func byTask(f Filters) (test, error) {
	tasks, err := f.Bool("is-task")
	return func(*Container) bool { return (tasks == nil || !*tasks) && f.Is("isolation", "", "default") }, err
}

// byPlace looks at networks and mounts.
func byPlace(f Filters) (test, error) {
	return func(c *Container) bool {
		nets := []string{c.Host.NetworkMode}
		for _, n := range c.Record.Networks {
			nets = append(nets, n.NetworkName, n.Network)
		}
		var places []string
		for _, m := range c.Mounts {
			places = append(places, m.Source, m.Destination)
		}
		return f.Is("network", nets...) && f.Is("volume", places...)
	}, nil
}

// byAge looks at before and since, which name containers.
func (e *Engine) byAge(f Filters) (test, error) {
	var tests []test
	for _, name := range [...]string{"before", "since"} {
		for _, v := range f[name] {
			_, other, err := e.get(v)
			if err != nil {
				return nil, err
			}
			at := other.Record.Created
			tests = append(tests, func(c *Container) bool {
				if name == "before" {
					return c.Created.Before(at)
				}
				return c.Created.After(at)
			})
		}
	}
	return func(c *Container) bool { return !slices.ContainsFunc(tests, func(t test) bool { return !t(c) }) }, nil
}

// byAncestor wants the layers of an image below a container's own. An image that isn't
// there is nobody's ancestor.
func (e *Engine) byAncestor(f Filters) (test, error) {
	if !f.Has("ancestor") {
		return func(*Container) bool { return true }, nil
	}
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	var ids []string
	var layers [][]string
	for _, v := range f["ancestor"] {
		if i, err := s.Find(v); err == nil {
			ids, layers = append(ids, i.ID.String()), append(layers, s.Layers(&i.Config))
		}
	}
	return func(c *Container) bool {
		return slices.Contains(ids, c.Image) || slices.ContainsFunc(layers, func(below []string) bool {
			n := len(c.Layers) - len(below)
			return n >= 0 && len(below) > 0 && slices.Equal(c.Layers[n:], below)
		})
	}, nil
}

// portRange is what publish and expose name: PORT[-PORT][/PROTOCOL].
type portRange struct {
	first, last int
	proto       string
}

func portRanges(f Filters, name string) (list []portRange, err error) {
	for _, v := range f[name] {
		ports, proto, has := strings.Cut(v, "/")
		if !has {
			proto = "tcp"
		}
		from, to, ranged := strings.Cut(ports, "-")
		if !ranged {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 16)
		last, err2 := strconv.ParseUint(to, 10, 16)
		if err != nil || err2 != nil || first > last || proto != "tcp" && proto != "udp" && proto != "sctp" {
			return nil, badFilter(name, v)
		}
		list = append(list, portRange{int(first), int(last), proto})
	}
	return list, nil
}

// byPorts: publish fits a port of the host, expose one of the container.
func byPorts(f Filters) (test, error) {
	publish, err := portRanges(f, "publish")
	if err != nil {
		return nil, err
	}
	expose, err := portRanges(f, "expose")
	return func(c *Container) bool {
		ports := c.Ports()
		has := func(ranges []portRange, number func(p *Port) int) bool {
			return len(ranges) == 0 || slices.ContainsFunc(ranges, func(r portRange) bool {
				return slices.ContainsFunc(ports, func(p Port) bool {
					n := number(&p)
					return p.Proto == r.proto && n >= r.first && n <= r.last
				})
			})
		}
		return has(publish, func(p *Port) int { return p.Host }) && has(expose, func(p *Port) int { return p.Container })
	}, err
}
