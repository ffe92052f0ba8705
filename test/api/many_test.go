package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// runTrue is `docker run --rm`: attached and waiting before the start. It returns the id.
func runTrue(t *testing.T, c *client.Client) (id string, err error) {
	ctx := patient(t)
	r, err := c.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: "box", Cmd: []string{"true"}, AttachStdout: true, AttachStderr: true},
		HostConfig: &container.HostConfig{NetworkMode: "none", AutoRemove: true},
	})
	if err != nil {
		return "", err
	}
	at, err := c.ContainerAttach(ctx, r.ID, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return r.ID, err
	}
	defer at.Close()
	waited := c.ContainerWait(ctx, r.ID, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	_, err = c.ContainerStart(ctx, r.ID, client.ContainerStartOptions{})
	select {
	case end := <-waited.Result:
		if err == nil && end.StatusCode != 0 {
			err = fmt.Errorf("exit code %d", end.StatusCode)
		}
	case bad := <-waited.Error:
		if err == nil {
			err = bad
		} else if ctx.Err() != nil {
			err = fmt.Errorf("%w, and its end was not told", err)
		}
	}
	return r.ID, err
}

func TestHundredAtOnce(t *testing.T) {
	s := start(t)
	c := s.client()
	before := s.descriptors()
	for range 3 {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := runTrue(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	list := must[client.ContainerListResult](t)(c.ContainerList(patient(t), client.ContainerListOptions{All: true}))
	if len(list.Items) != 0 {
		t.Errorf("%d are left", len(list.Items))
	}
	c.Close()
	s.settled(before)
}

// A container that is to be removed when it ends is removed, too, where its monitor cannot be started, and nobody waits for ever.
func TestNoMonitor(t *testing.T) {
	t.Setenv("BANTAM_OCI", "/nowhere/bantam-oci")
	s := start(t)
	c := s.client()
	id, err := runTrue(t, c)
	if err == nil || !strings.Contains(err.Error(), "/nowhere/bantam-oci") || strings.Contains(err.Error(), "was not told") {
		t.Errorf("start: %v", err)
	}
	if _, err := c.ContainerInspect(patient(t), id, client.ContainerInspectOptions{}); err == nil {
		t.Error("it is still there")
	}
}
