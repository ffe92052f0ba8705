package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bantam/internal/container/folder"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironmentOrder(t *testing.T) {
	t.Setenv("BANTAM_TEST_HERE", "yes")
	file := filepath.Join(t.TempDir(), "vars")
	os.WriteFile(file, []byte("\ufeff# c\n\n  A=1\nBANTAM_TEST_HERE\nBANTAM_TEST_GONE\nB= x \n"), 0o600)
	o := &RunOptions{EnvFiles: []string{file}, Env: []string{"A=2", "DROP"}}
	own, err := o.environment()
	if err != nil {
		t.Fatal(err)
	}
	got := mergeEnv([]string{"PATH=/p", "DROP=1", "A=0"}, own)
	want := []string{"PATH=/p", "A=2", "BANTAM_TEST_HERE=yes", "B= x "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for text, want := range map[string]string{"=x": "no variable name on line '=x'", "a b=c": "variable 'a b' contains whitespaces"} {
		os.WriteFile(file, []byte(text), 0o600)
		if _, err := o.environment(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestEntrypointAndCommand(t *testing.T) {
	s := func(v ...string) []string { return v }
	img := &image{ID: "sha256:1", Config: imageConfig{Entrypoint: []string{"e", "1"}, Cmd: []string{"c"}, User: "u", WorkingDir: "/w", Labels: map[string]string{"a": "i", "b": "i"}}}
	for _, c := range []struct {
		entrypoint []string
		args       []string
		want       string
	}{
		{nil, nil, "e 1 c"},
		{nil, []string{"x", "y"}, "e 1 x y"},
		{s("new"), nil, "new"},
		{s("new"), []string{"x"}, "new x"},
		{s("new", "word"), []string{"x"}, "new word x"},
		{s(""), []string{"x"}, "x"},
		{s(""), nil, ""},
	} {
		r, err := (&RunOptions{Entrypoint: c.entrypoint, Command: c.args, Labels: []string{"a=o"}}).draft(img)
		if c.want == "" {
			if err == nil || err.Error() != "no command specified" {
				t.Errorf("nothing to run: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(append([]string{r.Path}, r.Args...), " "); got != c.want {
			t.Errorf("%v: %q, want %q", c, got, c.want)
		}
		if r.Config.User != "u" || r.Config.WorkingDir != "/w" || r.Config.Labels["a"] != "o" || r.Config.Labels["b"] != "i" {
			t.Errorf("inherited %+v", r.Config)
		}
		if img.Config.Labels["a"] != "i" {
			t.Error("the image was changed")
		}
	}
}

func TestBinds(t *testing.T) {
	for spec, want := range map[string]folder.Mount{
		"/a:/b":            {Source: "/a", Destination: "/b"},
		"/a/:/b/../c:ro,z": {Source: "/a", Destination: "/c", ReadOnly: true, Mode: "ro,z"},
		"/a:/b:rshared":    {Source: "/a", Destination: "/b", Propagation: "rshared", Mode: "rshared"},
		"/a:/b:rw,cached":  {Source: "/a", Destination: "/b", Mode: "rw,cached"},
		"/a":               {Type: "volume", Destination: "/a", Mode: "z"},
		"name:/b:nocopy,U": {Type: "volume", Name: "name", Destination: "/b", Mode: "nocopy,U", NoCopy: true, Chown: true},
	} {
		if got, err := parseBind(spec); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, %v", spec, got, err)
		}
	}
	for _, bad := range []string{"", ":/b", "/a:", "/a:b", "n:/b", "na me:/b", "name:/b:rshared", "/a:/b:nocopy", "/a:/b:ro,rw", "/a:/", "/a:/b:no", "/a:/b:ro:x", "/a:/b/.."} {
		if got, err := parseBind(bad); err == nil {
			t.Errorf("%q: %+v, want an error", bad, got)
		}
	}
	o := RunOptions{Volumes: []string{t.TempDir() + ":/b", t.TempDir() + ":/b"}}
	if _, err := o.mounts(&folder.HostConfig{}); err == nil || err.Error() != "Duplicate mount point: /b" {
		t.Errorf("two mounts at one place: %v", err)
	}
}

func TestChecks(t *testing.T) {
	img := &image{Config: imageConfig{Cmd: []string{"x"}}}
	for want, o := range map[string]RunOptions{
		"network-scoped aliases":               {NetworkOptions: NetworkOptions{Network: "none", Aliases: []string{"x"}}},
		"Minimum memory limit allowed is 6MB":  {Limits: LimitOptions{Memory: 1 << 20}},
		"range of CPUs is from 0.01 to":        {Limits: LimitOptions{NanoCPUs: -1}},
		"range of CPUs":                        {Limits: LimitOptions{NanoCPUs: 1}},
		"the working directory 'x' is invalid": {Workdir: "x"},
		"conflicting options: hostname":        {NetworkOptions: NetworkOptions{Network: "container:x"}, Hostname: "h"},
		"hostname and the UTS mode":            {UTS: "host", Hostname: "h"},
		"invalid PID mode":                     {PID: "x"},
		"invalid IPC mode":                     {IPC: "container:"},
		"unknown policy 'x'":                   {Restart: "x"},
		"can only be used with 'on-failure'":   {Restart: "always:3"},
		"cannot specify both --restart and":    {Restart: "always", Remove: true},
		"bad format for add-host":              {AddHosts: []string{"x"}},
		"invalid DNS address":                  {DNS: []string{"x"}},
		"is not allowed: it isn't kept":        {Sysctls: []string{"kernel.panic=1"}},
		"invalid ulimit type: x":               {Limits: LimitOptions{Ulimits: []string{"x=1"}}},
		"soft limit must be less":              {Limits: LimitOptions{Ulimits: []string{"nofile=5:4"}}},
		"invalid device specification":         {Limits: LimitOptions{Devices: []string{"/dev/null:/x:q"}}},
		"error gathering device information":   {Limits: LimitOptions{Devices: []string{"/dev/nothing"}}},
		"could not select device driver":       {Limits: LimitOptions{GPUs: "all"}},
		"Minimum memoryswap limit":             {Limits: LimitOptions{Memory: 64 << 20, MemorySwap: "32m"}},
		"invalid rate for device":              {Limits: LimitOptions{ReadBps: []string{"sda:1m"}}},
		"target is required":                   {Mounts: []string{"type=bind,src=/"}},
		"bind source path does not exist":      {Mounts: []string{"type=bind,src=/nope,dst=/x"}},
		"volume name is too short":             {Mounts: []string{"src=x,dst=/x"}},
		"cannot mix 'volume-*' options":        {Mounts: []string{"type=bind,src=/,dst=/x,volume-nocopy"}},
		"unexpected key 'x'":                   {Mounts: []string{"type=tmpfs,dst=/x,x=1"}},
		"--no-healthcheck conflicts":           {Health: HealthOptions{Disable: true, Cmd: "x"}},
		"unknown or invalid runtime name":      {Runtime: "x"},
		"invalid pull option":                  {Pull: "x"},
		"no log driver named 'fluentd'":        {LogDriver: "fluentd"},
		"max-file cannot be less than 1":       {LogOpts: []string{"max-file=0"}},
		"logging mode not supported: x":        {LogOpts: []string{"mode=x"}},
		"only supported with 'mode=non-bl":     {LogOpts: []string{"max-buffer-size=1m"}},
		"compress cannot be true":              {LogOpts: []string{"max-file=1", "compress=true"}},
		"unknown log opt 'tag' for local":      {LogDriver: "local", LogOpts: []string{"tag=x"}},
		"invalid syslog facility":              {LogDriver: "syslog", LogOpts: []string{"syslog-facility=x"}},
		"Invalid syslog format":                {LogDriver: "syslog", LogOpts: []string{"syslog-format=x"}},
		"unknown log opt 'syslog-address'":     {LogOpts: []string{"syslog-address=udp://1.2.3.4"}},
		"invalid suffix: 'q'":                  {LogOpts: []string{"max-size=1q"}},
		"invalid tmpfs 'x'":                    {Tmpfs: []string{"x"}},
		"Invalid container name (_a)":          {Name: "_a"},
		"invalid CapAdd: unknown capability":   {CapAdd: []string{"x"}},
	} {
		if _, err := o.draft(img); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "1b": 1, "2k": 2048, "2KB": 2048, "1.5m": 3 << 19, "1gib": 1 << 30, "1 t": 1 << 40} {
		if got, err := ParseBytes(text); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "m", "-1", "1x", "1mm", "1.2.3", "inf", "nan"} {
		if got, err := ParseBytes(bad); err == nil {
			t.Errorf("ParseBytes(%q) = %d, want an error", bad, got)
		}
	}
	for n, want := range map[int64]string{0: "0B", 999: "999B", 1000: "1kB", 4_262_000: "4.26MB", 133_000_000: "133MB", 1_610_000_000: "1.61GB"} {
		if got := HumanSize(n); got != want {
			t.Errorf("HumanSize(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestDetachKeys(t *testing.T) {
	for _, c := range []struct {
		keys, typed, passed string
		left                bool
	}{
		{"", "abc", "abc", false},
		{"", "a\x10\x11b", "a", true},
		{"", "a\x10b", "a\x10b", false},
		{"", "\x10\x10\x11", "\x10", true},
		{"", "\x10", "", false},
		{"ctrl-a,x", "\x01y\x01x", "\x01y", true},
		{"ctrl-@", "ab\x00", "ab", true},
	} {
		k, err := parseDetachKeys(c.keys)
		if err != nil {
			t.Fatal(err)
		}
		// Byte by byte and at once must be the same.
		var one []byte
		var leftOne bool
		for i := 0; i < len(c.typed) && !leftOne; i++ {
			var out []byte
			out, leftOne = k.filter([]byte{c.typed[i]})
			one = append(one, out...)
		}
		k, _ = parseDetachKeys(c.keys)
		all, left := k.filter([]byte(c.typed))
		if d := cmp.Diff([]any{c.passed, c.left, c.passed, c.left}, []any{string(all), left, string(one), leftOne}); d != "" {
			t.Errorf("%q typed with %q: %s", c.typed, c.keys, d)
		}
	}
	for _, bad := range []string{"ctrl-", "ctrl-pp", "long", "ctrl-p,,x", "ctrl-1"} {
		if k, err := parseDetachKeys(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, k)
		}
	}
}
