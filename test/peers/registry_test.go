package peers

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// bantam is our own engine with a root of its own.
func bantam(t *testing.T) *engine {
	t.Helper()
	testenv.Root(t)
	testenv.Bin(t, "bantam-oci")
	testenv.Bin(t, "bantamd")
	dir := folder(t)
	return &engine{prefix: []string{testenv.Bin(t, "bantam"), "--root", dir}, env: []string{"HOME=" + dir}}
}

// registry is a served one; the result is its address.
func registry(t *testing.T) string {
	t.Helper()
	e := bantam(t)
	cmd := exec.Command(e.prefix[0], append(e.prefix[1:], "registry", "serve", "-a", "127.0.0.1:0")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("registry serve: %v\n%s", err, log.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// egg pushes an image of two layers and returns its name and id.
func egg(t *testing.T, e *engine, address string) (name, id string) {
	t.Helper()
	name = address + "/coop/egg:1"
	e.must(t, "import", rootfsFile(t, folder(t)), "nest")
	e.must(t, "run", "--name", "hen", "--network", "none", "nest", "/bin/sh", "-c", "echo hatched >/egg")
	id = e.must(t, "commit", "hen", name)
	e.must(t, "rm", "hen")
	e.must(t, "push", name)
	return name, id
}

// hatches pulls an image anew and runs it; its id is to be the one it had.
func hatches(t *testing.T, name, id string) {
	t.Helper()
	e := bantam(t)
	e.must(t, "pull", name)
	e.want(t, id, "image", "inspect", "--format", "{{.Id}}", name)
	e.want(t, "hatched", "run", "--rm", "--network", "none", name, "/bin/cat", "/egg")
}

// layers are the digests of an image's blobs in a registry.
func layers(t *testing.T, e *engine, name string) []string {
	t.Helper()
	var m struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	if err := json.Unmarshal([]byte(e.must(t, "manifest", "inspect", name)), &m); err != nil {
		t.Fatal(err)
	}
	list := []string{m.Config.Digest}
	for _, l := range m.Layers {
		list = append(list, l.Digest)
	}
	return list
}

func TestRegistryWithSkopeo(t *testing.T) {
	skopeo := &engine{prefix: []string{testenv.Program(t, "skopeo"), "--insecure-policy"}}
	e, address := bantam(t), registry(t)
	name, id := egg(t, e, address)
	layout := "oci:" + folder(t) + "/layout:1"
	skopeo.must(t, "copy", "--src-tls-verify=false", "docker://"+name, layout)
	skopeo.must(t, "copy", "--preserve-digests", "--dest-tls-verify=false", layout, "docker://"+address+"/coop/skopeo:1")
	raw := func(name string) string {
		return skopeo.must(t, "inspect", "--raw", "--tls-verify=false", "docker://"+name)
	}
	if a, b := raw(name), raw(address+"/coop/skopeo:1"); a != b {
		t.Errorf("the manifests differ:\n%s\n%s", a, b)
	}
	hatches(t, address+"/coop/skopeo:1", id)
	skopeo.want(t, address+"/coop/egg", "inspect", "--format", "{{.Name}}", "--tls-verify=false", "docker://"+name)
	skopeo.must(t, "delete", "--tls-verify=false", "docker://"+address+"/coop/skopeo:1")
	if o := e.try(t, "pull", address+"/coop/skopeo:1"); o.code == 0 || !strings.Contains(o.stderr, "not found") {
		t.Errorf("%+v", o)
	}
}

// An image goes from bantam to Docker, to Podman and back, and stays what it was.
func TestRegistryBetweenEngines(t *testing.T) {
	e, address := bantam(t), registry(t)
	name, id := egg(t, e, address)
	d := docker(t)
	second := address + "/coop/docker:1"
	d.must(t, "pull", name)
	d.want(t, id, "image", "inspect", "--format", "{{.Id}}", name)
	d.want(t, "hatched", "run", "--rm", "--network", "none", name, "/bin/cat", "/egg")
	d.must(t, "tag", name, second)
	d.must(t, "push", second)
	if a, b := layers(t, e, name), layers(t, e, second); strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("Docker changed the blobs:\n%s\n%s", a, b)
	}
	hatches(t, second, id)

	p := podman(t)
	third := address + "/coop/podman:1"
	p.must(t, "pull", "--tls-verify=false", second)
	p.want(t, strings.TrimPrefix(id, "sha256:"), "image", "inspect", "--format", "{{.Id}}", second)
	p.must(t, "tag", second, third)
	p.must(t, "push", "--tls-verify=false", third)
	hatches(t, third, id)
}
