package engine

import (
	"reflect"
	"strings"
	"testing"

	"bantam/internal/container/connect"
	"bantam/internal/container/folder"
)

func TestPublishSpec(t *testing.T) {
	for text, want := range map[string][]folder.PortBinding{
		"80":                 {{Port: "80/tcp"}},
		"8080:80":            {{Port: "80/tcp", HostPort: "8080"}},
		"8080:80/UDP":        {{Port: "80/udp", HostPort: "8080"}},
		"127.0.0.1:8080:80":  {{Port: "80/tcp", HostIP: "127.0.0.1", HostPort: "8080"}},
		"127.0.0.1::80":      {{Port: "80/tcp", HostIP: "127.0.0.1"}},
		"[::1]:8080:80/sctp": {{Port: "80/sctp", HostIP: "::1", HostPort: "8080"}},
		"8000-8001:80-81":    {{Port: "80/tcp", HostPort: "8000"}, {Port: "81/tcp", HostPort: "8001"}},
		"8000-8010:80":       {{Port: "80/tcp", HostPort: "8000-8010"}},
		"80-81":              {{Port: "80/tcp"}, {Port: "81/tcp"}},
		"0:80":               {{Port: "80/tcp"}},
		"target=80":          {{Port: "80/tcp"}},
		"published=8080,target=80,protocol=udp,mode=host": {{Port: "80/udp", HostPort: "8080"}},
	} {
		if got, err := PublishSpec(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":              "no port specified",
		"x":             "invalid containerPort: x",
		"x:80":          "invalid hostPort: x",
		"80:99999":      "invalid containerPort: 99999",
		"1.2.3:80:80":   "invalid IP address: 1.2.3",
		"80/x":          "invalid proto: x",
		"80-90:80-85":   "invalid ranges specified for container and host Ports",
		"90-80:80":      "invalid hostPort: 90-80",
		"published=80":  "missing mandatory field 'target'",
		"target=80,x=1": "invalid field key: x",
	} {
		if got, err := PublishSpec(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	e, err := ParseEndpoint("name=nest,alias=a,alias=b,ip=10.0.0.5,ip6=fd00::5,mac-address=02:00:00:00:00:01,driver-opt=com.docker.network.endpoint.ifname=up0,gw-priority=-3,link-local-ip=169.254.1.1")
	want := EndpointOptions{
		Network: "nest", Aliases: []string{"a", "b"}, IPv4: "10.0.0.5", IPv6: "fd00::5", MAC: "02:00:00:00:00:01", LinkLocal: []string{"169.254.1.1"},
		DriverOpts: map[string]string{"com.docker.network.endpoint.ifname": "up0"}, GwPriority: -3,
	}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%+v, %v", e, err)
	}
	for _, bad := range []string{"alias=a", "name=n,x=y", "name=n,ip=fd00::1", "name=n,gw-priority=x", "name=n,driver-opt=x", "name=", "name=n,ip"} {
		if e, err := ParseEndpoint(bad); err == nil {
			t.Errorf("%s: %+v", bad, e)
		}
	}
}

// Whatever the text, what is read of it are ports, and ranges end.
func FuzzPublish(f *testing.F) {
	f.Add("[::1]:8000-8010:80-90/udp")
	f.Add("target=1,published=2")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := PublishSpec(text)
		if err != nil {
			return
		}
		for _, b := range list {
			if _, err := exposeSpec(b.Port); err != nil && !strings.HasPrefix(b.Port, "0/") {
				t.Errorf("%q gives port %q: %v", text, b.Port, err)
			}
			if first, last := connect.HostPorts(b.HostPort); first > last || last > 65535 {
				t.Errorf("%q gives the host's ports %d to %d", text, first, last)
			}
		}
	})
}

func FuzzEndpoint(f *testing.F) {
	f.Add("name=nest,alias=a,ip=10.0.0.5,driver-opt=a=b,gw-priority=1")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEndpoint(text)
		if err == nil && e.Network == "" && text != "" {
			t.Errorf("%q has no name: %+v", text, e)
		}
	})
}
