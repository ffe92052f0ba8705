package api

import (
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// What is wrong with a further process is printed where its output would be, and its exit code tells it, as docker
// does; what is wrong with the request has a status.
func TestExecGoesWrong(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	before := s.descriptors()
	id := create(t, c, "host", container.Config{Cmd: []string{"sleep", "1000"}}, container.HostConfig{})
	must[client.ContainerStartResult](t)(c.ContainerStart(ctx, id, client.ContainerStartOptions{}))
	for _, tty := range []bool{false, true} {
		code, out := execute(t, c, id, tty, "", "nosuch")
		if code != 127 || !strings.Contains(out, `exec: "nosuch": executable file not found in $PATH`) || !strings.HasSuffix(out, "\r\n") {
			t.Errorf("a program that is not there, terminal %v: %d, %q", tty, code, out)
		}
	}
	if code, out := execute(t, c, id, false, "", "/etc/passwd"); code != 126 || !strings.Contains(out, "permission denied") {
		t.Errorf("no program: %d, %q", code, out)
	}
	x := must[client.ExecCreateResult](t)(c.ExecCreate(ctx, id, client.ExecCreateOptions{Cmd: []string{"true"}}))
	if _, err := c.ContainerPause(ctx, id, client.ContainerPauseOptions{}); err == nil {
		if _, err := c.ExecAttach(ctx, x.ID, client.ExecAttachOptions{}); err == nil {
			t.Error("one starts in a paused container")
		}
		must[client.ContainerUnpauseResult](t)(c.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{}))
	}
	must[client.ExecStartResult](t)(c.ExecStart(ctx, x.ID, client.ExecStartOptions{Detach: true}))
	if _, err := c.ExecStart(ctx, x.ID, client.ExecStartOptions{Detach: true}); !cerrdefs.IsConflict(err) {
		t.Errorf("started again: %v", err)
	}
	must[client.ContainerStopResult](t)(c.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: new(int)}))
	if _, err := c.ExecStart(ctx, x.ID, client.ExecStartOptions{Detach: true}); !cerrdefs.IsConflict(err) {
		t.Errorf("started in a container that has ended: %v", err)
	}
	c.Close()
	s.settled(before)
}
