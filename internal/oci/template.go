package oci

import "strconv"

// SpecVersion is the version of the runtime-spec that the runtime implements.
const SpecVersion = "1.3.0"

// Rootless asks DefaultSpec for a spec that an unprivileged user can run.
type Rootless struct{ UID, GID int }

// DefaultSpec is the config.json that `spec` writes: runc's, except for the version and the host
// name. On cgroup v2 it has a cgroup namespace, without which the container would see the host's tree.
func DefaultSpec(rootless *Rootless, cgroupV2 bool) []byte {
	text, namespaces := templateHead, templateNamespaces
	if rootless == nil {
		text += templateGID + templatePts + templateSysfs + templateMounts + templateResources
		namespaces += templateNetwork
	} else {
		text += templatePts + templateSysBind + templateMounts +
			mappingText("uidMappings", rootless.UID) + mappingText("gidMappings", rootless.GID)
	}
	text += namespaces + templateMoreNamespaces
	if rootless != nil {
		text += namespaceText("user")
	}
	if cgroupV2 {
		text += namespaceText("cgroup")
	}
	return []byte(text + templateTail)
}

func mappingText(name string, id int) string {
	return "\t\t\"" + name + "\": [\n\t\t\t{\n\t\t\t\t\"containerID\": 0,\n\t\t\t\t\"hostID\": " + strconv.Itoa(id) +
		",\n\t\t\t\t\"size\": 1\n\t\t\t}\n\t\t],\n"
}

func namespaceText(kind string) string {
	return ",\n\t\t\t{\n\t\t\t\t\"type\": \"" + kind + "\"\n\t\t\t}"
}

// The pieces stand in the order of the document, as encoding/json would indent them with tabs.
const (
	templateHead = `{
	"ociVersion": "1.3.0",
	"process": {
		"terminal": true,
		"user": {
			"uid": 0,
			"gid": 0
		},
		"args": [
			"sh"
		],
		"env": [
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"TERM=xterm"
		],
		"cwd": "/",
		"capabilities": {
			"bounding": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			],
			"effective": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			],
			"permitted": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			],
			"ambient": [
				"CAP_AUDIT_WRITE",
				"CAP_KILL",
				"CAP_NET_BIND_SERVICE"
			]
		},
		"rlimits": [
			{
				"type": "RLIMIT_NOFILE",
				"hard": 1024,
				"soft": 1024
			}
		],
		"noNewPrivileges": true
	},
	"root": {
		"path": "rootfs",
		"readonly": true
	},
	"hostname": "bantam",
	"mounts": [
		{
			"destination": "/proc",
			"type": "proc",
			"source": "proc"
		},
		{
			"destination": "/dev",
			"type": "tmpfs",
			"source": "tmpfs",
			"options": [
				"nosuid",
				"strictatime",
				"mode=755",
				"size=65536k"
			]
		},
		{
			"destination": "/dev/pts",
			"type": "devpts",
			"source": "devpts",
			"options": [
				"nosuid",
				"noexec",
				"newinstance",
				"ptmxmode=0666",
				"mode=0620"`
	templateGID = `,
				"gid=5"`
	templatePts = `
			]
		},
		{
			"destination": "/dev/shm",
			"type": "tmpfs",
			"source": "shm",
			"options": [
				"nosuid",
				"noexec",
				"nodev",
				"mode=1777",
				"size=65536k"
			]
		},
		{
			"destination": "/dev/mqueue",
			"type": "mqueue",
			"source": "mqueue",
			"options": [
				"nosuid",
				"noexec",
				"nodev"
			]
		},
		{
			"destination": "/sys",
`
	templateSysfs = `			"type": "sysfs",
			"source": "sysfs",
			"options": [
`
	templateSysBind = `			"type": "none",
			"source": "/sys",
			"options": [
				"rbind",
`
	templateMounts = `				"nosuid",
				"noexec",
				"nodev",
				"ro"
			]
		},
		{
			"destination": "/sys/fs/cgroup",
			"type": "cgroup",
			"source": "cgroup",
			"options": [
				"nosuid",
				"noexec",
				"nodev",
				"relatime",
				"ro"
			]
		}
	],
	"linux": {
`
	templateResources = `		"resources": {
			"devices": [
				{
					"allow": false,
					"access": "rwm"
				}
			]
		},
`
	templateNamespaces = `		"namespaces": [
			{
				"type": "pid"
			},
`
	templateNetwork = `			{
				"type": "network"
			},
`
	templateMoreNamespaces = `			{
				"type": "ipc"
			},
			{
				"type": "uts"
			},
			{
				"type": "mount"
			}`
	templateTail = `
		],
		"maskedPaths": [
			"/proc/acpi",
			"/proc/asound",
			"/proc/kcore",
			"/proc/keys",
			"/proc/latency_stats",
			"/proc/timer_list",
			"/proc/timer_stats",
			"/proc/sched_debug",
			"/sys/firmware",
			"/proc/scsi"
		],
		"readonlyPaths": [
			"/proc/bus",
			"/proc/fs",
			"/proc/irq",
			"/proc/sys",
			"/proc/sysrq-trigger"
		]
	}
}`
)
