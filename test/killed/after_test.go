package killed

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bantam/internal/testenv"
)

// readable reads every record, and compares it with what was acknowledged.
func (r *rig) readable(workers []*worker) {
	is := r.states()
	for _, w := range workers {
		for _, s := range w.subjects {
			r.compare(s, is)
			delete(is, s.name)
		}
	}
	for name, status := range is {
		// An attached run --rm whose command and monitor were killed is removed by whoever finds it next.
		r.t.Logf("%s, which is not among those that anybody has acknowledged, is %s", name, status)
	}
	r.must("system", "fsck")
}

// states are all containers' as inspect has them.
func (r *rig) states() map[string]state {
	is, given := map[string]state{}, map[string]string{}
	for _, id := range strings.Fields(r.must("ps", "-aq", "--no-trunc")) {
		if len(id) != 64 {
			continue // of a note about what was recovered
		}
		text, err := r.try("inspect", "--type", "container", id)
		if err != nil && strings.Contains(text, "no such") {
			continue // it was about to go
		}
		if err != nil {
			r.t.Errorf("inspect %s: %v: %s", id, err, text)
			continue
		}
		var list []inspected
		if err := json.Unmarshal([]byte(text[strings.Index(text, "["):]), &list); err != nil || len(list) != 1 {
			r.t.Errorf("inspect %s: %v: %s", id, err, text)
			continue
		}
		r.own(given, &list[0])
		is[strings.TrimPrefix(list[0].Name, "/")] = map[string]state{"created": created, "running": running, "paused": paused, "exited": exited}[list[0].State.Status]
	}
	return is
}

// inspected is what matters here of an inspection.
type inspected struct {
	Name            string
	State           struct{ Status string }
	NetworkSettings struct {
		Networks map[string]struct{ IPAddress, MacAddress string }
		Ports    map[string][]struct{ HostIp, HostPort string }
	}
}

// own checks that nothing which a running container was given, addresses and ports, has been given to another one before.
func (r *rig) own(given map[string]string, c *inspected) {
	var list []string
	for network, e := range c.NetworkSettings.Networks {
		list = append(list, network+" "+e.IPAddress, network+" "+e.MacAddress)
	}
	for port, at := range c.NetworkSettings.Ports {
		for _, a := range at {
			list = append(list, a.HostIp+":"+a.HostPort+port[strings.IndexByte(port, '/'):])
		}
	}
	for _, thing := range list {
		if strings.HasSuffix(thing, " ") || c.State.Status != "running" && c.State.Status != "paused" {
			continue // it has none
		}
		if other, taken := given[thing]; taken {
			r.t.Errorf("%s and %s both have %s", other, c.Name, thing)
		}
		given[thing] = c.Name
	}
}

// compare compares a container with what was acknowledged of it.
func (r *rig) compare(s *subject, is map[string]state) {
	now, there := is[s.name]
	if !there {
		now = absent
	}
	if now&s.may == 0 {
		r.t.Errorf("%s is %s, and should be %s:\n%s", s.name, now, s.may, strings.Join(s.log, "\n"))
	}
	if !there || len(s.lines) == 0 {
		return
	}
	text := r.must("logs", s.name)
	for _, line := range s.lines {
		if !strings.Contains(text, line) {
			r.t.Errorf("%s: the log lacks %q, which was written:\n%s\nlog:\n%s", s.name, line, strings.Join(s.log, "\n"), text)
		}
	}
}

// removeAll removes everything, as a user would.
func (r *rig) removeAll() {
	for _, id := range strings.Fields(r.must("ps", "-aq", "--no-trunc")) {
		if text, err := r.try("rm", "-f", "-v", id); err != nil && !strings.Contains(text, "No such container") {
			r.t.Errorf("rm -f %s: %v: %s", id, err, text)
		}
	}
	if left := r.must("ps", "-aq"); left != "" {
		r.t.Errorf("containers left: %s", left)
	}
	r.must("volume", "prune", "-a", "-f")
	if left := r.must("volume", "ls", "-q"); left != "" {
		r.t.Errorf("volumes left: %s", left)
	}
	r.must("image", "prune", "-f") // with it what killed commands have left of images
	if _, err := r.try("network", "ls"); err == nil {
		r.must("network", "prune", "-f")
	}
	r.must("system", "fsck")
}

