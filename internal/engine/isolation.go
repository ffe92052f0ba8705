package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"bantam/internal/container/folder"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// fact is one property of a container's isolation.
type fact struct{ topic, text string }

// ExplainName tells how a container, or one that would be made of an image without options, is set apart from
// the host; of a container that failed, also of one of docker's, what went wrong and how to find out more.
func (e *Engine) ExplainName(name string, w io.Writer) error {
	facts, c, err := e.isolation(name)
	if err != nil {
		if c, _ = dockerEnded(name); c == nil {
			return err
		}
	}
	if c != nil {
		fmt.Fprintln(w, strings.Join(c.fate(), "\n"))
	}
	if c != nil && len(facts) > 0 {
		fmt.Fprintln(w)
	}
	for _, f := range facts {
		fmt.Fprintf(w, "%-16s %s\n", f.topic, f.text)
	}
	return nil
}

// ExplainDifference tells in what the isolation of two containers or images differs.
func (e *Engine) ExplainDifference(a, b string, w io.Writer) error {
	left, _, err := e.isolation(a)
	if err != nil {
		return err
	}
	right, _, err := e.isolation(b)
	if err != nil {
		return err
	}
	same := true
	for _, f := range onlyIn(left, right) {
		same = false
		fmt.Fprintf(w, "- %-16s %s\n", f.topic, f.text)
	}
	for _, f := range onlyIn(right, left) {
		same = false
		fmt.Fprintf(w, "+ %-16s %s\n", f.topic, f.text)
	}
	if same {
		fmt.Fprintf(w, "%s and %s are set apart from the host alike.\n", a, b)
	}
	return nil
}

func onlyIn(a, b []fact) (list []fact) {
	for _, f := range a {
		if !slices.Contains(b, f) {
			list = append(list, f)
		}
	}
	return list
}

// isolation are the facts of a container, of bantam's or of another engine's that runs, or of an image where
// no container has the name. The container is nil if it isn't bantam's.
func (e *Engine) isolation(name string) ([]fact, *container, error) {
	_, c, err := e.get(name)
	if err == nil {
		d, err := c.draft()
		if err != nil {
			return nil, nil, err
		}
		list, err := d.facts()
		return list, c, err
	}
	img, missing := e.image(name, "")
	if missing != nil {
		s, other := foreignSpec(name)
		if other != nil {
			return nil, nil, errors.Join(err, other)
		}
		return facts(s, nil), nil, nil
	}
	o := &RunOptions{Image: name}
	if img.Config.Entrypoint == nil && img.Config.Cmd == nil {
		o.Command = []string{"sh"}
	}
	d, err := e.drafted(o)
	if err != nil {
		return nil, nil, err
	}
	list, err := d.facts()
	return list, nil, err
}

func (d *draft) facts() ([]fact, error) {
	s, err := d.spec()
	if err != nil {
		return nil, err
	}
	return facts(s, d.record), nil
}

// facts are what a spec says, in the order in which people ask. The record is nil for another engine's container.
func facts(s *specs.Spec, r *folder.Record) []fact {
	p := s.Process
	list := []fact{
		{"program", strings.Join(p.Args, " ")},
		{"runs as", fmt.Sprintf("%d:%d%s", p.User.UID, p.User.GID, outside(s, p.User.UID))},
	}
	list = append(list, namespaceFacts(s, r)...)
	list = append(list, capabilityFact(p), fact{"system calls", filterText(s.Linux.Seccomp)})
	if p.NoNewPrivileges {
		list = append(list, fact{"no new privileges", "set-uid programs give no rights"})
	}
	if p.ApparmorProfile != "" {
		list = append(list, fact{"AppArmor", p.ApparmorProfile})
	}
	list = append(list,
		fact{"hidden", countText(len(s.Linux.MaskedPaths), "path of /proc and /sys", "paths of /proc and /sys")},
		fact{"read-only", countText(len(s.Linux.ReadonlyPaths), "path of /proc", "paths of /proc")},
	)
	list = append(list, fact{"root", rootText(s, r)})
	list = append(list, mountFacts(s)...)
	list = append(list, limitFacts(s.Linux.Resources)...)
	for _, l := range p.Rlimits {
		list = append(list, fact{"limit", fmt.Sprintf("%s %d:%d", strings.ToLower(strings.TrimPrefix(l.Type, "RLIMIT_")), l.Soft, l.Hard)})
	}
	if n := len(s.Linux.Devices); n > fewDevices {
		return append(list, fact{"devices", strconv.Itoa(n) + " of the host"})
	}
	for _, d := range s.Linux.Devices {
		list = append(list, fact{"device", d.Path})
	}
	return list
}

