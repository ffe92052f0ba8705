// Package dockerspec turns a container's record into the OCI spec that docker
// would have given its runtime: moby's daemon/pkg/oci defaults and
// daemon/oci_linux.go are the reference for the values here.
package dockerspec

import (
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/capability"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Input is everything a spec depends on.
type Input struct {
	Record *folder.Record
	Folder folder.Folder
	User   specs.User
	Home   string // of that user, from the image's passwd
	Host   Host
	// Rows and Cols are the size of the terminal, or 0.
	Rows, Cols uint16
	// Seccomp replaces docker's profile where the user named one.
	Seccomp *specs.LinuxSeccomp
	// Join are the namespaces of other containers that it shares, by path.
	Join map[specs.LinuxNamespaceType]string
	// Names is the folder with its hosts, hostname and resolv.conf: another
	// container's if it shares that one's network.
	Names folder.Folder
	// Devices are the host's device files that it gets, as they are on the host, in the order of the record.
	Devices []specs.LinuxDevice
	// Init is the program that is its process 1 with --init.
	Init string
	// Block are the numbers of the block devices that have limits, by path.
	Block map[string][2]int64
}

// Host is what must be known of the machine.
type Host struct {
	CgroupV2 bool
	// Held are the capabilities that there are to give, one bit each; 0 is all.
	Held     uint64
	AppArmor bool
	Swap     bool // the memory controller counts swap
	Devices  []specs.LinuxDevice
	// ThermalThrottle are the /sys/devices/system/cpu/cpu*/thermal_throttle folders there are.
	ThermalThrottle []string
}

// Make builds the spec.
func Make(in Input) (*specs.Spec, error) {
	r := in.Record
	caps, err := Capabilities(r.Host.Privileged, r.Host.CapAdd, r.Host.CapDrop)
	if err != nil {
		return nil, err
	}
	if r.Host.Privileged || slices.ContainsFunc(r.Host.CapAdd, func(c string) bool { return strings.EqualFold(c, "ALL") }) {
		caps = heldBy(capability.Set(in.Host.Held), caps)
	}
	sec, err := ParseSecurity(r.Host.SecurityOpt)
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{
		Version:     "1.2.1",
		Hostname:    r.Config.Hostname,
		Domainname:  r.Config.Domainname,
		Annotations: r.Host.Annotations,
		Root:        &specs.Root{Path: in.Folder.Path("rootfs"), Readonly: r.Host.ReadonlyRootfs},
		Process:     process(in, caps, sec),
		Mounts:      mounts(in),
		Linux:       linux(in),
	}
	if sec.SystemPaths {
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil
	}
	if in.Host.AppArmor { // docker passes over a profile where the kernel can't take one
		s.Process.ApparmorProfile = sec.AppArmor
	}
	if r.Host.UTSMode != "" { // the name is another's
		s.Hostname, s.Domainname = "", ""
	}
	switch {
	case r.Host.Privileged || sec.Unconfined:
	case in.Seccomp != nil:
		s.Linux.Seccomp = in.Seccomp
	default:
		s.Linux.Seccomp = Profile(caps)
	}
	return s, nil
}

func process(in Input, caps []string, sec Security) *specs.Process {
	r := in.Record
	p := &specs.Process{
		Terminal:        r.Config.Tty,
		User:            in.User,
		Args:            append([]string{r.Path}, r.Args...),
		Env:             environment(in),
		Cwd:             r.Config.WorkingDir,
		NoNewPrivileges: sec.NoNewPrivileges,
		Capabilities:    &specs.LinuxCapabilities{Bounding: caps},
	}
	if in.Init != "" {
		p.Args = append([]string{initPath, "--"}, p.Args...)
	}
	if r.Host.Umask != nil {
		mask := uint32(*r.Host.Umask)
		p.User.Umask = &mask
	}
	p.Rlimits = rlimits(r.Host.Ulimits)
	if score := r.Host.OomScoreAdj; score != 0 {
		p.OOMScoreAdj = &score
	}
	if in.Rows > 0 {
		p.ConsoleSize = &specs.Box{Height: uint(in.Rows), Width: uint(in.Cols)}
	}
	if p.Cwd == "" {
		p.Cwd = "/"
	}
	// As execve would have it: another user than root holds none.
	if in.User.UID == 0 {
		p.Capabilities.Effective, p.Capabilities.Permitted = caps, caps
	}
	return p
}

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment lays the image's and the user's variables over docker's own. An
// entry without "=" takes a variable away.
func environment(in Input) []string {
	r := in.Record
	env := append(make([]string, 0, len(r.Config.Env)+4), defaultPath, "HOSTNAME="+r.Config.Hostname)
	if r.Config.Tty {
		env = append(env, "TERM=xterm")
	}
	for _, e := range r.Config.Env {
		env = setenv(env, e)
	}
	if in.Home != "" && find(env, "HOME") < 0 {
		env = append(env, "HOME="+in.Home)
	}
	return env
}

func setenv(env []string, e string) []string {
	name, _, has := strings.Cut(e, "=")
	i := find(env, name)
	switch {
	case i < 0 && has:
		return append(env, e)
	case i < 0:
		return env
	case has:
		env[i] = e
		return env
	}
	return append(env[:i], env[i+1:]...)
}

func find(env []string, name string) int {
	for i, e := range env {
		if len(e) > len(name) && e[len(name)] == '=' && e[:len(name)] == name {
			return i
		}
	}
	return -1
}

func linux(in Input) *specs.Linux {
	r := in.Record
	l := &specs.Linux{CgroupsPath: CgroupPath(r), Namespaces: namespaces(in), Resources: resources(in)}
	l.UIDMappings, l.GIDMappings = idMappings(&r.Host), idMappings(&r.Host)
	if r.Host.NetworkMode != "host" && in.Join[specs.NetworkNamespace] == "" {
		l.Sysctl = map[string]string{
			"net.ipv4.ip_unprivileged_port_start": "0",
		}
		if r.Host.IDSize == 0 { // the kernel refuses ids that the user namespace doesn't map
			l.Sysctl["net.ipv4.ping_group_range"] = "0 2147483647"
		}
	}
	if slices.ContainsFunc(r.Mounts, func(m folder.Mount) bool { return strings.TrimPrefix(m.Propagation, "r") == "shared" }) {
		l.RootfsPropagation = "shared" // so that what is mounted there reaches the host
	}
	for k, v := range r.Host.Sysctls {
		if l.Sysctl == nil {
			l.Sysctl = map[string]string{}
		}
		l.Sysctl[k] = v
	}
	if r.Host.Privileged {
		l.Devices = in.Host.Devices
		return l
	}
	l.Devices = in.Devices
	l.MaskedPaths = append(append([]string{}, maskedPaths[:]...), in.Host.ThermalThrottle...)
	l.ReadonlyPaths = append([]string{}, readonlyPaths[:]...)
	return l
}

// SystemPaths are the paths that docker's clients see as masked and as read-only: none of a privileged
// container and of one without the protection.
func SystemPaths(h *folder.HostConfig) (masked, readonly []string) {
	if h.Privileged || slices.Contains(h.SecurityOpt, "systempaths=unconfined") {
		return []string{}, []string{}
	}
	return maskedPaths[:], readonlyPaths[:]
}

var maskedPaths = [...]string{
	"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
}

var readonlyPaths = [...]string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}

// deviceRules: mknod of anything, use of the harmless ones. They are docker's and
// those that runc adds to them; docker's denial of /dev/fuse, which nothing allows, is left out.
func deviceRules(privileged bool) []specs.LinuxDeviceCgroup {
	if privileged {
		return []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
	}
	rules := []specs.LinuxDeviceCgroup{
		{Access: "rwm"},
		{Allow: true, Type: "c", Access: "m"},
		{Allow: true, Type: "b", Access: "m"},
	}
	// zero null urandom random full tty console ptmx
	for _, d := range [...][2]int64{{1, 5}, {1, 3}, {1, 9}, {1, 8}, {1, 7}, {5, 0}, {5, 1}, {5, 2}} {
		rules = append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: &d[0], Minor: &d[1], Access: "rwm"})
	}
	pts := int64(136)
	return append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: &pts, Access: "rwm"})
}
