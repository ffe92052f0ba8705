package docker

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/network"
)

// members are the names of a JSON document's members.
func members(t *testing.T, v any) map[string]json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// exact says that a document has no member that docker's newest type lacks.
func exact(t *testing.T, v, to any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		t.Errorf("%v in %s", err, b)
	}
}

func TestFormSince52(t *testing.T) {
	old, now := &call{minor: 51}, &call{minor: 52}
	c := &engine.ContainerJSON{NetworkSettings: engine.NetworkSettingsJSON{IPAddress: "10.0.0.2", SandboxID: "s", Networks: map[string]*engine.EndpointJSON{"n": {NetworkID: "i"}}}}
	exact(t, now.containerFor(c), &container.InspectResponse{})
	if old.containerFor(c) != any(c) {
		t.Error("1.51 has another form of a container")
	}
	var n map[string]json.RawMessage
	if err := json.Unmarshal(members(t, now.containerFor(c))["NetworkSettings"], &n); err != nil || n["IPAddress"] != nil || !strings.Contains(string(n["Networks"]), `"NetworkID":"i"`) {
		t.Errorf("%v: %s", err, n)
	}

	i := &engine.ImageJSON{ID: "sha256:1", Config: engine.ConfigJSON{Cmd: []string{"sh"}}}
	m := members(t, now.imageFor(i, nil))
	if string(m["Config"]) != `{"Cmd":["sh"]}` || m["Comment"] != nil || string(m["Id"]) != `"sha256:1"` {
		t.Errorf("%s", m)
	}
	exact(t, now.imageFor(i, nil), &image.InspectResponse{})
	if m := members(t, old.imageFor(i, nil)); m["Comment"] == nil || !strings.Contains(string(m["Config"]), "Labels") {
		t.Errorf("1.51: %s", m)
	}

	e := &engine.Event{Status: "start", ID: "i", From: "box", Type: "container", Action: "start"}
	if got := now.eventFor(e); got.Status+got.ID+got.From != "" || got.Action != "start" || e.Status == "" {
		t.Errorf("%+v", got)
	}
	if old.eventFor(e) != e {
		t.Error("1.51 has another form of an event")
	}
}

func TestStreamType(t *testing.T) {
	for _, c := range []struct {
		minor  int
		accept []string
		want   string
	}{
		{51, []string{"application/x-ndjson"}, "application/json"},
		{52, nil, "application/json"},
		{52, []string{"text/html, application/x-ndjson;q=0.9"}, "application/x-ndjson"},
		{52, []string{"application/json-seq", "application/x-ndjson"}, "application/json-seq"},
		{52, []string{"application/jsonl"}, "application/json"},
		{53, []string{"application/jsonl"}, "application/jsonl"},
	} {
		r := httptest.NewRequest("GET", "/events", nil)
		r.Header["Accept"] = c.accept
		if got := (&call{r: r, minor: c.minor}).streamType(); got != c.want {
			t.Errorf("1.%d with %v: %s, want %s", c.minor, c.accept, got, c.want)
		}
	}
	var b bytes.Buffer
	if err := encodeAs("application/json-seq", &b, 1); err != nil || b.String() != "\x1e1\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestUsageForms(t *testing.T) {
	s := server(t)
	for target, want := range map[string][]string{
		"/v1.51/system/df":                          {"BuildCache", "Containers", "Images", "LayersSize", "Volumes"},
		"/v1.52/system/df":                          {"BuildCache", "BuildCacheUsage", "ContainerUsage", "Containers", "ImageUsage", "Images", "LayersSize", "VolumeUsage", "Volumes"},
		"/v1.52/system/df?verbose=1":                {"BuildCacheUsage", "ContainerUsage", "ImageUsage", "VolumeUsage"},
		"/v1.53/system/df":                          {"BuildCacheUsage", "ContainerUsage", "ImageUsage", "VolumeUsage"},
		"/v1.53/system/df?type=volume&type=image":   {"ImageUsage", "VolumeUsage"},
		"/v1.53/system/df?type=container&verbose=1": {"ContainerUsage"},
	} {
		w := ask(s, "GET", target, "")
		var m map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
			t.Errorf("%s: %v in %s", target, err, w.Body)
		}
		var got []string
		for k := range m {
			got = append(got, k)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", target, got, want)
		}
	}
}

func TestWholeMAC(t *testing.T) {
	r := &createRequest{CreateRequest: container.CreateRequest{Config: &container.Config{}, HostConfig: &container.HostConfig{NetworkMode: "nest"}}, MacAddress: network.HardwareAddr{2, 0, 0, 0, 0, 1}}
	if o := networking(r); len(o.Endpoints) != 1 || o.Endpoints[0].Network != "nest" || o.Endpoints[0].MAC != "02:00:00:00:00:01" {
		t.Errorf("%+v", o)
	}
	if w := ask(server(t), "POST", "/v1.52/containers/create", `{"Image":"box","MacAddress":"02:00:00:00:00:01"}`); w.Code != 400 || !strings.Contains(w.Body.String(), "MAC address") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
