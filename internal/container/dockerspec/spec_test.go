package dockerspec

import (
	"slices"
	"strings"
	"testing"

	"bantam/internal/container/folder"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func input(change func(r *folder.Record)) Input {
	r := &folder.Record{ID: strings.Repeat("ab", 32), Path: "/bin/true", Config: folder.Config{Hostname: "nest"}, Host: folder.HostConfig{NetworkMode: "none"}}
	change(r)
	return Input{Record: r, Folder: folder.Folder{Dir: "/root/containers/" + r.ID}, Home: "/home"}
}

func made(t *testing.T, in Input) *specs.Spec {
	t.Helper()
	s, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCapabilities(t *testing.T) {
	def := defaultCapabilities[:]
	for _, c := range []struct {
		privileged bool
		add, drop  []string
		want       []string
	}{
		{want: def},
		{privileged: true, drop: []string{"ALL"}, want: AllCapabilities()},
		{add: []string{"sys_admin"}, want: append(slices.Clone(def), "CAP_SYS_ADMIN")},
		{add: []string{"CAP_CHOWN"}, want: def},
		{drop: []string{"all"}, want: nil},
		{add: []string{"KILL"}, drop: []string{"ALL"}, want: []string{"CAP_KILL"}},
		{add: []string{"ALL"}, drop: []string{"chown"}, want: AllCapabilities()[1:]},
	} {
		got, err := Capabilities(c.privileged, c.add, c.drop)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("privileged %v add %v drop %v: %v, %v", c.privileged, c.add, c.drop, got, err)
		}
	}
	if _, err := Capabilities(false, nil, []string{"fly"}); err == nil || err.Error() != `invalid CapDrop: unknown capability: "CAP_FLY"` {
		t.Errorf("unknown capability: %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	in := input(func(r *folder.Record) {
		r.Config.Env = []string{"A=1", "PATH=/p", "A=2", "HOSTNAME"}
		r.Config.Tty = true
	})
	want := []string{"PATH=/p", "TERM=xterm", "A=2", "HOME=/home"}
	if got := environment(in); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	in.Record.Config.Env = []string{"HOME=/mine"}
	if got := environment(in); slices.Contains(got, "HOME=/home") {
		t.Errorf("HOME of the image's passwd replaced the user's: %q", got)
	}
}

func TestSecurity(t *testing.T) {
	for opts, want := range map[string]Security{
		"no-new-privileges":                 {NoNewPrivileges: true},
		"no-new-privileges:true":            {NoNewPrivileges: true},
		"no-new-privileges=false":           {},
		"seccomp=unconfined":                {Unconfined: true},
		"seccomp:/p.json":                   {ProfilePath: "/p.json"},
		"seccomp=unconfined seccomp=/a":     {ProfilePath: "/a"},
		"seccomp=/a seccomp=builtin":        {},
		"seccomp=/a no-new-privileges=true": {ProfilePath: "/a", NoNewPrivileges: true},
	} {
		if got, err := ParseSecurity(strings.Fields(opts)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", opts, got, err)
		}
	}
	// An unknown value is an error, never "off" (GHSA-7236-3392-c5c6).
	for _, bad := range []string{"seccomp", "seccomp=", "no-new-privileges=maybe", "apparmor=", "label=", "systempaths=x", ""} {
		if got, err := ParseSecurity([]string{bad}); err == nil {
			t.Errorf("%q: %+v, want an error", bad, got)
		}
	}
}

func TestDefaults(t *testing.T) {
	s := made(t, input(func(*folder.Record) {}))
	c := s.Process.Capabilities
	if len(c.Effective) != 14 || len(c.Inheritable) != 0 || len(c.Ambient) != 0 {
		t.Errorf("capabilities %+v", c)
	}
	if s.Linux.Seccomp == nil || len(s.Linux.MaskedPaths) == 0 || len(s.Linux.ReadonlyPaths) == 0 || s.Process.Cwd != "/" {
		t.Errorf("default spec lacks seccomp, masks or a working directory: %+v", s.Process)
	}
	if n := len(s.Linux.Namespaces); n != 6 {
		t.Errorf("%d namespaces, want 6", n)
	}
	if d := s.Linux.Resources.Devices; d[0].Allow || d[0].Access != "rwm" {
		t.Errorf("the first device rule must deny all: %+v", d[0])
	}
	for _, m := range s.Mounts {
		if strings.HasPrefix(m.Destination, "/sys") && !slices.Contains(m.Options, "ro") {
			t.Errorf("%s is writable", m.Destination)
		}
	}
}

func TestUserHoldsNoCapabilities(t *testing.T) {
	in := input(func(*folder.Record) {})
	in.User.UID = 1000
	c := made(t, in).Process.Capabilities
	if len(c.Effective)+len(c.Permitted) != 0 || len(c.Bounding) != 14 {
		t.Errorf("capabilities %+v", c)
	}
}

func TestOptions(t *testing.T) {
	s := made(t, input(func(r *folder.Record) {
		r.Host = folder.HostConfig{
			NetworkMode: "host", ReadonlyRootfs: true,
			Resources:   folder.Resources{Memory: 64 << 20, NanoCpus: 1_500_000_000, PidsLimit: -1},
			Tmpfs:       map[string]string{"/run": "size=1m"},
			SecurityOpt: []string{"seccomp=unconfined", "no-new-privileges"},
		}
		r.Mounts = []folder.Mount{{Source: "/h", Destination: "/run/deep", ReadOnly: true}, {Source: "/x", Destination: "/etc/hosts"}}
	}))
	for _, n := range s.Linux.Namespaces {
		if n.Type == specs.NetworkNamespace {
			t.Error("network host got a network namespace")
		}
	}
	if s.Linux.Sysctl != nil {
		t.Error("network host must not change the host's sysctls")
	}
	r := s.Linux.Resources
	if *r.Memory.Limit != 64<<20 || r.Memory.Swap != nil || *r.CPU.Quota != 150000 || *r.Pids.Limit != -1 {
		t.Errorf("resources %+v", r)
	}
	if s.Linux.Seccomp != nil || !s.Process.NoNewPrivileges || !s.Root.Readonly {
		t.Error("security options were not applied")
	}
	at := func(to, source string) int {
		return slices.IndexFunc(s.Mounts, func(m specs.Mount) bool { return m.Destination == to && m.Source == source })
	}
	if at("/etc/hosts", "/x") < 0 || at("/run", "tmpfs") > at("/run/deep", "/h") {
		t.Errorf("mounts out of order: %+v", s.Mounts)
	}
	if n := len(slices.DeleteFunc(slices.Clone(s.Mounts), func(m specs.Mount) bool { return m.Destination != "/etc/hosts" })); n != 1 {
		t.Errorf("/etc/hosts is mounted %d times", n)
	}
}

func TestPrivileged(t *testing.T) {
	in := input(func(r *folder.Record) { r.Host.Privileged = true })
	in.Host.Devices = []specs.LinuxDevice{{Path: "/dev/kvm", Type: "c", Major: 10, Minor: 232}}
	in.Host.Held = 1<<0 | 1<<21
	s := made(t, in)
	if got := s.Process.Capabilities.Effective; !slices.Equal(got, []string{"CAP_CHOWN", "CAP_SYS_ADMIN"}) {
		t.Errorf("a process that has two capabilities cannot give %v", got)
	}
	if s.Linux.Seccomp != nil || s.Linux.MaskedPaths != nil || len(s.Linux.Devices) != 1 || !s.Linux.Resources.Devices[0].Allow {
		t.Errorf("privileged: %+v", s.Linux)
	}
}
