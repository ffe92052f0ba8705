package folder

import (
	"encoding/json"
	"testing"
	"time"

	"bantam/internal/network"
	"bantam/internal/statefile"

	"github.com/google/go-cmp/cmp"
)

func decode(m statefile.Members, b []byte) error { return statefile.Decode(b, m) }

func full() *Record {
	return &Record{
		ID: "ab", Name: "hen", Created: time.Unix(1, 5).UTC(), Path: "/bin/sh", Args: []string{"-c", "a \"b\"\n\t\\ \x01 ü \u2028"},
		Image: "sha256:1", Layers: []string{"/l/1", "/l/2"},
		Config: Config{
			Hostname: "h", User: "u:g", AttachStdin: true, Tty: true, OpenStdin: true, StdinOnce: true, Env: []string{"A=b", "C="},
			Cmd: []string{"x", ""}, Image: "box", WorkingDir: "/w", Entrypoint: []string{"e"}, Labels: map[string]string{"a": "b", "": "x"}, StopSignal: "SIGTERM", StopTimeout: new(int64), Volumes: []string{"/v"}, Healthcheck: &Healthcheck{Test: []string{"NONE"}, Retries: 3},
		},
		Host: HostConfig{
			Binds: []string{"/a:/b"}, VolumesFrom: []string{"c:ro"}, NetworkMode: "none", PortBindings: []PortBinding{{"80/tcp", "1.2.3.4", "8000-8010"}}, PublishAllPorts: true, Links: []string{"a:b"}, AutoRemove: true, CapAdd: []string{"ALL"}, CapDrop: []string{"KILL"}, Privileged: true,
			ReadonlyRootfs: true, Umask: new(int64), Rows: 24, Cols: 80, SecurityOpt: []string{"seccomp=unconfined"}, Tmpfs: map[string]string{"/t": "size=1"}, ShmSize: 1,
			LogConfig: LogConfig{"json-file", 10, 2, true, true, 5, "t", map[string]string{"a": "b"}, map[string]string{"max-file": "2"}}, Annotations: map[string]string{"k": "v"},
			Resources: Resources{NanoCpus: 5, PidsLimit: -1, Memory: 1 << 40, MemorySwappiness: new(int64), Ulimits: []Ulimit{{"nofile", -1, 5}}, Devices: []Device{{"/a", "/b", "rw"}}, BlkioWeightDevice: []Rate{{"/dev/x", 5}}},
		},
		Networks: []network.Attachment{{Network: "n", GwPriority: 2}},
		Mounts:   []Mount{{Type: "volume", Name: "v", Source: "/s", Destination: "/d", ReadOnly: true, Propagation: "rshared", Mode: "z", Subpath: "a/b", NoCopy: true, Anonymous: true, Chown: true, Layers: []string{"/l"}, VolumeOptions: map[string]string{"o": "x"}, VolumeLabels: map[string]string{"l": ""}}, {Source: "/\xff", Destination: "/x"}},
	}
}

func TestRecordRoundTrip(t *testing.T) {
	for _, r := range []*Record{full(), {}} {
		b := statefile.Encode(r.members)
		if !json.Valid(b) {
			t.Errorf("not JSON: %s", b)
		}
		var got Record
		if err := decode(got.members, b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, &got); d != "" {
			t.Errorf("differs after a round trip:\n%s", d)
		}
	}
}

// What encoding/json writes is read too, with unknown fields of every kind.
func TestForeignJSON(t *testing.T) {
	r := full()
	r.Mounts[1].Source = "/z" // encoding/json keeps only UTF-8
	plain, err := json.MarshalIndent(struct {
		New  []any
		More map[string]any
		*Record
		HostConfig HostConfig
	}{[]any{1.5e3, nil, true, "x", []int{}, map[string]int{"a": -1}}, map[string]any{"deep": []any{false}}, r, r.Host}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	var got Record
	if err := decode(got.members, plain); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, &got); d != "" {
		t.Errorf("differs:\n%s", d)
	}
}

func TestStateCodec(t *testing.T) {
	s := &State{Running, 12, 1 << 50, "boot", 255, "why \"so\"", time.Unix(3, 0).UTC(), time.Unix(4, 1).UTC(), true, 3, "/bantam/x", 77, 9, [2]uint64{7, 8}, &Health{"healthy", 1, []Probe{{time.Unix(5, 0).UTC(), time.Unix(6, 0).UTC(), 1, "out"}}}, []network.Endpoint{{Network: "n", Names: []string{"a"}}}}
	var got State
	if err := decode(got.members, statefile.Encode(s.members)); err != nil || !cmp.Equal(&got, s) {
		t.Errorf("%+v, %v, want %+v", got, err, s)
	}
}

func TestBrokenFilesAreErrors(t *testing.T) {
	whole := statefile.Encode(full().members)
	for cut := range len(whole) - 1 {
		var r Record
		if decode(r.members, whole[:cut]) == nil {
			t.Fatalf("the first %d bytes of a record were accepted: %s", cut, whole[:cut])
		}
	}
	for _, bad := range []string{`{"Pid":"x"}`, `{"Pid":1}x`, `{"OOM":1}`, `[]`, `{"Started":"now"}`, `{"Error":"\q"}`, `{"Error":"\u12"}`, `{,}`} {
		var s State
		if decode(s.members, []byte(bad)) == nil {
			t.Errorf("%s was accepted as %+v", bad, s)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(statefile.Encode(full().members))
	f.Add([]byte(`{"Config":{"Labels":null},"x":[1,{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again Record
		if decode(r.members, b) != nil {
			return
		}
		if err := decode(again.members, statefile.Encode(r.members)); err != nil {
			t.Errorf("own encoding is refused: %v: %s", err, statefile.Encode(r.members))
		}
	})
}
