package compare

import (
	"slices"
	"strings"
	"testing"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func subject(t *testing.T, d *Docker, change func(*folder.Record)) *Subject {
	t.Helper()
	r := &folder.Record{ID: strings.Repeat("ab", 32), Path: "/bin/true", Host: folder.HostConfig{NetworkMode: "none", LogConfig: folder.LogConfig{Type: "none"}}}
	change(r)
	spec := func() *specs.Spec {
		f := folder.Folder{Dir: "/r/containers/" + r.ID}
		s, err := dockerspec.Make(dockerspec.Input{Record: r, Folder: f, Names: f, Host: dockerspec.Host{CgroupV2: d.CgroupV2}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return &Subject{Record: r, Docker: d, Root: "/r", Ours: spec(), Theirs: spec()}
}

// topics are the titles of what is told.
func topics(list []Difference) (titles []string) {
	for _, d := range list {
		titles = append(titles, d.Topic)
	}
	return titles
}

func TestVersions(t *testing.T) {
	always := []string{"looked after by", "root", "own files"}
	for _, c := range []struct {
		version string
		v2      bool
		want    []string
	}{
		{"29.1.0", true, []string{"cgroup", "OOM score", "runtime"}},
		{"29.1.0", false, []string{"cgroup namespace", "cgroup", "OOM score", "runtime"}},
		{"28.0.1", true, []string{"cgroup", "system calls", "hidden paths", "OOM score", "runtime"}},
		{"20.10.24+dfsg1", true, []string{"cgroup", "capabilities", "system calls", "hidden paths", "read-only mounts", "OOM score", "runtime"}},
		{"dev", true, []string{"cgroup", "OOM score", "runtime"}},
	} {
		d := Stock(false, c.v2)
		d.number = parseVersion(c.version)
		got := topics(subject(t, d, func(r *folder.Record) {
			r.Host.CapAdd = []string{"ALL"}
			r.Mounts = []folder.Mount{{Source: "/a", Destination: "/a", ReadOnly: true}}
		}).Differences())
		want := slices.Concat(always, c.want)
		if !slices.Equal(got, want) {
			t.Errorf("docker %s: %q, want %q", c.version, got, want)
		}
	}
}

func TestSystemdDriver(t *testing.T) {
	s := subject(t, Stock(true, true), func(*folder.Record) {})
	for _, d := range s.Differences() {
		if d.Topic == "cgroup" && (d.Docker != "/system.slice/docker-ID.scope, made by systemd" || d.Bantam != "/bantam/ID") {
			t.Errorf("%+v", d)
		}
	}
}

// What docker has no option for is told as missing there.
func TestOnlyOurs(t *testing.T) {
	s := subject(t, Stock(false, true), func(r *folder.Record) {
		r.Host.IDStart, r.Host.IDSize, r.Host.Systemd = 100000, 65536, true
	})
	list := s.Differences()
	for topic, want := range map[string][2]string{
		"user namespace": {"the host's: its root is the host's root", "its own: its ids are 100000 to 165535 of the host"},
		"systemd":        {"nothing is prepared for it", "in memory /run /tmp /run/lock /var/log/journal, and a writable control group"},
	} {
		i := slices.Index(topics(list), topic)
		if i < 0 || list[i].Docker != want[0] || list[i].Bantam != want[1] {
			t.Errorf("%s: %+v", topic, list)
		}
	}
}

func TestRunning(t *testing.T) {
	d, err := Running([]byte(`{"ServerVersion":"24.0.6","DockerRootDir":"/d","CgroupDriver":"systemd","CgroupVersion":"2","LoggingDriver":"local","Plugins":{"Log":["x"]}}`))
	if err != nil || d.number != (version{24, 0, 6}) || d.Root != "/d" || !d.CgroupV2 || d.CgroupDriver != "systemd" || d.LogDriver != "local" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Running([]byte("[")); err == nil {
		t.Error("not JSON, and no error")
	}
}
