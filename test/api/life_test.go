package api

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// create makes a container of box.
func create(t *testing.T, c *client.Client, name string, config container.Config, host container.HostConfig) string {
	t.Helper()
	config.Image = "box"
	host.NetworkMode = "none"
	r, err := c.ContainerCreate(patient(t), client.ContainerCreateOptions{Name: name, Config: &config, HostConfig: &host})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// split reads framed outputs to their end.
func split(t *testing.T, r io.Reader) (out, err string) {
	t.Helper()
	var a, b bytes.Buffer
	if _, e := stdcopy.StdCopy(&a, &b, r); e != nil {
		t.Fatal(e)
	}
	return a.String(), b.String()
}

// A run as docker's client does it: attached and waiting before the start, so that not a byte is missed.
func TestAttachBeforeStart(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	before := s.descriptors()
	for range 5 {
		id := create(t, c, "", container.Config{
			Cmd: []string{"sh", "-c", "cat; echo err >&2; exit 7"}, OpenStdin: true, StdinOnce: true,
			AttachStdin: true, AttachStdout: true, AttachStderr: true,
		}, container.HostConfig{AutoRemove: true})
		at := must[client.ContainerAttachResult](t)(c.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true}))
		waited := c.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
		must[client.ContainerStartResult](t)(c.ContainerStart(ctx, id, client.ContainerStartOptions{}))
		text := strings.Repeat("a line of text\n", 20000)
		go func() {
			io.WriteString(at.Conn, text)
			at.CloseWrite()
		}()
		out, errs := split(t, at.Reader)
		if out != text || errs != "err\n" {
			t.Errorf("%d bytes of output, want %d; %q", len(out), len(text), errs)
		}
		at.Close()
		select {
		case r := <-waited.Result:
			if r.StatusCode != 7 || r.Error != nil {
				t.Errorf("exit code %d, %v", r.StatusCode, r.Error)
			}
		case err := <-waited.Error:
			t.Fatal(err)
		}
		if _, err := c.ContainerInspect(ctx, id, client.ContainerInspectOptions{}); err == nil {
			t.Error("it is still there")
		}
	}
	c.Close()
	s.settled(before)
}

func TestLife(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	id := create(t, c, "bird", container.Config{
		Cmd: []string{"sh", "-c", "echo one; echo two >&2; exec sleep 1000"}, Labels: map[string]string{"kind": "finch"},
	}, container.HostConfig{})
	must[client.ContainerStartResult](t)(c.ContainerStart(ctx, id, client.ContainerStartOptions{}))

	list := must[client.ContainerListResult](t)(c.ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("label", "kind=finch")}))
	if len(list.Items) != 1 || list.Items[0].Names[0] != "/bird" || list.Items[0].State != "running" {
		t.Errorf("list: %+v", list.Items)
	}
	i := must[client.ContainerInspectResult](t)(c.ContainerInspect(ctx, "bird", client.ContainerInspectOptions{}))
	if i.Container.ID != id || !i.Container.State.Running || i.Container.Config.Labels["kind"] != "finch" {
		t.Errorf("inspect: %+v", i.Container)
	}
	knownFields(t, i.Raw, &container.InspectResponse{})

	for out := ""; !strings.Contains(out, "two"); {
		logs := must[client.ContainerLogsResult](t)(c.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true}))
		a, b := split(t, logs)
		out = a + b
	}

	code, out := execute(t, c, id, false, "input", "sh", "-c", "cat; exit 3")
	if code != 3 || out != "input" {
		t.Errorf("exec: %d, %q", code, out)
	}
	if code, out := execute(t, c, id, true, "", "tty"); code != 0 || !strings.HasPrefix(out, "/dev/pts/") {
		t.Errorf("exec with a terminal: %d, %q", code, out)
	}
	archive(t, c, id)

	top := must[client.ContainerTopResult](t)(c.ContainerTop(ctx, id, client.ContainerTopOptions{}))
	if len(top.Processes) != 1 || top.Titles[len(top.Titles)-1] != "CMD" {
		t.Errorf("top: %+v", top)
	}
	st := must[client.ContainerStatsResult](t)(c.ContainerStats(ctx, id, client.ContainerStatsOptions{}))
	var sample container.StatsResponse
	if err := json.NewDecoder(st.Body).Decode(&sample); err != nil || sample.ID != id || sample.CPUStats.CPUUsage.TotalUsage == 0 {
		t.Errorf("stats: %v, %+v", err, sample)
	}
	st.Body.Close()
	must[client.ContainerPauseResult](t)(c.ContainerPause(ctx, id, client.ContainerPauseOptions{}))
	must[client.ContainerUnpauseResult](t)(c.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{}))
	must[client.ContainerRenameResult](t)(c.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: "wren"}))
	waited := c.ContainerWait(ctx, id, client.ContainerWaitOptions{})
	must[client.ContainerStopResult](t)(c.ContainerStop(ctx, "wren", client.ContainerStopOptions{Signal: "SIGKILL"}))
	if r := <-waited.Result; r.StatusCode != 137 {
		t.Errorf("exit code %d", r.StatusCode)
	}
	must[client.ContainerRemoveResult](t)(c.ContainerRemove(ctx, id, client.ContainerRemoveOptions{}))
	wantEvents(t, c, id, "create", "start", "pause", "unpause", "rename", "die", "stop", "destroy")
}

