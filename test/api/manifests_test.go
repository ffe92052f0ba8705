package api

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// twoPlatforms builds an image for two platforms, with what attests how, into the server's store.
func (s *server) twoPlatforms(name string) {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := os.WriteFile(dir+"/Dockerfile", []byte("FROM scratch\nCOPY Dockerfile /\nCMD [\"sh\"]\n"), 0o644); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(s.bantam, "--root", s.dir+"/root", "build", "-q", "--platform", "linux/amd64,linux/arm64", "--provenance=mode=min", "-t", name, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("build: %v: %s", err, out)
	}
}

// An image for several platforms shows its manifests, those of attestations too, to who asks.
func TestManifests(t *testing.T) {
	s := start(t)
	c := s.client()
	s.twoPlatforms("coop/two")
	made := must[client.ContainerCreateResult](t)(c.ContainerCreate(patient(t), client.ContainerCreateOptions{Config: &container.Config{Image: "coop/two"}}))
	list := must[client.ImageListResult](t)(c.ImageList(patient(t), client.ImageListOptions{Manifests: true}))
	var found *image.Summary
	for i, l := range list.Items {
		if len(l.RepoTags) == 1 && l.RepoTags[0] == "coop/two:latest" {
			found = &list.Items[i]
		} else if len(l.Manifests) > 0 {
			t.Errorf("%v has manifests", l.RepoTags)
		}
	}
	if found == nil {
		t.Fatalf("%+v", list.Items)
	}
	checkManifests(t, found.Manifests, made.ID)
	for _, l := range must[client.ImageListResult](t)(c.ImageList(patient(t), client.ImageListOptions{})).Items {
		if l.Manifests != nil {
			t.Errorf("%v has manifests that nobody asked for", l.RepoTags)
		}
	}
	i := must[client.ImageInspectResult](t)(c.ImageInspect(patient(t), "coop/two", client.ImageInspectWithManifests(true)))
	checkManifests(t, i.Manifests, made.ID)
	if i.Descriptor == nil || i.Descriptor.MediaType != ocispec.MediaTypeImageIndex {
		t.Errorf("descriptor %+v", i.Descriptor)
	}
}

// checkManifests wants one image each for two platforms, one of which has a container, and an attestation of each.
func checkManifests(t *testing.T, list []image.ManifestSummary, id string) {
	t.Helper()
	about := map[string]string{}
	for _, m := range list {
		if !m.Available || m.ID != m.Descriptor.Digest.String() || m.Size.Content <= m.Descriptor.Size {
			t.Errorf("%+v", m)
		}
		switch m.Kind {
		case image.ManifestKindImage:
			about[m.ID] += m.ImageData.Platform.Architecture + strings.Join(m.ImageData.Containers, " ")
			if m.ImageData.Size.Unpacked == 0 || m.Size.Total != m.Size.Content+m.ImageData.Size.Unpacked {
				t.Errorf("sizes %+v", m)
			}
		case image.ManifestKindAttestation:
			about[m.AttestationData.For.String()] += " attested"
		}
	}
	texts := map[string]bool{}
	for _, text := range about {
		texts[text] = true
	}
	own, other := "amd64", "arm64"
	if runtime.GOARCH == other {
		own, other = other, own
	}
	if len(list) != 4 || !texts[own+id+" attested"] || !texts[other+" attested"] {
		t.Errorf("%v of %d manifests", texts, len(list))
	}
}

// One platform of an image can be inspected, and one that is not there is told so.
func TestInspectPlatform(t *testing.T) {
	s := start(t)
	c := s.client()
	s.twoPlatforms("coop/two")
	seen := map[string]bool{}
	for _, arch := range []string{"amd64", "arm64"} {
		i := must[client.ImageInspectResult](t)(c.ImageInspect(patient(t), "coop/two", client.ImageInspectWithPlatform(&ocispec.Platform{OS: "linux", Architecture: arch})))
		if i.Architecture != arch || len(i.RepoTags) != 1 {
			t.Errorf("%s: %+v", arch, i.InspectResponse)
		}
		seen[i.ID] = true
	}
	if len(seen) != 2 {
		t.Errorf("both platforms are %v", seen)
	}
	_, err := c.ImageInspect(patient(t), "coop/two", client.ImageInspectWithPlatform(&ocispec.Platform{OS: "linux", Architecture: "s390x"}))
	if !cerrdefs.IsNotFound(err) {
		t.Errorf("a platform that is not there: %v", err)
	}
	_, err = c.ImageInspect(patient(t), "coop/two", client.ImageInspectWithManifests(true), client.ImageInspectWithPlatform(&ocispec.Platform{OS: "linux", Architecture: "arm64"}))
	if !cerrdefs.IsInvalidArgument(err) {
		t.Errorf("a platform and manifests: %v", err)
	}
}
