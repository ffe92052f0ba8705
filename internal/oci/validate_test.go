package oci

import (
	"encoding/json"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// valid gives a fresh valid spec for a test to break.
func valid(t testing.TB) *specs.Spec {
	t.Helper()
	s, err := DecodeSpec(DefaultSpec(nil, false))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestValidateTakes(t *testing.T) {
	if err := Validate(valid(t)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]string{
		"older version":        `{"ociVersion":"1.0.0"}`,
		"draft":                `{"ociVersion":"1.0.2-dev"}`,
		"newer version":        `{"ociVersion":"1.27.3"}`,
		"relative destination": `{"mounts":[{"destination":"data"}]}`,
		"no linux section":     `{"linux":null,"hostname":""}`,
		"podman's joined user": `{"linux":{"namespaces":[{"type":"user","path":"/proc/1/ns/user"}],"uidMappings":[{"size":1}]},"hostname":""}`,
		"fifo":                 `{"linux":{"devices":[{"type":"p","path":"/x"}]},"hostname":""}`,
		"deadline":             `{"process":{"args":["x"],"cwd":"/","scheduler":{"policy":"SCHED_DEADLINE","runtime":1024,"deadline":2000,"period":3000}}}`,
		"idmap by userns":      `{"mounts":[{"destination":"/x","options":["idmap"]}],"linux":{"namespaces":[{"type":"user"}],"uidMappings":[{"size":1}],"gidMappings":[{"size":1}]},"hostname":""}`,
		"sysctl with slashes":  `{"linux":{"namespaces":[{"type":"network"}],"sysctl":{"net/ipv4/conf/eth0.1/rp_filter":"1"}},"hostname":""}`,
	} {
		if err := Validate(changed(t, change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// changed replaces whole members of the valid spec's top level.
func changed(t *testing.T, change string) *specs.Spec {
	t.Helper()
	b, err := json.Marshal(valid(t))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	for _, text := range [][]byte{b, []byte(change)} {
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
	}
	if b, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	s, err := DecodeSpec(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func process(extra string) string   { return `{"process":{"args":["x"],"cwd":"/",` + extra + `}}` }
func linuxOnly(extra string) string { return `{"hostname":"","linux":{` + extra + `}}` }
func seccompOnly(extra string) string {
	return linuxOnly(`"seccomp":{"defaultAction":"SCMP_ACT_ALLOW",` + extra + `}`)
}

func TestValidateRefuses(t *testing.T) {
	const user = `"namespaces":[{"type":"user"}]`
	for change, want := range map[string]string{
		`{"ociVersion":""}`:                      `ociVersion must be specified`,
		`{"ociVersion":"2.0.0"}`:                 `ociVersion "2.0.0" is not supported`,
		`{"ociVersion":"1.x.0"}`:                 `ociVersion "1.x.0" is not supported`,
		`{"ociVersion":"1"}`:                     `ociVersion "1" is not supported`,
		`{"root":null}`:                          `root must be specified`,
		`{"root":{}}`:                            `root.path must not be empty`,
		`{"process":null}`:                       `process property must not be empty`,
		`{"process":{"cwd":"/"}}`:                `args must not be empty`,
		`{"process":{"args":["x"]}}`:             `Cwd property must not be empty`,
		`{"process":{"args":["x"],"cwd":"."}}`:   `Cwd must be an absolute path`,
		process(`"oomScoreAdj":1001`):            `process.oomScoreAdj 1001 is not from -1000 to 1000`,
		process(`"rlimits":[{"type":"NOFILE"}]`): `invalid rlimit type "NOFILE"`,
		process(`"rlimits":[{"type":"RLIMIT_AS"},{"type":"RLIMIT_AS"}]`):                                `rlimit type RLIMIT_AS is duplicated`,
		process(`"rlimits":[{"type":"RLIMIT_AS","soft":2,"hard":1}]`):                                   `rlimit RLIMIT_AS: soft limit 2 is greater than hard limit 1`,
		process(`"scheduler":{}`):                                                                       `scheduler policy is required`,
		process(`"scheduler":{"policy":"SCHED_FAST"}`):                                                  `invalid scheduler policy: "SCHED_FAST"`,
		process(`"scheduler":{"policy":"SCHED_FIFO","nice":1}`):                                         `scheduler.nice can only`,
		process(`"scheduler":{"policy":"SCHED_OTHER","nice":20}`):                                       `invalid scheduler.nice: 20`,
		process(`"scheduler":{"policy":"SCHED_OTHER","priority":1}`):                                    `scheduler.priority can only`,
		process(`"scheduler":{"policy":"SCHED_OTHER","period":1}`):                                      `scheduler runtime/deadline/period can only`,
		process(`"scheduler":{"policy":"SCHED_DEADLINE","deadline":2000}`):                              "`SCHED_DEADLINE` requires `runtime`",
		process(`"scheduler":{"policy":"SCHED_DEADLINE","runtime":2000}`):                               "`SCHED_DEADLINE` requires `deadline`",
		process(`"scheduler":{"policy":"SCHED_DEADLINE","runtime":9,"deadline":10}`):                    "runtime 9 must be between 1024",
		process(`"scheduler":{"policy":"SCHED_DEADLINE","runtime":3000,"deadline":2000}`):               "runtime 3000 must be <= deadline 2000",
		process(`"scheduler":{"policy":"SCHED_DEADLINE","runtime":3000,"deadline":4000,"period":3999}`): "deadline 4000 must be <= period 3999",
		process(`"scheduler":{"policy":"SCHED_OTHER","flags":["X"]}`):                                   `invalid scheduler flag: "X"`,
		process(`"ioPriority":{"class":"X"}`):                                                           `invalid ioPriority.Class: "X"`,
		process(`"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8}`):                                `invalid ioPriority.Priority: 8`,
		`{"mounts":[{}]}`: `mounts[0]: destination must not be empty`,
		`{"mounts":[{"destination":"/","uidMappings":[{"size":1}]}]}`:                            `mounts[0]: uidMappings and gidMappings must be specified together`,
		`{"mounts":[{"destination":"/","options":["ridmap"]}]}`:                                  `mounts[0]: option ridmap needs`,
		`{"mounts":[{"destination":"/","uidMappings":[{"size":0}],"gidMappings":[{"size":1}]}]}`: `mounts[0]: uidMappings[0].size must not be 0`,
		`{"hooks":{"poststop":[{"path":"x"}]}}`:                                                  `hooks.poststop[0].path "x" must be an absolute path`,
		`{"hooks":{"createRuntime":[{"path":"/x","timeout":0}]}}`:                                `hooks.createRuntime[0].timeout must be greater than 0`,
		`{"linux":{}}`: `unable to set hostname without a private UTS namespace`,
		`{"domainname":"x","linux":{"namespaces":[{"type":"uts"}],"sysctl":{"kernel.domainname":"y"}}}`: `conflicts with the OCI 'domainname' field`,
		`{"linux":{},"hostname":"","domainname":"x"}`:                                                   `unable to set domainname without a private UTS namespace`,
		linuxOnly(`"namespaces":[{"type":"net"}]`):                                                      `namespace "net" does not exist`,
		linuxOnly(`"namespaces":[{"type":"pid"},{"type":"pid"}]`):                                       `malformed spec file: duplicated ns "pid"`,
		linuxOnly(`"namespaces":[{"type":"pid","path":"x"}]`):                                           `namespace pid: path "x" must be absolute`,
		linuxOnly(user): `user namespaces enabled, but no user mapping found`,
		linuxOnly(user + `,"uidMappings":[{"size":1}]`):                                                             `user namespaces enabled, but no group mapping found`,
		linuxOnly(`"uidMappings":[{"size":1}]`):                                                                     `user namespace mappings specified, but`,
		linuxOnly(user + `,"gidMappings":[{"size":1}],"uidMappings":[{"hostID":4294967295,"size":2}]`):              `linux.uidMappings[0] goes beyond 4294967295`,
		linuxOnly(`"timeOffsets":{"monotonic":{}}`):                                                                 `time namespace offsets specified, but`,
		linuxOnly(`"namespaces":[{"type":"time"}],"timeOffsets":{"realtime":{}}`):                                   `time namespace offset for unknown clock "realtime"`,
		linuxOnly(`"namespaces":[{"type":"time"}],"timeOffsets":{"boottime":{"nanosecs":1000000000}}`):              `nanosecs must be below`,
		linuxOnly(`"sysctl":{"net.ipv4.ip_forward":"1"}`):                                                           `sysctl "net.ipv4.ip_forward" is not allowed in the hosts network namespace`,
		linuxOnly(`"sysctl":{"kernel/sem":"1"}`):                                                                    `sysctl "kernel/sem" is not allowed in the hosts ipc namespace`,
		linuxOnly(`"sysctl":{"fs.mqueue.msg_max":"1"}`):                                                             `is not allowed in the hosts ipc namespace`,
		linuxOnly(`"sysctl":{"kernel.domainname":"1"}`):                                                             `is not allowed in the hosts uts namespace`,
		linuxOnly(`"sysctl":{"kernel.hostname":"1"}`):                                                               `conflicts with the OCI 'hostname' field`,
		linuxOnly(`"sysctl":{"vm.swappiness":"1"}`):                                                                 `sysctl "vm.swappiness" is not in a separate kernel namespace`,
		linuxOnly(`"sysctl":{"net/../kernel/sysrq":"1"}`):                                                           `sysctl "net/../kernel/sysrq" is not a name`,
		linuxOnly(`"sysctl":{"net.ipv4./../x":"1"}`):                                                                `is not a name`,
		linuxOnly(`"rootfsPropagation":"none"`):                                                                     `rootfsPropagation=none is not supported`,
		linuxOnly(`"maskedPaths":["/x"]`):                                                                           `unable to restrict sys entries without a private MNT namespace`,
		linuxOnly(`"namespaces":[{"type":"mount"}],"readonlyPaths":["x"]`):                                          `linux.readonlyPaths: "x" must be an absolute path`,
		linuxOnly(`"devices":[{"type":"x"}]`):                                                                       `linux.devices[0]: invalid device type "x"`,
		linuxOnly(`"devices":[{"type":"c","path":"null"}]`):                                                         `linux.devices[0].path "null" must be an absolute path`,
		linuxOnly(`"devices":[{"type":"c","path":"/x","major":-1}]`):                                                `must not be negative`,
		linuxOnly(`"resources":{"devices":[{"type":"p"}]}`):                                                         `linux.resources.devices[0]: invalid device type "p"`,
		linuxOnly(`"resources":{"devices":[{"access":"rwx"}]}`):                                                     `invalid device access "rwx"`,
		linuxOnly(`"resources":{"devices":[{"major":-2}]}`):                                                         `major and minor must be -1`,
		linuxOnly(`"resources":{"unified":{"../x":"1"}}`):                                                           `unified resource "../x" must be a file name`,
		linuxOnly(`"resources":{"memory":{"swappiness":101}}`):                                                      `swappiness must be from 0 to 100`,
		linuxOnly(`"seccomp":{}`):                                                                                   `string "" is not a valid action for seccomp`,
		linuxOnly(`"seccomp":{"defaultAction":"SCMP_ACT_NOTIFY"}`):                                                  `SCMP_ACT_NOTIFY cannot be used as default action`,
		seccompOnly(`"architectures":["X86"]`):                                                                      `string "X86" is not a valid arch for seccomp`,
		seccompOnly(`"flags":["X"]`):                                                                                `seccomp flag "X" not known`,
		seccompOnly(`"syscalls":[{}]`):                                                                              `linux.seccomp.syscalls[0]: names must not be empty`,
		seccompOnly(`"syscalls":[{"names":["x"],"action":"X"}]`):                                                    `string "X" is not a valid action for seccomp`,
		seccompOnly(`"syscalls":[{"names":["x"],"action":"SCMP_ACT_NOTIFY"}]`):                                      `SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath`,
		seccompOnly(`"syscalls":[{"names":["x"],"action":"SCMP_ACT_LOG","args":[{"op":"EQ"}]}]`):                    `args[0]: string "EQ" is not a valid operator`,
		seccompOnly(`"syscalls":[{"names":["x"],"action":"SCMP_ACT_LOG","args":[{"op":"SCMP_CMP_EQ","index":6}]}]`): `index 6 is not from 0 to 5`,
		linuxOnly(`"personality":{"domain":"X"}`):                                                                   `invalid personality domain: "X"`,
		linuxOnly(`"personality":{"domain":"LINUX","flags":["X"]}`):                                                 `personality flag "X" is not supported`,
		linuxOnly(`"memoryPolicy":{"mode":"X"}`):                                                                    `invalid memoryPolicy.mode: "X"`,
		linuxOnly(`"memoryPolicy":{"mode":"MPOL_LOCAL","nodes":"0"}`):                                               `mode MPOL_LOCAL takes no nodes`,
		linuxOnly(`"memoryPolicy":{"mode":"MPOL_BIND","flags":["X"]}`):                                              `invalid memoryPolicy flag: "X"`,
		linuxOnly(`"intelRdt":{"closID":".."}`):                                                                     `invalid intelRdt.ClosID ".."`,
		linuxOnly(`"netDevices":{"eth0":{}}`):                                                                       `unable to move network devices without a private NET namespace`,
		linuxOnly(`"namespaces":[{"type":"network"}],"netDevices":{"a/b":{}}`):                                      `invalid network device name "a/b"`,
		linuxOnly(`"namespaces":[{"type":"network"}],"netDevices":{"a":{"name":"0123456789abcdef"}}`):               `invalid network device name "0123456789abcdef"`,
		linuxOnly(`"namespaces":[{"type":"network"}],"netDevices":{"a":{"name":"c"},"b":{"name":"c"}}`):             `network devices a and b are both to be named c`,
	} {
		err := Validate(changed(t, change))
		if err == nil {
			t.Errorf("%s\nis taken, want %s", change, want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", change, err, want)
		}
	}
}

func TestValidateID(t *testing.T) {
	for _, id := range []string{"a", "A-b_c.d+9", ".a", "...", strings.Repeat("x", 255)} {
		if err := ValidateID(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", ".", "..", "a/b", "a b", "é", "a\n", strings.Repeat("x", 256)} {
		if err := ValidateID(id); err == nil {
			t.Errorf("%q is taken", id)
		}
	}
}

func TestSysctlPath(t *testing.T) {
	for name, want := range map[string]string{
		"net.ipv4.ip_forward":            "net/ipv4/ip_forward",
		"net/ipv4/conf/eth0.1/rp_filter": "net/ipv4/conf/eth0.1/rp_filter",
		"net.ipv4.conf.eth0/1.rp_filter": "net/ipv4/conf/eth0.1/rp_filter",
		"kernel.shm_rmid_forced":         "kernel/shm_rmid_forced",
		"plain":                          "plain",
	} {
		if got := SysctlPath(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
