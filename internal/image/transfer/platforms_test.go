package transfer

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// offerIndex puts an index of images for platforms into the registry, each with an attestation.
// It returns the index.
func (s *server) offerIndex(t *testing.T, ref reference.Reference, platforms ...string) (digest.Digest, *manifest.Document) {
	t.Helper()
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
	var notes []manifest.Descriptor
	for _, text := range platforms {
		p, err := manifest.ParsePlatform(text)
		if err != nil {
			t.Fatal(err)
		}
		one := ref
		one.Tag = "one-" + p.Architecture
		var d manifest.Descriptor
		s.offer(t, one, 10_000, func(c *local.Config, m *manifest.Document) { c.Architecture, c.Variant = p.Architecture, p.Variant }, gzipped)
		d.Digest, d.Size = s.resolve(t, one)
		d.MediaType, d.Platform = manifest.TypeManifest, &p
		index.Manifests = append(index.Manifests, d)
		notes = append(notes, s.attest(t, one, d.Digest))
	}
	index.Manifests = append(index.Manifests, notes...)
	return s.tag(t, ref, index), index
}

func (s *server) resolve(t *testing.T, ref reference.Reference) (digest.Digest, int64) {
	t.Helper()
	m, err := ours().Manifest(context.Background(), ref, remote.Access{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Digest, int64(len(m.Bytes))
}

func (s *server) attest(t *testing.T, ref reference.Reference, about digest.Digest) manifest.Descriptor {
	t.Helper()
	statement := []byte(`{"subject":"` + about.String() + `"}`)
	config, err := json.Marshal(map[string]any{"architecture": "unknown", "os": "unknown", "rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest.FromBytes(statement).String()}}})
	if err != nil {
		t.Fatal(err)
	}
	ref.Tag += "-note"
	s.tag(t, ref, &manifest.Document{
		SchemaVersion: 2, MediaType: manifest.TypeManifest,
		Config: &manifest.Descriptor{MediaType: manifest.TypeConfig, Digest: s.put(t, ref, config), Size: int64(len(config))},
		Layers: []manifest.Descriptor{{MediaType: "application/vnd.in-toto+json", Digest: s.put(t, ref, statement), Size: int64(len(statement))}},
	})
	d := manifest.Descriptor{
		MediaType: manifest.TypeManifest, Platform: &manifest.Platform{OS: "unknown", Architecture: "unknown"},
		Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about.String()},
	}
	d.Digest, d.Size = s.resolve(t, ref)
	return d
}

func foreign() string {
	if manifest.Host().Architecture == "arm64" {
		return "linux/amd64"
	}
	return "linux/arm64"
}

// pullMore is pull for one platform or, with "all", all of them.
func pullMore(t *testing.T, s *local.Store, ref reference.Reference, platform string) *remote.Pulled {
	t.Helper()
	o := &remote.Pull{Reference: ref, Platform: platform}
	if platform == "all" {
		o.Platform, o.AllPlatforms = "", true
	}
	got, err := ours().Pull(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// present are the platforms of a name that are here, sorted.
func platformsOf(t *testing.T, s *local.Store, ref reference.Reference) (list []string) {
	t.Helper()
	n, err := s.Name(ref)
	if err != nil {
		t.Fatal(err)
	}
	parts, _, err := s.Parts(n.Index)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range local.Images(parts) {
		list = append(list, p.Platform.String())
	}
	slices.Sort(list)
	return list
}

func push(t *testing.T, s *local.Store, from, to reference.Reference, platform string) (*remote.Pushed, string) {
	t.Helper()
	n, err := s.Name(from)
	if err != nil {
		t.Fatal(err)
	}
	n.Reference = to
	var said []string
	got, err := ours().Push(context.Background(), s, &remote.Push{Name: n, Platform: platform, Progress: func(e remote.Event) { said = append(said, e.Status) }})
	if err != nil {
		t.Fatal(err)
	}
	return got, strings.Join(said, "\n")
}

// TestPlatforms: platform after platform comes under one name, which stands for this machine's;
// what is pushed depends on what is here.
func TestPlatforms(t *testing.T) {
	from, to := newServer(t), newServer(t)
	ref := from.ref(t, "coop/egg:1")
	host := manifest.Host().String()
	top, index := from.offerIndex(t, ref, foreign(), host, "linux/riscv64")
	s := store(t)

	pullMore(t, s, ref, foreign())
	if got := platformsOf(t, s, ref); !slices.Equal(got, []string{foreign()}) {
		t.Errorf("after the first pull: %v", got)
	}
	pushed, said := push(t, s, ref, to.ref(t, "single:1"), "")
	if pushed.Digest != index.Manifests[0].Digest || !strings.Contains(said, "only the available single-platform image was pushed") {
		t.Errorf("one of three platforms: %s was pushed, %s", pushed.Digest, said)
	}

	pulled := pullMore(t, s, ref, "")
	if pulled.Digest != top || !pulled.Fresh {
		t.Errorf("%+v: want the index %s", pulled, top)
	}
	n, err := s.Name(ref)
	if err != nil || n.Manifest != index.Manifests[1].Digest {
		t.Errorf("the name stands for %v, %v: not for this machine", n.Target, err)
	}
	if again := pullMore(t, s, ref, foreign()); again.Fresh {
		t.Error("what is here is downloaded anew")
	}
	_, said = push(t, s, ref, to.ref(t, "pair:1"), "")
	if !strings.Contains(said, "an index of the available platforms was pushed") {
		t.Errorf("two of three platforms: %s", said)
	}
	less := store(t)
	if pullMore(t, less, to.ref(t, "pair:1"), "all"); len(platformsOf(t, less, to.ref(t, "pair:1"))) != 2 {
		t.Error("the smaller index has not two platforms")
	}

	pullMore(t, s, ref, "all")
	if got := platformsOf(t, s, ref); len(got) != 3 {
		t.Errorf("after all were pulled: %v", got)
	}
	if pushed, _ = push(t, s, ref, to.ref(t, "whole:1"), ""); pushed.Digest != top {
		t.Errorf("the index changed its digest: %s, was %s", pushed.Digest, top)
	}
	if pushed, _ = push(t, s, ref, to.ref(t, "chosen:1"), "linux/riscv64"); pushed.Digest != index.Manifests[2].Digest {
		t.Errorf("--platform pushed %s", pushed.Digest)
	}
	for _, note := range index.Manifests[3:] {
		there := to.ref(t, "whole:1")
		there.Tag, there.Digest = "", note.Digest
		if _, err := ours().Manifest(context.Background(), there, remote.Access{}); err != nil {
			t.Errorf("an attestation was lost: %v", err)
		}
	}
	if problems, _, err := s.Check(context.Background()); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestAttested: an index of one platform with its attestation comes and goes as it is.
func TestAttested(t *testing.T) {
	from, to := newServer(t), newServer(t)
	ref := from.ref(t, "egg:1")
	top, _ := from.offerIndex(t, ref, manifest.Host().String())
	s := store(t)
	pullMore(t, s, ref, "")
	if pushed, _ := push(t, s, ref, to.ref(t, "egg:1"), ""); pushed.Digest != top {
		t.Errorf("pushed as %s, was %s", pushed.Digest, top)
	}
}

// TestArtifact: what is no image is kept as it is, and goes on as it is.
func TestArtifact(t *testing.T) {
	from, to := newServer(t), newServer(t)
	ref := from.ref(t, "chart:1")
	content := []byte("a chart")
	d := from.tag(t, ref, &manifest.Document{
		SchemaVersion: 2, MediaType: manifest.TypeManifest, ArtifactType: "application/x-egg",
		Config:      &manifest.Descriptor{MediaType: "application/vnd.oci.empty.v1+json", Digest: from.put(t, ref, []byte("{}")), Size: 2},
		Layers:      []manifest.Descriptor{{MediaType: "text/plain", Digest: from.put(t, ref, content), Size: int64(len(content))}},
		Annotations: map[string]string{"org.opencontainers.image.created": "2024-01-02T03:04:05Z"},
	})
	s := store(t)
	got := pullMore(t, s, ref, "")
	if got.Digest != d || got.Image != d || !got.Fresh {
		t.Errorf("%+v, want %s", got, d)
	}
	if again := pullMore(t, s, ref, ""); again.Fresh {
		t.Error("the artifact is downloaded anew")
	}
	i, err := s.Find(ref.String())
	if err != nil || i.Artifact == nil || i.Size != int64(len(content)) || i.Created.Year() != 2024 {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := s.Collect(nil); err != nil {
		t.Fatal(err)
	}
	if problems, _, err := s.Check(context.Background()); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	if pushed, _ := push(t, s, ref, to.ref(t, "chart:2"), ""); pushed.Digest != d {
		t.Errorf("pushed as %s", pushed.Digest)
	}
	if err := s.Blobs().Remove(digest.FromBytes(content)); err != nil {
		t.Fatal(err)
	}
	if problems, _, err := s.Check(context.Background()); err != nil || len(problems) != 1 || !strings.Contains(problems[0].What, "a part of the artifact is lost") {
		t.Error(problems, err)
	}
}
