package engine

import (
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// Check is one thing that Bantam wants of a machine.
type Check struct {
	Name string
	// State is ok, missing, or fatal where no container runs without it.
	State string
	Found string // what is there
	// Consequence is what does not work without it, Cure what to do. Both are empty where all is well.
	Consequence string `json:",omitempty"`
	Cure        string `json:",omitempty"`
}

// The states of a check.
const (
	CheckOK      = "ok"
	CheckMissing = "missing"
	CheckFatal   = "fatal"
)

// want is a check before it is made.
type want struct {
	name              string
	fatal             bool
	probe             func(e *Engine) (found string, ok bool)
	consequence, cure string
}

// SystemCheck looks at what the kernel and the machine have of what Bantam uses. It changes
// nothing that outlives it.
func (e *Engine) SystemCheck() []Check {
	var list []Check
	for _, group := range [...][]want{basics, namespaceWants(), controllerWants(), protections, extras} {
		for _, w := range group {
			list = append(list, w.make(e))
		}
	}
	return list
}

func (w *want) make(e *Engine) Check {
	found, ok := w.probe(e)
	c := Check{Name: w.name, State: CheckOK, Found: found}
	if ok {
		return c
	}
	c.State, c.Consequence, c.Cure = CheckMissing, w.consequence, w.cure
	if w.fatal {
		c.State = CheckFatal
	}
	if c.Found == "" {
		c.Found = "no"
	}
	return c
}

var basics = []want{
	{"kernel", true, func(*Engine) (string, bool) { return release(), kernelAtLeast(5, 12) },
		"mounts with changed attributes (mount_setattr) are not there: no container starts", "run Linux 5.12 or newer"},
	{"root", true, func(*Engine) (string, bool) {
		return boolWord(hasCapability(unix.CAP_SYS_ADMIN)), hasCapability(unix.CAP_SYS_ADMIN)
	},
		"without CAP_SYS_ADMIN nothing can be mounted", "run bantam as root"},
	{"bantam-oci", true, func(*Engine) (string, bool) { p, err := monitorProgram(); return p, err == nil && exists(p) },
		"no container can be started: it is the process that looks after each", "put bantam-oci beside bantam, or name it in BANTAM_OCI"},
	{"bantamd", false, func(*Engine) (string, bool) { p, err := DaemonProgram(); return p, err == nil && exists(p) },
		"downloads and the Docker API do not work", "put bantamd beside bantam"},
	{"overlay", true, overlayHere,
		"a container has no writable layer over its image: none starts", "load the module overlay; keep BANTAM_ROOT on ext4, xfs, btrfs or tmpfs, not on another overlay or NFS"},
}

func namespaceWants() (list []want) {
	for _, n := range [...]struct{ file, config, consequence string }{
		{"mnt", "NAMESPACES", "no container starts"}, {"pid", "PID_NS", "no container starts"}, {"net", "NET_NS", "every container shares the host's network"},
		{"ipc", "IPC_NS", "no container starts but with --ipc host"}, {"uts", "UTS_NS", "no container starts but with --uts host"},
		{"cgroup", "CGROUPS", "containers see the host's control groups: --cgroupns host"}, {"user", "USER_NS", "--userns auto is refused"},
		{"time", "TIME_NS", "clocks of a container can't be set apart (linux.timeOffsets)"},
	} {
		list = append(list, want{"namespace " + n.file, n.file == "mnt" || n.file == "pid", func(*Engine) (string, bool) {
			ok := exists("/proc/self/ns/" + n.file)
			return boolWord(ok), ok
		}, n.consequence, "a kernel with CONFIG_" + n.config})
	}
	return list
}

var protections = []want{
	{"seccomp", false, func(*Engine) (string, bool) {
		ok := exists("/proc/sys/kernel/seccomp/actions_avail")
		return boolWord(ok), ok
	}, "containers start without a filter of system calls only: --security-opt seccomp=unconfined", "a kernel with CONFIG_SECCOMP_FILTER"},
	{"AppArmor", false, func(*Engine) (string, bool) {
		b, _ := os.ReadFile("/sys/module/apparmor/parameters/enabled")
		ok := strings.HasPrefix(string(b), "Y")
		return boolWord(ok), ok
	}, "--security-opt apparmor=PROFILE is passed over, as docker does; SELinux or seccomp and capabilities protect alone", "boot with apparmor=1 security=apparmor, if the kernel has it"},
	{"limits beyond the host's", false, func(*Engine) (string, bool) {
		ok := hasCapability(unix.CAP_SYS_RESOURCE)
		return boolWord(ok), ok
	}, "--ulimit can't raise a limit above the one that bantam has, and --oom-score-adj can't be lowered", "give bantam CAP_SYS_RESOURCE"},
	{"user namespaces allowed", false, func(*Engine) (string, bool) {
		b, err := os.ReadFile("/proc/sys/user/max_user_namespaces")
		n := strings.TrimSpace(string(b))
		return n, err == nil && n != "0"
	}, "--userns auto is refused", "sysctl user.max_user_namespaces=10000"},
}

var extras = []want{
	{"idmapped layers", false, func(e *Engine) (string, bool) { return fileSystem(e.Root), canMapOwners(e.Root) },
		"--userns auto is refused", "Linux 5.19 with BANTAM_ROOT on ext4, xfs or btrfs; on tmpfs Linux 6.3"},
	{"many layers", false, func(*Engine) (string, bool) { return release(), kernelAtLeast(6, 5) },
		"images with more layers than one page of mount options names are refused for cp, diff and export", "Linux 6.5"},
	{"exit codes kept", false, func(*Engine) (string, bool) { return release(), kernelAtLeast(6, 15) },
		"the exit code of a container whose monitor is killed together with the command is not known: 255", "Linux 6.15 (PIDFD_INFO_EXIT)"},
	{"swap accounting", false, swapAccounting,
		"--memory-swap is left out", "boot with swapaccount=1 (v1), or use cgroup v2 with swap"},
	{"netfilter", false, func(*Engine) (string, bool) {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
		if err == nil {
			unix.Close(fd)
		}
		return boolWord(err == nil), err == nil
	}, "no published ports and no way out of a bridge network", "load the module nf_tables"},
	{"IPv4 forwarding", false, func(*Engine) (string, bool) {
		b, _ := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
		ok := strings.HasPrefix(string(b), "1")
		return boolWord(ok), ok
	}, "it is turned on by the first container with a bridge network; until then nothing is forwarded", "nothing, or sysctl net.ipv4.ip_forward=1"},
	{"journald", false, func(*Engine) (string, bool) {
		ok := exists("/run/systemd/journal/socket")
		return boolWord(ok), ok
	}, "--log-driver journald is refused", "run systemd-journald, or take another log driver"},
	{"syslog", false, func(*Engine) (string, bool) { ok := exists("/dev/log"); return boolWord(ok), ok },
		"--log-driver syslog needs a syslog-address", "run a syslog daemon, or name one with --log-opt syslog-address=..."},
}

func boolWord(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

// overlayHere mounts an overlay of folders in the root, for this process alone.
func overlayHere(e *Engine) (string, bool) {
	if err := os.MkdirAll(e.Root, 0o700); err != nil {
		return err.Error(), false
	}
	dir, err := os.MkdirTemp(e.Root, "check-")
	if err != nil {
		return err.Error(), false
	}
	defer os.RemoveAll(dir)
	for _, d := range [...]string{"lower", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return err.Error(), false
		}
	}
	fd, err := mount.Overlay([]string{dir + "/lower"}, []string{dir + "/upper", dir + "/work"})
	if err != nil {
		return err.Error(), false
	}
	unix.Close(fd)
	return "yes, on " + fileSystem(e.Root), true
}
