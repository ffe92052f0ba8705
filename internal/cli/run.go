package cli

import (
	"errors"
	"slices"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

const networkHelp = "Connect a container to a network: a name, \"none\", \"host\", \"container:NAME\", \"cni:NAME\", or name=...,alias=...,ip=... (default \"bridge\")"

func (c *call) runCommand() *command {
	o := &engine.RunOptions{SigProxy: true}
	cmd := &command{
		name: "run", alias: []string{"container run"}, args: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
		short: "Create and run a new container from an image", min: 1, max: -1,
		options: option.Set{Options: sorted(append(runOptions(o), containerOptions(o)...))},
	}
	cmd.run = func(args []string) int {
		o.Image, o.Command, o.Env = args[0], args[1:], engine.FromCaller(o.Env)
		return c.runContainer(o)
	}
	return cmd
}

// containerOptions are those that run and create share.
func containerOptions(o *engine.RunOptions) []option.Option {
	return slices.Concat(processOptions(o), healthOptions(&o.Health), isolationOptions(o), hostOptions(o), networkOptions(&o.NetworkOptions), limitOptions(&o.Limits), deviceOptions(&o.Limits), refusedOptions())
}

// runOptions are a run's own.
func runOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.Bool(&o.Detach, "detach", 'd', "Run container in background and print container ID"),
		option.String(&o.DetachKeys, "detach-keys", 0, "Override the key sequence for detaching a container"),
		option.Bool(&o.SigProxy, "sig-proxy", 0, "Proxy received signals to the process (default true)"),
	}
}

// processOptions are about the process and how it is attended to.
func processOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.List(&o.Annotations, "annotation", 0, nil, "Add an annotation to the container (passed through to the OCI runtime)"),
		option.List(&o.Attach, "attach", 'a', engine.CheckAttach, "Attach to STDIN, STDOUT or STDERR"),
		option.String(&o.CIDFile, "cidfile", 0, "Write the container ID to the file"),
		option.String(&o.Domainname, "domainname", 0, "Container NIS domain name"),
		option.Word(&o.Entrypoint, "entrypoint", 0, "Overwrite the default ENTRYPOINT of the image"),
		option.List(&o.Env, "env", 'e', engine.CheckEnv, "Set environment variables"),
		option.List(&o.EnvFiles, "env-file", 0, nil, "Read in a file of environment variables"),
		option.List(&o.GroupAdd, "group-add", 0, nil, "Add additional groups to join"),
		option.String(&o.Hostname, "hostname", 'h', "Container host name"),
		option.Bool(&o.Init, "init", 0, "Run an init inside the container that forwards signals and reaps processes"),
		option.Bool(&o.Stdin, "interactive", 'i', "Keep STDIN open even if not attached"),
		option.List(&o.Labels, "label", 'l', engine.CheckLabel, "Set meta data on a container"),
		option.List(&o.LabelFiles, "label-file", 0, nil, "Read in a line delimited file of labels"),
		option.String(&o.LogDriver, "log-driver", 0, "Logging driver for the container: json-file (default), local, journald, syslog or none"),
		option.List(&o.LogOpts, "log-opt", 0, nil, "Log driver options: max-size, max-file, compress, mode, max-buffer-size, labels, env, tag, syslog-address and docker's others"),
		option.String(&o.Name, "name", 0, "Assign a name to the container"),
		option.String(&o.Platform, "platform", 0, "Set platform if the image is for several"),
		option.String(&o.Pull, "pull", 0, "Pull image before running (\"always\", \"missing\", \"never\") (default \"missing\")"),
		option.Bool(&o.Quiet, "quiet", 'q', "Suppress the pull output"),
		option.Bool(&o.Remove, "rm", 0, "Automatically remove the container and its associated anonymous volumes when it exits"),
		option.String(&o.Restart, "restart", 0, "Restart policy to apply when a container exits: no, on-failure[:MAX], always, unless-stopped (default \"no\")"),
		option.String(&o.StopSignal, "stop-signal", 0, "Signal to stop the container"),
		option.IntPtr(&o.StopTimeout, "stop-timeout", 0, "Timeout (in seconds) to stop a container"),
		option.Bool(&o.TTY, "tty", 't', "Allocate a pseudo-TTY"),
		option.String(&o.Systemd, "systemd", 0, "Run the container in systemd mode (true|auto|always|false): true is where its program is systemd (default \"true\")"),
		option.String(&o.User, "user", 'u', "Username or UID (format: <name|uid>[:<group|gid>])"),
		option.String(&o.Workdir, "workdir", 'w', "Working directory inside the container"),
	}
}

