package api

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/blkiodev"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
)

// printed runs a container to its end and returns its output; with a terminal all of it.
func printed(t *testing.T, c *client.Client, name string, config container.Config, host container.HostConfig) string {
	t.Helper()
	ctx := patient(t)
	id := create(t, c, name, config, host)
	at := must[client.ContainerAttachResult](t)(c.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true}))
	defer at.Close()
	must[client.ContainerStartResult](t)(c.ContainerStart(ctx, id, client.ContainerStartOptions{}))
	var text strings.Builder
	if _, err := at.Reader.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Anonymous volumes, those of another container, the umask and the terminal's first size come from the request alone.
func TestCreatedAsAsked(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	printed(t, c, "holder", container.Config{Cmd: []string{"sh", "-c", "echo kept >/data/file"}, Volumes: map[string]struct{}{"/data": {}}}, container.HostConfig{})
	mask := uint32(0o027)
	got := printed(t, c, "heir", container.Config{Cmd: []string{"sh", "-c", "cat /data/file; umask; stty size"}, Tty: true},
		container.HostConfig{VolumesFrom: []string{"holder"}, Umask: &mask, ConsoleSize: [2]uint{33, 111}})
	if got != "kept\r\n0027\r\n33 111\r\n" {
		t.Errorf("%q", got)
	}
	i := must[client.ContainerInspectResult](t)(c.ContainerInspect(ctx, "heir", client.ContainerInspectOptions{}))
	if h := i.Container.HostConfig; h.Umask == nil || *h.Umask != mask || h.ConsoleSize != [2]uint{33, 111} {
		t.Errorf("inspect: %+v", h)
	}
	for _, name := range []string{"heir", "holder"} {
		must[client.ContainerRemoveResult](t)(c.ContainerRemove(ctx, name, client.ContainerRemoveOptions{RemoveVolumes: true}))
	}
	if list := must[client.VolumeListResult](t)(c.VolumeList(ctx, client.VolumeListOptions{})); len(list.Items) > 0 {
		t.Errorf("volumes are left: %+v", list.Items)
	}
}

// The limits of single devices of a running container can be changed and, with another device, lifted.
func TestUpdateDevices(t *testing.T) {
	for _, d := range []string{"/dev/loop0", "/dev/loop1"} {
		var st unix.Stat_t
		if unix.Stat(d, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
			testenv.Need(t, d, false)
		}
	}
	s := start(t)
	c, ctx := s.client(), patient(t)
	id := create(t, c, "slow", container.Config{Cmd: []string{"sleep", "1000"}}, container.HostConfig{})
	must[client.ContainerStartResult](t)(c.ContainerStart(ctx, id, client.ContainerStartOptions{}))
	i := must[client.ContainerInspectResult](t)(c.ContainerInspect(ctx, id, client.ContainerInspectOptions{}))
	for _, d := range []string{"/dev/loop0", "/dev/loop1"} {
		_, err := c.ContainerUpdate(ctx, id, client.ContainerUpdateOptions{Resources: &container.Resources{BlkioDeviceReadBps: []*blkiodev.ThrottleDevice{{Path: d, Rate: 1048576}}}})
		if err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Stat(d, &st); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
		if got := readRates(t, i.Container.State.Pid); len(got) != 1 || !strings.HasPrefix(got[0], want+" ") || !strings.Contains(got[0], "1048576") {
			t.Errorf("after %s, which is %s: %q", d, want, got)
		}
	}
	i = must[client.ContainerInspectResult](t)(c.ContainerInspect(ctx, id, client.ContainerInspectOptions{}))
	if list := i.Container.HostConfig.BlkioDeviceReadBps; len(list) != 1 || list[0].Path != "/dev/loop1" {
		t.Errorf("inspect: %+v", list)
	}
}

// What no container could have is the client's mistake (400), what this one can't have a conflict (409), as with docker.
func TestUpdateRefused(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	id := create(t, c, "wren", container.Config{Cmd: []string{"true"}}, container.HostConfig{Resources: container.Resources{NanoCPUs: 1e9}})
	for _, u := range []client.ContainerUpdateOptions{
		{Resources: &container.Resources{CPUPeriod: -1}},
		{Resources: &container.Resources{CPUQuota: 1}},
		{Resources: &container.Resources{CPUShares: -1}},
		{Resources: &container.Resources{CpusetCpus: "x"}},
		{Resources: &container.Resources{CpusetCpus: "999"}},
		{Resources: &container.Resources{CpusetMems: "999"}},
		{Resources: &container.Resources{Memory: 1}},
		{Resources: &container.Resources{BlkioWeight: 1}},
		{RestartPolicy: &container.RestartPolicy{Name: "sometimes"}},
	} {
		if _, err := c.ContainerUpdate(ctx, id, u); !cerrdefs.IsInvalidArgument(err) || strings.Contains(err.Error(), "Cannot update") {
			t.Errorf("%+v %+v: %v", u.Resources, u.RestartPolicy, err)
		}
	}
	if _, err := c.ContainerUpdate(ctx, id, client.ContainerUpdateOptions{Resources: &container.Resources{CPUPeriod: 50000}}); !cerrdefs.IsConflict(err) {
		t.Errorf("a period beside a number of CPUs: %v", err)
	}
}

// A network's name that is taken is a conflict, a mode of --volumes-from that there isn't the client's mistake.
func TestCreateRefused(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	must[client.NetworkCreateResult](t)(c.NetworkCreate(ctx, "nest", client.NetworkCreateOptions{}))
	if _, err := c.NetworkCreate(ctx, "nest", client.NetworkCreateOptions{}); !cerrdefs.IsConflict(err) {
		t.Errorf("a network's name twice: %v", err)
	}
	create(t, c, "holder", container.Config{Cmd: []string{"true"}}, container.HostConfig{})
	_, err := c.ContainerCreate(ctx, client.ContainerCreateOptions{Image: "box", HostConfig: &container.HostConfig{VolumesFrom: []string{"holder:sometimes"}}})
	if !cerrdefs.IsInvalidArgument(err) {
		t.Errorf("a mode of volumes: %v", err)
	}
}

// readRates are the lines of a process's control group that limit reading.
func readRates(t *testing.T, pid int) []string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		file := filepath.Join("/sys/fs/cgroup/blkio", part[2], "blkio.throttle.read_bps_device")
		if part[1] == "" {
			file = filepath.Join("/sys/fs/cgroup", part[2], "io.max")
		} else if !strings.Contains(part[1], "blkio") {
			continue
		}
		if b, err := os.ReadFile(file); err == nil {
			return strings.Split(strings.TrimSpace(string(b)), "\n")
		}
	}
	t.Skip("no control group with limits of devices")
	return nil
}
