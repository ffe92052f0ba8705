package api

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// bantamd is killed again and again while containers run, start and end. No container and
// no exit code is lost: what a client has seen created is there, and ends with its own code.
func TestKilledUnderLoad(t *testing.T) {
	s := start(t)
	c := s.client()
	const workers, each = 4, 8
	stop := make(chan struct{})
	var done atomic.Int64 // operations: a loaded machine does none in 500 ms, and none ever if each life is as short
	var kills sync.WaitGroup
	kills.Go(func() {
		before := int64(-1)
		for kill := time.NewTicker(500 * time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-kill.C:
				if done.Load() == before {
					continue
				}
				before = done.Load()
				s.kill()
				s.run()
			}
		}
	})
	codes := make([]map[string]int, workers)
	var work sync.WaitGroup
	for w := range workers {
		codes[w] = map[string]int{}
		work.Go(func() {
			for i := range each {
				code := w*each + i + 1
				name := fmt.Sprintf("egg-%d-%d", w, i)
				again(t, func() error { return ensure(t, c, name, code) })
				done.Add(1)
				again(t, func() error {
					_, err := c.ContainerStart(patient(t), name, client.ContainerStartOptions{})
					return err
				})
				done.Add(1)
				codes[w][name] = code
			}
		})
	}
	work.Wait()
	close(stop)
	kills.Wait()
	for _, list := range codes {
		for name, code := range list {
			r := c.ContainerWait(patient(t), name, client.ContainerWaitOptions{})
			select {
			case got := <-r.Result:
				if int(got.StatusCode) != code {
					t.Errorf("%s: exit code %d, want %d", name, got.StatusCode, code)
				}
			case err := <-r.Error:
				t.Errorf("%s: %v", name, err)
			}
			must[client.ContainerRemoveResult](t)(c.ContainerRemove(patient(t), name, client.ContainerRemoveOptions{}))
		}
	}
}

// ensure makes a container, unless an earlier try, whose answer was lost, has made it.
func ensure(t *testing.T, c *client.Client, name string, code int) error {
	_, err := c.ContainerCreate(patient(t), client.ContainerCreateOptions{
		Name:       name,
		Config:     &container.Config{Image: "box", Cmd: []string{"sh", "-c", "sleep 0.05; exit " + strconv.Itoa(code)}},
		HostConfig: &container.HostConfig{NetworkMode: "none"},
	})
	if err != nil && strings.Contains(err.Error(), "is already in use") {
		return nil
	}
	return err
}

// again repeats a request whose connection the killed server has broken.
func again(t *testing.T, request func() error) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		err := request()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}
