package compare

// deviations is all that is known, in the order in which it is told.
var deviations = [...]deviation{
	{
		topic:   "looked after by",
		because: "there is no daemon that could end, be upgraded or fill its memory and take all containers along",
		say: func(*Subject) (string, string) {
			return "a containerd-shim, under containerd and dockerd, which restart and log for all containers", "a monitor of its own"
		},
	},
	{
		topic:   "root",
		because: "nobody but the container sees the mount, and the kernel takes it away with the last process, whatever is killed",
		edit:    mergedRoot,
		say:     rootText,
	},
	{
		topic:   "own files",
		because: "each engine keeps its containers where it keeps its state",
		edit:    ownFilesBelow,
		say:     each(ownFiles),
	},
	{
		topic:   "volumes",
		because: "each engine keeps its volumes where it keeps its state; what happens on the host later changes no container's files",
		edit:    volumesBelow,
		say:     volumesText,
	},
	{
		topic:   "cgroup namespace",
		because: "docker shows programs of cgroup v1's time the whole machine's groups; bantam tells no container about the others on either version",
		edit:    sharedCgroupNamespace,
		say:     each(cgroupNamespace),
	},
	{
		topic:   "cgroup",
		because: "bantam asks no systemd and names its groups after itself; --cgroup-parent moves them",
		edit:    dockersGroup,
		say:     each(group),
	},
	{
		topic:   "user namespace",
		because: "docker's daemon has one range of ids (userns-remap) or none; bantam gives each container that asks for it a range of its own",
		edit:    noUserNamespace,
		say:     each(userNamespace),
	},
	{
		topic:   "systemd",
		because: "docker has no such option; what systemd wants as process 1 must be given one by one",
		edit:    noSystemd,
		say:     each(systemdFolders),
	},
	{
		topic:   "network",
		because: "the kernel makes and addresses bantam's interface while the container's root is mounted; docker's daemon does it in a hook, and the container waits",
		say:     networkText,
	},
	{
		topic:   "published ports",
		because: "the tables' size does not grow with the containers, no firewall tool is needed, and what the rules can't translate costs no process per port",
		say:     portText,
	},
	{
		topic:   "capabilities",
		until:   version{23},
		because: "docker asks for what it knew in its time, also what it does not hold, and can't start the container then",
		edit:    oldCapabilities,
		say:     apart(capabilities),
	},
	{
		topic:   "system calls",
		since:   version{23},
		until:   version{29},
		because: "each docker has the profile of its day, and bantam the newest: io_uring was taken away in docker 25; --security-opt seccomp=FILE takes another",
		say:     profileText,
	},
	{
		topic:   "system calls",
		until:   version{23},
		because: "bantam has the profile of the newest docker: io_uring and sockets that reach the hypervisor were ways out of containers; --security-opt seccomp=FILE takes another",
		edit:    oldProfile,
		say:     apart(allowedCalls),
	},
	{until: version{24, 0, 7}, edit: withoutMask("/sys/devices/virtual/powercap")}, // GHSA-jq35-85cj-fj4p
	{
		topic:   "hidden paths",
		until:   version{28, 0, 2},
		because: "they tell of the machine's power, heat and interrupts, from which others' secrets can be guessed; docker has hidden them since 24.0.7 and 28.0.2",
		edit:    withoutMask("/proc/interrupts", "/sys/devices/system/cpu/"),
		say:     apart(maskedPaths),
	},
	{
		topic:   "read-only mounts",
		until:   version{25},
		because: "what is mounted below a read-only source was writable before docker 25",
		edit:    notRecursive,
		say:     each(recursive),
	},
	{
		topic:   "OOM score",
		because: "raising it back to 0 where the caller has a lower one wants CAP_SYS_RESOURCE, which not every machine gives; --oom-score-adj sets one",
		edit:    explicitScore,
		say:     each(oomScore),
	},
	{
		topic:   "init",
		because: "bantam-oci is its own init, so --init needs no further program",
		edit:    dockersInit,
		say:     each(initProgram),
	},
	{
		topic:   "log",
		because: "a log without a bound fills the disk; --log-opt max-size and max-file choose others",
		say:     logText,
	},
	{
		topic:   "runtime",
		because: "bantam's containers are started by its own code; --runtime names another",
		say:     runtimeText,
	},
}
