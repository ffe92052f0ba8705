package api

import (
	"encoding"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/api/types/volume"
)

// schemas are the types of the requests that have a body, by the route.
var schemas = map[string]reflect.Type{
	"/containers/create":        reflect.TypeFor[container.CreateRequest](),
	"/containers/{name}/update": reflect.TypeFor[container.UpdateConfig](),
	"/containers/{name}/exec":   reflect.TypeFor[container.ExecCreateRequest](),
	"/exec/{id}/start":          reflect.TypeFor[container.ExecStartRequest](),
	"/networks/create":          reflect.TypeFor[network.CreateRequest](),
	"/networks/{id}/connect":    reflect.TypeFor[network.ConnectRequest](),
	"/networks/{id}/disconnect": reflect.TypeFor[network.DisconnectRequest](),
	"/volumes/create":           reflect.TypeFor[volume.CreateRequest](),
	"/auth":                     reflect.TypeFor[registry.AuthConfig](),
}

// withheld are members that would reach what is not the test's: the host's devices and control groups.
var withheld = []string{"CgroupParent", "Privileged", "Devices", "DeviceCgroupRules", "PidMode", "NetworkMode", "IdentityToken", "ServerAddress"}

// usual are values that are right somewhere, so that requests get further than the first check.
var usual = map[string][]string{
	"Image": {"box", "box:latest", "nope", ""}, "Type": {"bind", "volume", "tmpfs", "image", "npipe", "cluster", "json-file", "local", "none"}, "Name": {"aa", "bb", "no", "always", "on-failure", "unless-stopped", "nofile", "vol"},
	"Driver": {"local", "bridge", "nope", ""}, "Target": {"/m", "/", "relative", "/aa/../b"}, "Container": {"aa", "bb", "nope"}, "IpcMode": {"private", "none", "shareable", "host", "container:aa"},
	"Subnet": {"10.9.0.0/24", "10.9.0.0/33", "fd00:9::/64", "x"}, "Gateway": {"10.9.0.1", "10.8.0.1", "x"}, "WorkingDir": {"/", "/tmp", "x"}, "User": {"0", "1000:1000", "nobody", "99999999999"},
	"CpusetCpus": {"0", "0-1", "9-", "x"}, "StopSignal": {"SIGTERM", "9", "SIGNOPE"}, "Test": {"CMD", "CMD-SHELL", "NONE", "true"},
}

// invent makes a value of a type: mostly right, a few members at a time. One in three hundred has another type.
func invent(r *rand.Rand, t reflect.Type, name string, depth int) any {
	if r.IntN(300) == 0 || depth > 8 {
		return []any{nil, "x", -1.5, true, []any{}, map[string]any{}}[r.IntN(6)]
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return oneWord(r, name, []string{"10.9.0.7", "fd00:9::7", "10.9.0.0/25", "02:00:00:00:00:09", "80/tcp", "53/udp", "", "x"})
	}
	switch t.Kind() {
	case reflect.Pointer:
		return invent(r, t.Elem(), name, depth+1)
	case reflect.Struct:
		m := map[string]any{}
		members(r, t, m, depth)
		return m
	case reflect.Map:
		m := map[string]any{}
		for range r.IntN(3) {
			k, _ := invent(r, t.Key(), name, depth+1).(string)
			m[k] = invent(r, t.Elem(), name, depth+1)
		}
		return m
	case reflect.Slice, reflect.Array:
		list := []any{}
		for range r.IntN(3) {
			list = append(list, invent(r, t.Elem(), name, depth+1))
		}
		return list
	case reflect.String:
		return oneWord(r, name, values)
	case reflect.Bool:
		return r.IntN(2) == 0
	case reflect.Interface:
		return "x"
	}
	return []int64{0, 1, -1, 2, 100, 65536, 1 << 31, 1 << 40, -1 << 63}[r.IntN(9)]
}

func oneWord(r *rand.Rand, name string, any []string) string {
	if list := usual[name]; list != nil && r.IntN(4) > 0 {
		return pick(r, list)
	}
	return pick(r, any)
}

// members invents a few members of a struct, and those of what is embedded in it.
func members(r *rand.Rand, t reflect.Type, to map[string]any, depth int) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		kind := f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case !f.IsExported() && !f.Anonymous, name == "-", slices.Contains(withheld, name):
		case f.Anonymous && kind.Kind() == reflect.Struct:
			members(r, kind, to, depth)
		case r.IntN(8) == 0 || name == "Image" || name == "HostConfig" && r.IntN(2) == 0 || name == "Container":
			to[name] = invent(r, f.Type, name, depth+1)
		}
	}
}

// bodyFor is a request's: one of the schema of its route, or anything.
func bodyFor(r *rand.Rand, pattern string) string {
	t := schemas[pattern]
	if t == nil || r.IntN(6) == 0 {
		return pick(r, bodies)
	}
	v := invent(r, t, "", 0)
	if m, ok := v.(map[string]any); ok && pattern == "/containers/create" {
		m["Cmd"] = []string{"true"}
		if h, ok := m["HostConfig"].(map[string]any); ok {
			h["NetworkMode"] = pick(r, []string{"none", "bridge", "nope", "container:aa"})
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}