// nothingLeft looks for mounts, control groups, processes, interfaces, files, leases.
func (r *rig) nothingLeft() {
	var left []string
	// A monitor may still be on its way out when the command has ended.
	for end := time.Now().Add(patience / 6); ; time.Sleep(20 * time.Millisecond) {
		left = append(r.processes(), r.files()...)
		if len(left) == 0 || time.Now().After(end) {
			break
		}
	}
	left = append(left, r.mounts()...)
	left = append(left, r.groups()...)
	left = append(left, interfaces()...)
	left = append(left, elements()...)
	for _, l := range left {
		r.t.Errorf("left: %s", l)
	}
}

// files are those of containers, names, leases and half-made things.
func (r *rig) files() []string {
	var left []string
	for _, pattern := range [...]string{"containers/*", "names/*", "leases/*", "networks/*/leases/*", "networks/*/endpoints/*", "networks/*/names/*", "volumes/*", "execs/*"} {
		found, _ := filepath.Glob(filepath.Join(r.root, pattern))
		for _, f := range found {
			if holder, err := os.Readlink(f); err == nil && holder == "-" {
				continue // a gateway's
			}
			left = append(left, f)
		}
	}
	return left
}

// mounts are those that show the root, in any mount namespace.
func (r *rig) mounts() []string {
	var left []string
	tables, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	for _, t := range tables {
		b, _ := os.ReadFile(t)
		if strings.Contains(string(b), r.root+"/") {
			left = append(left, "mounts in "+t)
		}
	}
	return left
}

// groups are control groups of the containers that there were.
func (r *rig) groups() []string {
	var left []string
	filepath.WalkDir("/sys/fs/cgroup", func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && r.had(filepath.Base(path)) {
			left = append(left, path)
		}
		return nil
	})
	return left
}

// had says whether a text names a container of this root, as events tell.
func (r *rig) had(text string) bool {
	for _, id := range r.ids() {
		if strings.Contains(text, id) {
			return true
		}
	}
	return false
}

// ids of all containers that there ever were.
func (r *rig) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ever == nil {
		text := r.must("events", "--since", "0", "--until", "0s", "--filter", "type=container", "--filter", "event=create", "--format", "{{.ID}}")
		for _, id := range strings.Fields(text) {
			if len(id) == 64 {
				r.ever = append(r.ever, id)
			}
		}
		r.t.Logf("%d containers were created", len(r.ever))
	}
	return r.ever
}

// processes are monitors, and whatever has a file or mount of the root.
func (r *rig) processes() []string {
	var left []string
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range all {
		env, _ := os.ReadFile(p + "/environ")
		line, _ := os.ReadFile(p + "/cmdline")
		group, _ := os.ReadFile(p + "/cgroup")
		words := strings.ReplaceAll(string(line), "\x00", " ")
		switch {
		case strings.Contains(string(env), "BANTAM_OCI="+r.oci):
			left = append(left, p+" "+words)
		case r.had(string(group)):
			left = append(left, p+" in a container's control group: "+words)
		default:
			left = append(left, held(p, r.root)...)
		}
	}
	return left
}

// held are a process's open files below a folder: with them locks.
func held(process, dir string) []string {
	var left []string
	fds, _ := filepath.Glob(process + "/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, dir+"/") {
			left = append(left, fd+" is "+to)
		}
	}
	return left
}

// interfaces are those of this test's network namespace, but for the loopback.
func interfaces() []string {
	var left []string
	list, _ := net.Interfaces()
	for _, i := range list {
		if i.Flags&net.FlagLoopback == 0 && !strings.HasPrefix(i.Name, "br-") && i.Name != "bantam0" && i.Name != "docker0" {
			left = append(left, "interface "+i.Name)
		}
	}
	return left
}

// elements are those of rules that belong to containers: published ports, guarded addresses.
func elements() []string {
	nft := testenv.Find("nft")
	if nft == "" {
		return nil
	}
	text, err := exec.Command(nft, "list", "ruleset").CombinedOutput()
	if err != nil {
		return []string{"rules can't be listed: " + string(text)}
	}
	var left []string
	set := ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && (words[0] == "set" || words[0] == "map"):
			set = words[1]
		case len(words) > 0 && words[0] == "elements" && ownedByContainers[set]:
			left = append(left, "rules in "+set+": "+strings.TrimSpace(line))
		}
	}
	return left
}

// ownedByContainers are the sets of bantam's tables that are empty when nobody runs.
var ownedByContainers = map[string]bool{
	"ports4": true, "ports6": true, "host-ports4": true, "host-ports6": true,
	"sources4": true, "guarded": true, "macs": true, "addresses4": true, "addresses6": true,
}
