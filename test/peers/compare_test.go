package peers

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bantam/internal/container/compare"
	"bantam/internal/testenv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// compared are options of run whose meaning the two spell out in a spec.
var compared = []string{
	"",
	"--privileged",
	"--privileged --read-only --cgroupns private",
	"--cap-add ALL --cap-drop MKNOD --user 7:8",
	"--cap-drop ALL --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_TIME --security-opt no-new-privileges",
	"--network host --pid host --ipc host --uts host",
	"--network none --read-only --tmpfs /x:size=1m -v DIR:/data:ro -v DIR:/more -v eggs:/eggs -v /anonymous --init",
	"--network none --cgroupns private --cgroup-parent /nest --ulimit nofile=5:60 --sysctl net.core.somaxconn=5 -it --cpus 0.5 --pids-limit 10",
	"--memory 64m --memory-reservation 10m --cpu-shares 100 --cpuset-cpus 0 --oom-kill-disable --oom-score-adj 100 --memory-swappiness 10 --shm-size 1m --hostname bird --workdir /tmp -e A=b",
	"--memory 20m --memory-swap -1 --ipc none --cpu-quota 5000 --cpu-period 10000 --group-add 7 --log-driver none",
	"--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined -p 8080:80 --device /dev/null:/dev/zilch:r",
	"--log-opt max-size=1m --mount type=tmpfs,dst=/t,tmpfs-size=1m --mount type=bind,src=DIR,dst=/b,readonly",
}

// TestCompare gives the same options to a dockerd and to `explain --compare docker`: the spec that docker writes for its
// runtime is what the table of deviations makes of ours, and each member that differs is told.
func TestCompare(t *testing.T) {
	bantam := testenv.Bin(t, "bantam")
	dir := folder(t)
	saver := dir + "/saver"
	if err := os.WriteFile(saver, fmt.Appendf(nil, saverScript, dir), 0o755); err != nil {
		t.Fatal(err)
	}
	data := folder(t) // what is in docker's own folder has another propagation
	d := dockerd(t, dir, append([]string{"--cgroup-parent", "/docker", "--add-runtime", "saver=" + saver}, noNetwork...)...)
	b := &engine{prefix: []string{bantam, "--root", dir + "/root"}, env: []string{"DOCKER_HOST=" + d.prefix[2]}}
	b.must(t, "save", "-o", dir+"/box.tar", "box")
	d.must(t, "load", "-i", dir+"/box.tar")
	for _, line := range compared {
		t.Run(strings.ReplaceAll(line, " ", "_"), func(t *testing.T) {
			args := append(strings.Fields(strings.ReplaceAll(line, "DIR", data)), "box", "sleep", "1")
			d.must(t, append([]string{"create", "--name", "egg", "--runtime", "saver"}, args...)...)
			d.try(t, "start", "egg") // the runtime refuses
			d.must(t, "rm", "-f", "-v", "egg")
			var said struct {
				Docker                 struct{ Version string }
				Differences            []compare.Difference
				DockerSpec, BantamSpec specs.Spec
			}
			if err := json.Unmarshal([]byte(b.must(t, append([]string{"explain", "--compare", "docker", "--format", "json", "run"}, args...)...)), &said); err != nil {
				t.Fatal(err)
			}
			real := flat(t, decoded(t, dir+"/config.json"))
			compareMembers(t, real, flat(t, &said.DockerSpec))
			told(t, real, flat(t, &said.BantamSpec), said.Differences)
		})
	}
}

// saverScript is a runtime that keeps the spec and starts nothing.
const saverScript = `#!/bin/sh
while [ $# -gt 0 ]; do
	case $1 in
	--bundle) cp "$2/config.json" %s/config.json; shift ;;
	delete) exit 0 ;;
	esac
	shift
done
exit 1
`

func decoded(t *testing.T, name string) *specs.Spec {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &specs.Spec{}
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// members are where in the spec something stands, and what stands there; lists are sets.
type members map[string]bool

// flat takes a spec apart, with what two specs may say in different words said in one.
func flat(t *testing.T, s *specs.Spec) members {
	t.Helper()
	same(s)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	id := s.Linux.CgroupsPath[strings.LastIndexByte(s.Linux.CgroupsPath, '/')+1:]
	text := strings.NewReplacer(id, "ID", id[:12], "ID").Replace(string(b))
	text = drawn.ReplaceAllString(text, "${1}DRAWN/")
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	m := members{}
	m.add("", v)
	return m
}

// drawn are numbers that each engine draws: of layers and anonymous volumes.
var drawn = regexp.MustCompile(`(overlay2/|volumes/)(?:[0-9a-f]{64}|` + compare.Layer + `)/`)

func (m members) add(at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			m.add(at+"."+k, e)
		}
	case []any:
		for _, e := range v {
			b, _ := json.Marshal(e)
			m[at+"["+string(b)+"]"] = true
		}
	default:
		m[fmt.Sprintf("%s=%v", at, v)] = true
	}
}