func healthOptions(h *engine.HealthOptions) []option.Option {
	return []option.Option{
		option.String(&h.Cmd, "health-cmd", 0, "Command to run to check health"),
		option.Duration(&h.Interval, "health-interval", "Time between running the check (ms|s|m|h) (default 30s)"),
		option.Int(&h.Retries, "health-retries", 0, "Consecutive failures needed to report unhealthy (default 3)"),
		option.Duration(&h.StartInterval, "health-start-interval", "Time between running the check during the start period (ms|s|m|h) (default 5s)"),
		option.Duration(&h.StartPeriod, "health-start-period", "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)"),
		option.Duration(&h.Timeout, "health-timeout", "Maximum time to allow one check to run (ms|s|m|h) (default 30s)"),
		option.Bool(&h.Disable, "no-healthcheck", 0, "Disable any container-specified HEALTHCHECK"),
	}
}

// isolationOptions are about what the process may see.
func isolationOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.List(&o.CapAdd, "cap-add", 0, nil, "Add Linux capabilities"),
		option.List(&o.CapDrop, "cap-drop", 0, nil, "Drop Linux capabilities"),
		option.String(&o.CgroupParent, "cgroup-parent", 0, "Optional parent cgroup for the container"),
		option.String(&o.CgroupNS, "cgroupns", 0, "Cgroup namespace to use (host|private)"),
		option.String(&o.IPC, "ipc", 0, "IPC mode to use: none, private, shareable, host or container:NAME"),
		option.List(&o.Mounts, "mount", 0, nil, "Attach a filesystem mount to the container: type=bind|volume|tmpfs|image,source=...,target=..."),
		networkOption(&o.Networks, "network"),
		networkOption(&o.Networks, "net"),
		option.String(&o.PID, "pid", 0, "PID namespace to use: host or container:NAME"),
		option.Bool(&o.Privileged, "privileged", 0, "Give extended privileges to this container"),
		option.Bool(&o.ReadOnly, "read-only", 0, "Mount the container's root filesystem as read only"),
		option.List(&o.SecurityOpt, "security-opt", 0, nil, "Security options: seccomp=FILE|unconfined|builtin, no-new-privileges[=true|false], apparmor=PROFILE, label=..., systempaths=unconfined"),
		option.Bytes(&o.ShmSize, "shm-size", 0, "Size of /dev/shm"),
		option.List(&o.Sysctls, "sysctl", 0, nil, "Sysctl options"),
		option.List(&o.Tmpfs, "tmpfs", 0, nil, "Mount a tmpfs directory"),
		option.String(&o.UserNS, "userns", 0, "User namespace to use: host, or auto[:size=N] for ids that no other container has"),
		option.String(&o.UTS, "uts", 0, "UTS namespace to use: host or container:NAME"),
		option.List(&o.Volumes, "volume", 'v', nil, "Bind mount a volume, or a folder or file of the host: [VOLUME:|HOST:]CONTAINER[:OPTIONS]"),
		option.String(&o.VolumeDriver, "volume-driver", 0, "Optional volume driver for the container"),
		option.List(&o.VolumesFrom, "volumes-from", 0, nil, "Mount volumes from the specified container(s): NAME[:ro]"),
	}
}

// hostOptions are about names.
func hostOptions(o *engine.RunOptions) []option.Option {
	return []option.Option{
		option.List(&o.AddHosts, "add-host", 0, nil, "Add a custom host-to-IP mapping (host:ip)"),
		option.List(&o.DNS, "dns", 0, nil, "Set custom DNS servers"),
		option.List(&o.DNSOptions, "dns-option", 0, nil, "Set DNS options"),
		option.List(&o.DNSOptions, "dns-opt", 0, nil, "Set DNS options"),
		option.List(&o.DNSSearch, "dns-search", 0, nil, "Set custom DNS search domains"),
		option.String(&o.Runtime, "runtime", 0, "Runtime to use for this container"),
	}
}

