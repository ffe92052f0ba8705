package oci

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Validate checks a spec as far as the spec alone can tell: what must be there
// is there, every value of an enumeration is known, and nothing contradicts
// another thing. What depends on the machine shows when the plan is compiled or run.
// Where callers of runc may look for its words, they are runc's.
func Validate(s *specs.Spec) error {
	return first(
		version(s.Version),
		root(s.Root),
		ValidateProcess(s.Process),
		mounts(s),
		hooks(s.Hooks),
		names(s),
		linux(s.Linux, s.Domainname),
	)
}

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func quote(s string) string { return strconv.Quote(s) }

// at names the element of a list.
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// version takes every 1.x: minor versions add, and what is unknown is to be ignored (SemVer).
func version(v string) error {
	if v == "" {
		return errors.New("ociVersion must be specified")
	}
	rest, ok := strings.CutPrefix(v, "1.")
	minor, patch, dotted := strings.Cut(rest, ".")
	if !ok || !dotted || !digits(minor) || patch == "" || patch[0] < '0' || patch[0] > '9' {
		return errors.New("ociVersion " + quote(v) + " is not supported: it must be 1.x.y")
	}
	return nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func root(r *specs.Root) error {
	if r == nil {
		return errors.New("root must be specified")
	}
	if r.Path == "" {
		return errors.New("root.path must not be empty")
	}
	return nil
}

func mounts(s *specs.Spec) error {
	for i := range s.Mounts {
		if err := mount(&s.Mounts[i], s.Linux); err != nil {
			return errors.New(at("mounts", i) + ": " + err.Error())
		}
	}
	return nil
}

// fakesProc: a folder bound to /proc would stand for it (CVE-2019-16884, CVE-2023-28642).
func fakesProc(m *specs.Mount) bool {
	bound := m.Type == "bind" || slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind")
	return bound && path.Clean("/"+m.Destination) == "/proc" && path.Clean(m.Source) != "/proc"
}

// mount takes a relative destination too: it is then below the root, for old
// tools (runtime-spec, config.md, "Mounts").
func mount(m *specs.Mount, l *specs.Linux) error {
	if m.Destination == "" {
		return errors.New("destination must not be empty")
	}
	if fakesProc(m) {
		return errors.New("only the host's /proc can be bound to /proc, not " + quote(m.Source))
	}
	if (len(m.UIDMappings) == 0) != (len(m.GIDMappings) == 0) {
		return errors.New("uidMappings and gidMappings must be specified together")
	}
	for _, option := range m.Options {
		if (option == "idmap" || option == "ridmap") && len(m.UIDMappings) == 0 && namespaceOf(l, specs.UserNamespace) == nil {
			return errors.New("option " + option + " needs uidMappings and gidMappings or a user namespace")
		}
	}
	return first(mappings("uidMappings", m.UIDMappings), mappings("gidMappings", m.GIDMappings))
}

func mappings(name string, list []specs.LinuxIDMapping) error {
	for i, m := range list {
		if m.Size == 0 {
			return errors.New(at(name, i) + ".size must not be 0")
		}
		if m.ContainerID+m.Size-1 < m.ContainerID || m.HostID+m.Size-1 < m.HostID {
			return errors.New(at(name, i) + " goes beyond 4294967295")
		}
	}
	return nil
}

func hooks(h *specs.Hooks) error {
	if h == nil {
		return nil
	}
	return first(
		hookList("hooks.prestart", h.Prestart), //nolint:staticcheck // deprecated, and still in use
		hookList("hooks.createRuntime", h.CreateRuntime),
		hookList("hooks.createContainer", h.CreateContainer),
		hookList("hooks.startContainer", h.StartContainer),
		hookList("hooks.poststart", h.Poststart),
		hookList("hooks.poststop", h.Poststop),
	)
}

func hookList(name string, list []specs.Hook) error {
	for i := range list {
		if !strings.HasPrefix(list[i].Path, "/") {
			return errors.New(at(name, i) + ".path " + quote(list[i].Path) + " must be an absolute path")
		}
		if list[i].Timeout != nil && *list[i].Timeout <= 0 {
			return errors.New(at(name, i) + ".timeout must be greater than 0")
		}
	}
	return nil
}

func names(s *specs.Spec) error {
	if namespaceOf(s.Linux, specs.UTSNamespace) != nil {
		return nil
	}
	if s.Hostname != "" {
		return errors.New("unable to set hostname without a private UTS namespace")
	}
	if s.Domainname != "" {
		return errors.New("unable to set domainname without a private UTS namespace")
	}
	return nil
}

// namespaceOf finds a namespace of the spec, new or joined.
func namespaceOf(l *specs.Linux, t specs.LinuxNamespaceType) *specs.LinuxNamespace {
	if l == nil {
		return nil
	}
	for i := range l.Namespaces {
		if l.Namespaces[i].Type == t {
			return &l.Namespaces[i]
		}
	}
	return nil
}
