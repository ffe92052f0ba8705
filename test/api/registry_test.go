package api

import (
	"bufio"
	"io"
	"os"
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sys/unix"
)

// registry starts bantam's own registry where the server reaches it, and returns its address.
func (s *server) registry(args ...string) string {
	t := s.t
	t.Helper()
	cmd := s.within(s.bantam, append([]string{"--root", t.TempDir(), "registry", "serve", "--quiet", "-a", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

func push(t *testing.T, c *client.Client, name, auth string) {
	t.Helper()
	must[client.ImageTagResult](t)(c.ImageTag(patient(t), client.ImageTagOptions{Source: "box", Target: name}))
	r := must[client.ImagePushResponse](t)(c.ImagePush(patient(t), name, client.ImagePushOptions{RegistryAuth: auth}))
	if err := r.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
}

// What a registry has is told without a pull: an image's descriptor and platform, and an index' platforms.
func TestDistribution(t *testing.T) {
	s := start(t)
	c := s.client()
	name := s.registry() + "/coop/egg:1"
	push(t, c, name, "")
	d := must[client.DistributionInspectResult](t)(c.DistributionInspect(patient(t), name, client.DistributionInspectOptions{}))
	if !strings.Contains(d.Descriptor.MediaType, "manifest") || d.Descriptor.Size == 0 || d.Descriptor.Digest.Validate() != nil {
		t.Errorf("descriptor %+v", d.Descriptor)
	}
	if len(d.Platforms) != 1 || d.Platforms[0].OS != "linux" || d.Platforms[0].Architecture == "" {
		t.Errorf("platforms %+v", d.Platforms)
	}
	i := must[client.ImageInspectResult](t)(c.ImageInspect(patient(t), name))
	if want := strings.TrimSuffix(name, ":1") + "@" + d.Descriptor.Digest.String(); len(i.RepoDigests) == 0 || i.RepoDigests[0] != want {
		t.Errorf("digests of the pushed image %v, want %s", i.RepoDigests, want)
	}
	if d, err := c.DistributionInspect(patient(t), name[:len(name)-1]+"2", client.DistributionInspectOptions{}); !cerrdefs.IsNotFound(err) {
		t.Errorf("no such tag: %+v, %v", d, err)
	}
	if _, err := c.DistributionInspect(patient(t), "UPPER", client.DistributionInspectOptions{}); !cerrdefs.IsInvalidArgument(err) {
		t.Errorf("no name: %v", err)
	}
}

// With users: what the client sends in X-Registry-Auth counts, and nothing else.
func TestDistributionWithPassword(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users := t.TempDir() + "/users"
	write(t, users, "hen:"+string(hash)+"\n")
	s := start(t)
	c := s.client()
	domain := s.registry("--htpasswd", users)
	name := domain + "/coop/egg:1"
	auth := must[string](t)(authconfig.Encode(registry.AuthConfig{Username: "hen", Password: "secret"}))
	wrong := must[string](t)(authconfig.Encode(registry.AuthConfig{Username: "hen", Password: "guess"}))
	push(t, c, name, auth)
	d := must[client.DistributionInspectResult](t)(c.DistributionInspect(patient(t), name, client.DistributionInspectOptions{EncodedRegistryAuth: auth}))
	if len(d.Platforms) != 1 {
		t.Errorf("platforms %+v", d.Platforms)
	}
	for _, a := range []string{"", wrong} {
		if _, err := c.DistributionInspect(patient(t), name, client.DistributionInspectOptions{EncodedRegistryAuth: a}); !cerrdefs.IsUnauthorized(err) {
			t.Errorf("auth %q: %v", a, err)
		}
		if _, err := c.ImagePull(patient(t), name, client.ImagePullOptions{RegistryAuth: a}); !cerrdefs.IsNotFound(err) {
			t.Errorf("pull with auth %q: %v", a, err)
		}
	}
	login := func(password string) error {
		_, err := c.RegistryLogin(patient(t), client.RegistryLoginOptions{Username: "hen", Password: password, ServerAddress: domain})
		return err
	}
	if err := login("secret"); err != nil {
		t.Error(err)
	}
	if err := login("guess"); !cerrdefs.IsUnauthorized(err) {
		t.Errorf("login with a wrong password: %v", err)
	}
	p := must[client.ImagePullResponse](t)(c.ImagePull(patient(t), name, client.ImagePullOptions{RegistryAuth: auth}))
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Error(err)
	}
}