// same removes what docker leaves to its runtime and bantam writes down, and different ways to say the same.
func same(s *specs.Spec) {
	s.Version, s.Hooks = "", nil // the hook connects the network, which is told
	s.Annotations = nil
	s.Process.Env = slices.DeleteFunc(s.Process.Env, func(v string) bool { return strings.HasPrefix(v, "HOME=") }) // runc adds it
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.Type == "tmpfs" { // a new file system is private
			m.Options = slices.DeleteFunc(m.Options, func(o string) bool { return o == "rprivate" })
			for k, o := range m.Options {
				m.Options[k] = strings.Replace(o, "size=1048576", "size=1m", 1)
			}
		}
		slices.Sort(m.Options)
		if m.Destination == "/sbin/docker-init" {
			m.Source = m.Source[strings.LastIndexByte(m.Source, '/')+1:]
		}
	}
	l := s.Linux
	l.Namespaces = slices.DeleteFunc(l.Namespaces, func(n specs.LinuxNamespace) bool { return strings.HasSuffix(n.Path, "/netns/default") }) // the host's
	r := l.Resources
	r.Devices = slices.DeleteFunc(r.Devices, runcAllows)
	if r.CPU != nil && r.CPU.Shares != nil && *r.CPU.Shares == 0 {
		r.CPU.Shares = nil
	}
	if r.BlockIO != nil && r.BlockIO.Weight != nil && *r.BlockIO.Weight == 0 {
		r.BlockIO.Weight = nil
	}
	if r.Memory != nil && r.Memory.DisableOOMKiller != nil && !*r.Memory.DisableOOMKiller {
		r.Memory.DisableOOMKiller = nil
	}
	if r.Memory != nil && r.Memory.Swap != nil && *r.Memory.Swap == -1 { // a new group has no limit
		r.Memory.Swap = nil
	}
	if l.Seccomp != nil {
		sameFilter(l.Seccomp)
	}
}

// runcAllows are the devices that every container of runc may use, and docker's denial of /dev/fuse, which nothing allows.
func runcAllows(d specs.LinuxDeviceCgroup) bool {
	if !d.Allow {
		return d.Major != nil && *d.Major == 10 && *d.Minor == 229
	}
	if d.Access == "m" && d.Major == nil {
		return true
	}
	if d.Type != "c" || d.Major == nil {
		return false
	}
	switch *d.Major {
	case 136:
		return true
	case 1:
		return *d.Minor == 7
	case 5:
		return *d.Minor == 2
	}
	return false
}

// sameFilter has a rule for each call.
func sameFilter(f *specs.LinuxSeccomp) {
	f.DefaultErrnoRet = nil // EPERM where it is missing
	rules := map[string]specs.LinuxSyscall{}
	for _, r := range f.Syscalls {
		for _, n := range r.Names {
			one := r
			one.Names = []string{n}
			rules[fmt.Sprint(n, one.Action, one.Args)] = one
		}
	}
	f.Syscalls = slices.Collect(maps.Values(rules))
}

func compareMembers(t *testing.T, real, model members) {
	t.Helper()
	for m := range real {
		if !model[m] {
			t.Errorf("docker has %s, which --compare does not know", m)
		}
	}
	for m := range model {
		if !real[m] {
			t.Errorf("--compare says that docker has %s, which it has not", m)
		}
	}
}

// topics say under which title a member's difference is told.
var topics = []struct{ member, topic string }{
	{".root.path", "root"},
	{`.mounts[{"destination":"/etc/`, "own files"},
	{`.mounts[{"destination":"/eggs"`, "volumes"},
	{`.mounts[{"destination":"/anonymous"`, "volumes"},
	{`.mounts[{"destination":"/sbin/docker-init"`, "init"},
	{`.mounts[`, "read-only mounts"},
	{`.linux.namespaces[{"type":"cgroup"}`, "cgroup namespace"},
	{".linux.cgroupsPath", "cgroup"},
	{".linux.maskedPaths", "hidden paths"},
	{".linux.seccomp", "system calls"},
	{".process.capabilities", "capabilities"},
	{".process.oomScoreAdj", "OOM score"},
}

// told checks that exactly what differs is told.
func told(t *testing.T, docker, ours members, said []compare.Difference) {
	t.Helper()
	want := map[string]bool{}
	for _, side := range [...][2]members{{docker, ours}, {ours, docker}} {
		for m := range side[0] {
			if side[1][m] {
				continue
			}
			i := slices.IndexFunc(topics, func(k struct{ member, topic string }) bool { return strings.HasPrefix(m, k.member) })
			if i < 0 {
				t.Errorf("%s differs, which no topic tells", m)
				continue
			}
			want[topics[i].topic] = true
		}
	}
	got := map[string]bool{}
	for _, d := range said {
		if slices.ContainsFunc(topics, func(k struct{ member, topic string }) bool { return k.topic == d.Topic }) {
			got[d.Topic] = true
		}
	}
	if !maps.Equal(want, got) {
		t.Errorf("what differs: %v\nwhat is told: %v", want, got)
	}
}
