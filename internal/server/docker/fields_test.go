package docker

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
)

// without are the fields of a request for a container that nothing depends on here, each with its reason.
var without = map[string]string{
	"Config.AttachStdin":  "who attaches says so himself",
	"Config.AttachStdout": "who attaches says so himself",
	"Config.AttachStderr": "who attaches says so himself",
	"Config.ArgsEscaped":  "of Windows alone; docker on Linux passes over it",
	"Config.OnBuild":      "for images that are made from this one; commit takes it from the image",
	"Config.Shell":        "for builds; a health check's shell is the image's",

	"HostConfig.ContainerIDFile": "docker's client has written it; the server keeps no file for it",

	"Mount.Consistency": "a hint for Docker Desktop's shared folders; Linux has one consistency",

	"EndpointSettings.NetworkID":           "operational data",
	"EndpointSettings.EndpointID":          "operational data",
	"EndpointSettings.Gateway":             "operational data",
	"EndpointSettings.IPAddress":           "operational data: the address that is asked for is IPAMConfig's",
	"EndpointSettings.IPPrefixLen":         "operational data",
	"EndpointSettings.IPv6Gateway":         "operational data",
	"EndpointSettings.GlobalIPv6Address":   "operational data",
	"EndpointSettings.GlobalIPv6PrefixLen": "operational data",
	"EndpointSettings.DNSNames":            "operational data",
}

// fill gives a value something that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch x := v.Addr().Interface().(type) {
	case *netip.Addr:
		*x = netip.MustParseAddr("192.0.2.7")
		return
	case *network.HardwareAddr:
		*x = network.HardwareAddr{2, 0, 0, 0, 0, 7}
		return
	case *network.Port:
		*x = network.MustParsePort("80/tcp")
		return
	case *time.Duration:
		*x = 3 * time.Second
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("something")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// asked is what the engine is asked for by a request, which goes through JSON as it would.
func asked(t *testing.T, r *container.CreateRequest) (string, error) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var in createRequest
	if err := json.Unmarshal(b, &in); err != nil {
		t.Fatal(err)
	}
	o, err := in.options()
	if err != nil {
		return "", err
	}
	return readable(o), nil
}

// readable is the options with what pointers point to.
func readable(o *engine.RunOptions) string {
	b, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// each walks the fields of a struct, into those that are structs by themselves.
func each(v reflect.Value, name string, do func(name string, field reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.IsExported():
		case f.Anonymous:
			each(v.Field(i), name, do)
		default:
			do(name+"."+f.Name, v.Field(i))
		}
	}
}

// Every field of moby's that a request for a container can have is applied, or refused by name, or has its reason above.
func TestEveryFieldCounts(t *testing.T) {
	type subject struct {
		name string
		of   func(*container.CreateRequest) reflect.Value // the struct whose fields are tried
	}
	endpoint := func(r *container.CreateRequest) *network.EndpointSettings {
		e := &network.EndpointSettings{}
		r.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{"net": e}}
		return e
	}
	aMount := func(r *container.CreateRequest) *mount.Mount {
		r.HostConfig.Mounts = []mount.Mount{{Type: "volume", Source: "v", Target: "/v"}}
		return &r.HostConfig.Mounts[0]
	}
	seen := map[string]bool{}
	for _, s := range []subject{
		{"Config", func(r *container.CreateRequest) reflect.Value { return reflect.ValueOf(r.Config).Elem() }},
		{"HostConfig", func(r *container.CreateRequest) reflect.Value { return reflect.ValueOf(r.HostConfig).Elem() }},
		{"HealthConfig", func(r *container.CreateRequest) reflect.Value {
			r.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "true"}}
			return reflect.ValueOf(r.Healthcheck).Elem()
		}},
		{"LogConfig", func(r *container.CreateRequest) reflect.Value { return reflect.ValueOf(&r.HostConfig.LogConfig).Elem() }},
		{"RestartPolicy", func(r *container.CreateRequest) reflect.Value {
			r.HostConfig.RestartPolicy.Name = "on-failure"
			return reflect.ValueOf(&r.HostConfig.RestartPolicy).Elem()
		}},
		{"EndpointSettings", func(r *container.CreateRequest) reflect.Value { return reflect.ValueOf(endpoint(r)).Elem() }},
		{"EndpointIPAMConfig", func(r *container.CreateRequest) reflect.Value {
			e := endpoint(r)
			e.IPAMConfig = &network.EndpointIPAMConfig{}
			return reflect.ValueOf(e.IPAMConfig).Elem()
		}},
		{"Mount", func(r *container.CreateRequest) reflect.Value { return reflect.ValueOf(aMount(r)).Elem() }},
		{"BindOptions", func(r *container.CreateRequest) reflect.Value {
			m := aMount(r)
			m.BindOptions = &mount.BindOptions{}
			return reflect.ValueOf(m.BindOptions).Elem()
		}},
		{"VolumeOptions", func(r *container.CreateRequest) reflect.Value {
			m := aMount(r)
			m.VolumeOptions = &mount.VolumeOptions{}
			return reflect.ValueOf(m.VolumeOptions).Elem()
		}},
		{"ImageOptions", func(r *container.CreateRequest) reflect.Value {
			m := aMount(r)
			m.ImageOptions = &mount.ImageOptions{}
			return reflect.ValueOf(m.ImageOptions).Elem()
		}},
		{"TmpfsOptions", func(r *container.CreateRequest) reflect.Value {
			m := aMount(r)
			m.TmpfsOptions = &mount.TmpfsOptions{}
			return reflect.ValueOf(m.TmpfsOptions).Elem()
		}},
	} {
		fresh := func() *container.CreateRequest {
			return &container.CreateRequest{Config: &container.Config{}, HostConfig: &container.HostConfig{}}
		}
		base := fresh()
		s.of(base)
		plain, err := asked(t, base)
		if err != nil {
			t.Fatal(err)
		}
		each(s.of(fresh()), s.name, func(name string, _ reflect.Value) {
			seen[name] = true
			r := fresh()
			each(s.of(r), s.name, func(n string, f reflect.Value) {
				if n == name {
					fill(t, f)
				}
			})
			got, err := asked(t, r)
			reason := without[name]
			switch applied := err == nil && got != plain; {
			case name == "HostConfig.Mounts": // whose own fields are tried
			case err != nil && !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(name[strings.IndexByte(name, '.')+1:])) && !strings.Contains(err.Error(), "swarm"):
				t.Errorf("%s is refused without its name: %v", name, err)
			case err == nil && !applied && reason == "":
				t.Errorf("%s is passed over", name)
			case (err != nil || applied) && reason != "":
				t.Errorf("%s counts although it is said not to: %s", name, reason)
			}
		})
	}
	for name := range without {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
}
