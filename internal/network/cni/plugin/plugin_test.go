package plugin

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bantam/internal/network"
	"bantam/internal/network/cni"

	types "github.com/containernetworking/cni/pkg/types/100"
)

const said = `{"cniVersion": "1.0.0",
 "interfaces": [{"name": "br0", "mac": "02:00:00:00:00:01"}, {"name": "net1", "mac": "02:00:00:00:00:02", "sandbox": "/ns"}, {"name": "eth0", "mac": "02:00:00:00:00:03", "sandbox": "/ns"}],
 "ips": [{"interface": 1, "address": "10.0.1.2/24"}, {"interface": 2, "address": "10.0.0.2/24", "gateway": "10.0.0.1"}, {"interface": 2, "address": "10.0.0.3/24"}, {"interface": 2, "address": "fd00::2/64", "gateway": "fd00::1"}],
 "routes": [{"dst": "10.8.0.0/16", "gw": "10.0.0.9"}, {"dst": "0.0.0.0/0"}],
 "dns": {"nameservers": ["10.0.0.53"], "domain": "nest.example", "options": ["ndots:2"]}}`

func result(t *testing.T, text string) *types.Result {
	t.Helper()
	r, err := types.NewResult([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r.(*types.Result)
}

func TestRead(t *testing.T) {
	want := &cni.Result{MAC: "02:00:00:00:00:03", IPv4: "10.0.0.2/24", IPv6: "fd00::2/64", Gateway: "10.0.0.1", DNS: network.DNS{Servers: []string{"10.0.0.53"}, Search: []string{"nest.example"}, Options: []string{"ndots:2"}}}
	if got := read(result(t, said), "eth0"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	// A plugin need not say which interface an address is of.
	if got := read(result(t, `{"cniVersion": "1.0.0", "ips": [{"address": "10.0.0.2/24", "gateway": "10.0.0.1"}], "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.7"}]}`), "eth0"); got.IPv4 != "10.0.0.2/24" || got.Gateway != "10.0.0.7" {
		t.Errorf("%+v", got)
	}
}

func TestRuntime(t *testing.T) {
	rt := runtime(&cni.Request{Name: "n", Aliases: []string{"hen"}, MAC: "02:00:00:00:00:02", IPs: []string{"10.0.0.9"}, Servers: []string{"1.1.1.1"}, Ports: []network.Port{
		{Proto: "tcp", Container: 80, HostIP: "0.0.0.0", Host: 8080}, {Proto: "tcp", Container: 80, HostIP: "::", Host: 8080}, {Proto: "udp", Container: 53, HostIP: "127.0.0.1", Host: 53},
	}})
	text, err := json.Marshal(rt.CapabilityArgs)
	const want = `{"aliases":{"n":["hen"]},"dns":{"options":null,"searches":null,"servers":["1.1.1.1"]},"ips":["10.0.0.9"],"mac":"02:00:00:00:00:02",` +
		`"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":53,"containerPort":53,"protocol":"udp","hostIP":"127.0.0.1"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	if want := [][2]string{{"IgnoreUnknown", "1"}, {"IP", "10.0.0.9"}, {"MAC", "02:00:00:00:00:02"}}; !reflect.DeepEqual(rt.Args, want) {
		t.Errorf("%v", rt.Args)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"10-a.conflist": `{"cniVersion": "1.0.0", "name": "list", "plugins": [{"type": "bridge"}]}`,
		"20-b.conf":     `{"cniVersion": "0.4.0", "name": "single", "type": "bridge"}`,
		"notes.txt":     "none of it",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"list": "", "single": "", "none": "no configuration of the name none in " + dir} {
		if _, err := Do(&cni.Request{Op: cni.OpFind, Name: name, Conf: dir, Dir: t.TempDir()}); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Do(&cni.Request{Op: cni.OpFind, Name: "x", Conf: dir + "/none"}); err == nil || !strings.Contains(err.Error(), "no configuration of the name x") {
		t.Error(err)
	}
}

// What a plugin says is no reason to fall down, and is a result that can be told.
func FuzzRead(f *testing.F) {
	f.Add([]byte(said))
	f.Add([]byte(`{"cniVersion": "1.0.0", "interfaces": [null], "ips": [null], "routes": [null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := types.NewResult(text)
		if err != nil {
			return
		}
		got := read(r.(*types.Result), "eth0")
		var out bytes.Buffer
		if err := cni.Answer(strings.NewReader("{}"), &out, func(*cni.Request) (*cni.Result, error) { return got, nil }); err != nil {
			t.Fatal(err)
		}
	})
}
