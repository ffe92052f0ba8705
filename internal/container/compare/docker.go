package compare

import (
	"fmt"
	"strconv"
	"strings"

	"bantam/internal/statefile"
)

// Docker is what there is to know of the docker to compare with.
type Docker struct {
	Version string `json:"version"`
	// Running: it is one that answered, not docker as it comes.
	Running bool `json:"running"`
	// Root is where it keeps its files.
	Root string `json:"root"`
	// CgroupDriver is cgroupfs or systemd.
	CgroupDriver string `json:"cgroupDriver"`
	CgroupV2     bool   `json:"cgroupV2"`
	LogDriver    string `json:"logDriver"`
	number       version
}

// newest is the docker whose defaults bantam has; a later one is taken for it.
const newest = "29"

// Stock is docker as it comes, on a machine with systemd or without, and with cgroup v2 or v1.
func Stock(systemd, v2 bool) *Docker {
	d := &Docker{Version: newest, Root: "/var/lib/docker", CgroupDriver: "cgroupfs", CgroupV2: v2, LogDriver: "json-file"}
	if systemd && v2 { // daemon_unix.go: UsingSystemd
		d.CgroupDriver = "systemd"
	}
	d.number = parseVersion(d.Version)
	return d
}

// Running reads dockerd's answer to /info (Docker Engine API, SystemInfo).
func Running(info []byte) (*Docker, error) {
	d := &Docker{Running: true}
	var cgroups string
	err := statefile.Decode(info, func(f *statefile.Fields) {
		f.Str("ServerVersion", &d.Version)
		f.Str("DockerRootDir", &d.Root)
		f.Str("CgroupDriver", &d.CgroupDriver)
		f.Str("CgroupVersion", &cgroups)
		f.Str("LoggingDriver", &d.LogDriver)
	})
	if err != nil {
		return nil, fmt.Errorf("read docker's description of itself: %w", err)
	}
	d.CgroupV2 = cgroups == "2"
	d.number = parseVersion(d.Version)
	return d, nil
}

// version is major, minor and patch.
type version [3]int

func (v version) before(w version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// parseVersion reads 20.10.24+dfsg1. What is not of that form is taken for the newest.
func parseVersion(text string) (v version) {
	for i, part := range strings.SplitN(text, ".", 3) {
		if end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			part = part[:end]
		}
		n, err := strconv.Atoi(part)
		if err != nil && i == 0 {
			return parseVersion(newest)
		}
		v[i] = n
	}
	return v
}

func (d *Docker) within(since, until version) bool {
	return !d.number.before(since) && (until == version{} || d.number.before(until))
}

// String names it for people.
func (d *Docker) String() string {
	if d.Running {
		return "docker " + d.Version + ", which runs here"
	}
	return "docker " + d.Version + " as it comes (none answers here)"
}