// knownFields: what bantam answers has no member that docker's type lacks.
func knownFields(t *testing.T, raw []byte, to any) {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "NetworkSettings") // has members that moby's newest types have no more
	rest, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(rest))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		t.Errorf("%v in %s", err, raw)
	}
}

func execute(t *testing.T, c *client.Client, id string, tty bool, input string, args ...string) (code int, output string) {
	t.Helper()
	ctx := patient(t)
	x := must[client.ExecCreateResult](t)(c.ExecCreate(ctx, id, client.ExecCreateOptions{Cmd: args, AttachStdin: true, AttachStdout: true, AttachStderr: true, TTY: tty}))
	at := must[client.ExecAttachResult](t)(c.ExecAttach(ctx, x.ID, client.ExecAttachOptions{TTY: tty}))
	defer at.Close()
	if _, err := io.WriteString(at.Conn, input); err != nil {
		t.Fatal(err)
	}
	if !tty {
		at.CloseWrite()
	}
	if tty {
		b, err := io.ReadAll(at.Reader)
		if err != nil {
			t.Fatal(err)
		}
		output = string(b)
	} else {
		output, _ = split(t, at.Reader)
	}
	i := must[client.ExecInspectResult](t)(c.ExecInspect(ctx, x.ID, client.ExecInspectOptions{}))
	if i.Running || i.ContainerID != id {
		t.Errorf("exec inspect: %+v", i)
	}
	return i.ExitCode, output
}

// archive copies a file in, compressed as docker's clients may, and out again.
func archive(t *testing.T, c *client.Client, id string) {
	t.Helper()
	ctx := patient(t)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Name: "egg", Mode: 0o640, Size: 5, Typeflag: tar.TypeReg})
	_, _ = w.Write([]byte("white"))
	_ = w.Close()
	_ = z.Close()
	must[client.CopyToContainerResult](t)(c.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/tmp", Content: &b}))
	st := must[client.ContainerStatPathResult](t)(c.ContainerStatPath(ctx, id, client.ContainerStatPathOptions{Path: "/tmp/egg"}))
	if st.Stat.Name != "egg" || st.Stat.Size != 5 || st.Stat.Mode.Perm() != 0o640 {
		t.Errorf("stat: %+v", st.Stat)
	}
	got := must[client.CopyFromContainerResult](t)(c.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: "/tmp/egg"}))
	defer got.Content.Close()
	r := tar.NewReader(got.Content)
	h, err := r.Next()
	if err != nil || h.Name != "egg" {
		t.Fatalf("%v, %+v", err, h)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "white" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.ContainerStatPath(ctx, id, client.ContainerStatPathOptions{Path: "/nope"}); !cerrdefs.IsNotFound(err) {
		t.Errorf("stat of nothing: %v", err)
	}
	changes := must[client.ContainerDiffResult](t)(c.ContainerDiff(ctx, id, client.ContainerDiffOptions{}))
	found := false
	for _, ch := range changes.Changes {
		found = found || ch.Path == "/tmp/egg" && ch.Kind == container.ChangeAdd
	}
	if !found {
		t.Errorf("changes: %+v", changes.Changes)
	}
}

// wantEvents replays a container's events, which contain these in this order.
func wantEvents(t *testing.T, c *client.Client, id string, want ...string) {
	t.Helper()
	now := time.Now()
	r := c.Events(patient(t), client.EventsListOptions{Since: "1", Until: fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond()), Filters: client.Filters{}.Add("container", id)})
	var got []string
	for open := true; open; {
		select {
		case m := <-r.Messages:
			got = append(got, string(m.Action))
			if len(want) > 0 && string(m.Action) == want[0] {
				want = want[1:]
			}
		case err := <-r.Err:
			if err != nil && err != io.EOF {
				t.Fatal(err)
			}
			open = false
		}
	}
	if len(want) > 0 {
		t.Errorf("events %v lack %v", got, want)
	}
}