// limitOptions are about what the process may use.
func limitOptions(l *engine.LimitOptions) []option.Option {
	return []option.Option{
		option.Int(&l.BlkioWeight, "blkio-weight", 0, "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
		option.List(&l.BlkioWeightDevice, "blkio-weight-device", 0, nil, "Block IO weight (relative device weight)"),
		option.Int(&l.CPUPeriod, "cpu-period", 0, "Limit CPU CFS (Completely Fair Scheduler) period"),
		option.Int(&l.CPUQuota, "cpu-quota", 0, "Limit CPU CFS (Completely Fair Scheduler) quota"),
		option.Int(&l.CPURTPeriod, "cpu-rt-period", 0, "Limit CPU real-time period in microseconds"),
		option.Int(&l.CPURTRuntime, "cpu-rt-runtime", 0, "Limit CPU real-time runtime in microseconds"),
		option.Int(&l.CPUShares, "cpu-shares", 'c', "CPU shares (relative weight)"),
		option.CPUs(&l.NanoCPUs, "cpus", "Number of CPUs"),
		option.String(&l.CPUSet, "cpuset-cpus", 0, "CPUs in which to allow execution (0-3, 0,1)"),
		option.String(&l.MemSet, "cpuset-mems", 0, "MEMs in which to allow execution (0-3, 0,1)"),
		option.List(&l.ReadBps, "device-read-bps", 0, nil, "Limit read rate (bytes per second) from a device"),
		option.List(&l.ReadIOps, "device-read-iops", 0, nil, "Limit read rate (IO per second) from a device"),
		option.List(&l.WriteBps, "device-write-bps", 0, nil, "Limit write rate (bytes per second) to a device"),
		option.List(&l.WriteIOps, "device-write-iops", 0, nil, "Limit write rate (IO per second) to a device"),
		option.Bytes(&l.Memory, "memory", 'm', "Memory limit"),
		option.Bytes(&l.MemoryReservation, "memory-reservation", 0, "Memory soft limit"),
		option.String(&l.MemorySwap, "memory-swap", 0, "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
		option.IntPtr(&l.Swappiness, "memory-swappiness", 0, "Tune container memory swappiness (0 to 100) (default -1)"),
		option.Bool(&l.OOMKillDisable, "oom-kill-disable", 0, "Disable OOM Killer"),
		option.Int(&l.OOMScore, "oom-score-adj", 0, "Tune host's OOM preferences (-1000 to 1000)"),
		option.Int(&l.Pids, "pids-limit", 0, "Tune container pids limit (set -1 for unlimited)"),
		option.List(&l.Ulimits, "ulimit", 0, nil, "Ulimit options"),
	}
}

func deviceOptions(l *engine.LimitOptions) []option.Option {
	return []option.Option{
		option.List(&l.Devices, "device", 0, nil, "Add a host device to the container"),
		option.List(&l.DeviceRules, "device-cgroup-rule", 0, engine.CheckDeviceRule, "Add a rule to the cgroup allowed devices list"),
		option.String(&l.GPUs, "gpus", 0, "GPU devices to add to the container: bantam has no driver for that and says so"),
	}
}

func networkOption(to *[]string, name string) option.Option {
	o := option.List(to, name, 0, func(v string) error {
		_, err := engine.ParseEndpoint(v)
		return err
	}, networkHelp)
	o.Type = "network"
	return o
}

// networkOptions are about addresses and ports.
func networkOptions(o *engine.NetworkOptions) []option.Option {
	return []option.Option{
		option.List(&o.Expose, "expose", 0, engine.CheckExpose, "Expose a port or a range of ports"),
		option.String(&o.IP, "ip", 0, "IPv4 address (e.g., 172.30.100.104)"),
		option.String(&o.IP6, "ip6", 0, "IPv6 address (e.g., 2001:db8::33)"),
		option.List(&o.Links, "link", 0, nil, "Add link to another container"),
		option.List(&o.LinkLocal, "link-local-ip", 0, nil, "Container IPv4/IPv6 link-local addresses"),
		option.String(&o.MAC, "mac-address", 0, "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
		option.List(&o.Aliases, "network-alias", 0, nil, "Add network-scoped alias for the container"),
		option.List(&o.Aliases, "net-alias", 0, nil, "Add network-scoped alias for the container"),
		option.List(&o.Publish, "publish", 'p', engine.CheckPublish, "Publish a container's port(s) to the host"),
		option.Bool(&o.PublishAll, "publish-all", 'P', "Publish all exposed ports to random ports"),
	}
}

func (c *call) runContainer(o *engine.RunOptions) int {
	code, err := c.engine().Run(o, func(id string) { c.print(id + "\n") })
	switch {
	case err == nil:
	case errors.Is(err, engine.ErrNoTerminal):
		c.complain(err.Error())
	default:
		c.complain("bantam: " + err.Error() + "\n\nRun 'bantam run --help' for more information")
	}
	return code
}

// sorted puts options in the order of their names, as the help shows them.
func sorted(list []option.Option) []option.Option {
	slices.SortFunc(list, func(a, b option.Option) int { return strings.Compare(a.Name, b.Name) })
	return list
}