func rootText(s *specs.Spec, r *folder.Record) string {
	switch {
	case s.Root.Readonly:
		return "read-only"
	case r == nil:
		return "writable"
	}
	return "writable layer over " + countText(len(r.Layers), "folder", "folders")
}

// fewDevices are told one by one.
const fewDevices = 20

// outside says who a container's user is on the host.
func outside(s *specs.Spec, uid uint32) string {
	for _, m := range s.Linux.UIDMappings {
		if uid >= m.ContainerID && uid-m.ContainerID < m.Size {
			return ", on the host " + strconv.FormatUint(uint64(m.HostID)+uint64(uid-m.ContainerID), 10)
		}
	}
	switch {
	case uid == 0 && len(s.Process.Capabilities.Bounding) > 30:
		return ", which is the host's root"
	case uid == 0:
		return ", which is the host's root with fewer capabilities"
	}
	return ", the same on the host"
}

func namespaceFacts(s *specs.Spec, r *folder.Record) (list []fact) {
	modes := map[specs.LinuxNamespaceType]string{}
	if r != nil {
		modes[specs.NetworkNamespace], modes[specs.PIDNamespace] = r.Host.NetworkMode, r.Host.PidMode
		modes[specs.IPCNamespace], modes[specs.UTSNamespace] = r.Host.IpcMode, r.Host.UTSMode
	}
	for _, kind := range [...]specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace, specs.UTSNamespace, specs.CgroupNamespace, specs.UserNamespace,
	} {
		text := "the host's"
		if i := slices.IndexFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind }); i >= 0 {
			text = "its own"
			if s.Linux.Namespaces[i].Path != "" {
				text = "another's"
			}
		}
		if other, ok := strings.CutPrefix(modes[kind], "container:"); ok {
			text = "of container " + other[:min(12, len(other))]
		}
		if mode := modes[kind]; kind == specs.NetworkNamespace && text == "its own" && mode != "" {
			text += ", network " + mode
		}
		list = append(list, fact{string(kind), text})
	}
	return list
}

func capabilityFact(p *specs.Process) fact {
	var names []string
	for _, c := range p.Capabilities.Bounding {
		names = append(names, strings.ToLower(strings.TrimPrefix(c, "CAP_")))
	}
	if len(names) == 0 {
		return fact{"capabilities", "none"}
	}
	sort.Strings(names)
	return fact{"capabilities", strings.Join(names, " ")}
}

func filterText(s *specs.LinuxSeccomp) string {
	if s == nil {
		return "all: no filter"
	}
	allowed := map[string]bool{}
	for _, r := range s.Syscalls {
		if r.Action == specs.ActAllow {
			for _, n := range r.Names {
				allowed[n] = true
			}
		}
	}
	return countText(len(allowed), "is allowed", "are allowed") + ", others: " + strings.ToLower(strings.TrimPrefix(string(s.DefaultAction), "SCMP_ACT_"))
}

// mountFacts are the mounts that not every container has.
func mountFacts(s *specs.Spec) (list []fact) {
	for _, m := range s.Mounts {
		switch m.Type {
		case "proc", "sysfs", "devpts", "mqueue", "cgroup":
			continue
		}
		if m.Destination == "/dev" || m.Destination == "/dev/shm" || strings.HasPrefix(m.Destination, "/etc/") {
			continue
		}
		text := m.Destination + " from " + m.Source
		if slices.Contains(m.Options, "ro") {
			text += ", read-only"
		}
		list = append(list, fact{"mount", text})
	}
	return list
}

func limitFacts(r *specs.LinuxResources) (list []fact) {
	if r == nil {
		return nil
	}
	if r.Memory != nil && r.Memory.Limit != nil {
		list = append(list, fact{"memory", BinarySize(*r.Memory.Limit)})
	}
	if r.CPU != nil && r.CPU.Quota != nil && r.CPU.Period != nil {
		list = append(list, fact{"cpus", strconv.FormatFloat(float64(*r.CPU.Quota)/float64(*r.CPU.Period), 'g', 4, 64)})
	}
	if r.CPU != nil && r.CPU.Cpus != "" {
		list = append(list, fact{"cpus", "only " + r.CPU.Cpus})
	}
	if r.Pids != nil && r.Pids.Limit != nil && *r.Pids.Limit > 0 {
		list = append(list, fact{"processes", strconv.FormatInt(*r.Pids.Limit, 10)})
	}
	return list
}

func countText(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
