package local

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// platformImage brings an image for an architecture in, and returns its manifest's descriptor.
func platformImage(t *testing.T, l *Lease, arch string) (digest.Digest, manifest.Descriptor) {
	t.Helper()
	b := tarOf(t, "arch", arch)
	open := func(int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	in, err := l.Layer(context.Background(), &Source{Open: open})
	if err != nil {
		t.Fatal(err)
	}
	c := &Config{OS: "linux", Architecture: arch, Created: time.Unix(1, 0).UTC()}
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", []digest.Digest{in.DiffID}
	raw, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	ids, err := l.Add(NewImage{Config: raw})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := l.Manifest(context.Background(), Target{Image: ids[0]}, false)
	if err != nil {
		t.Fatal(err)
	}
	d.Platform = &manifest.Platform{OS: "linux", Architecture: arch}
	return ids[0], d
}

func ref(t *testing.T, name string) reference.Reference {
	t.Helper()
	r, err := reference.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return r.Tagged()
}

// foreign is an architecture that this machine isn't of.
func foreign() string {
	if manifest.Host().Architecture == "arm64" {
		return "amd64"
	}
	return "arm64"
}

// TestIndex: a name for three platforms, one of which is not here.
func TestIndex(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	l, err := s.Lease()
	if err != nil {
		t.Fatal(err)
	}
	other, there := platformImage(t, l, foreign())
	own, here := platformImage(t, l, manifest.Host().Architecture)
	missing := manifest.Descriptor{Digest: digest.FromBytes([]byte("x")), Size: 1, Platform: &manifest.Platform{OS: "linux", Architecture: "riscv64"}}
	raw := []byte("{}")
	note, err := l.PutRaw(raw)
	if err != nil {
		t.Fatal(err)
	}
	attest := func(about digest.Digest) manifest.Descriptor {
		d, err := l.PutManifest(&manifest.Document{
			SchemaVersion: 2, MediaType: manifest.TypeManifest, Annotations: map[string]string{"about": about.String()},
			Config: &manifest.Descriptor{MediaType: manifest.TypeConfig, Digest: note, Size: 2},
			Layers: []manifest.Descriptor{{MediaType: "application/vnd.in-toto+json", Digest: note, Size: 2}},
		})
		if err != nil {
			t.Fatal(err)
		}
		d.Platform = &manifest.Platform{OS: "unknown", Architecture: "unknown"}
		d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about.String()}
		return d
	}
	ownNote, otherNote := attest(here.Digest), attest(there.Digest)
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{there, here, missing, ownNote, otherNote}}
	top, err := l.PutManifest(index)
	if err == nil {
		err = l.NameIndex(top.Digest, ref(t, "hen"))
	}
	if err != nil {
		t.Fatal(err)
	}
	l.Close()

	n, err := s.Name(ref(t, "hen"))
	if err != nil || n.Target != (Target{own, here.Digest, top.Digest}) {
		t.Errorf("the name stands for %v, %v: not for this machine's image", n.Target, err)
	}
	if v, ok := s.Variant(n.Target, manifest.Platform{OS: "linux", Architecture: foreign()}); !ok || v.Image != other {
		t.Errorf("variant: %v, %v", v, ok)
	}
	if _, ok := s.Variant(n.Target, *missing.Platform); ok {
		t.Error("a platform that is not here was found")
	}
	list, err := s.List()
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, i := range list {
		if (i.ID == own) != (len(i.Names) == 1) || (i.ID == other) != (len(i.Within) == 1) {
			t.Errorf("%+v", i)
		}
	}
	collect := func() {
		t.Helper()
		if _, err := s.Collect(nil); err != nil {
			t.Fatal(err)
		}
	}
	collect()
	for _, d := range []digest.Digest{there.Digest, here.Digest, ownNote.Digest, otherNote.Digest, note, top.Digest} {
		if !s.Blobs().Has(d) {
			t.Errorf("%s was collected", d.Short())
		}
	}
	free, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(other); err != nil {
		t.Fatal(err)
	}
	free()
	collect()
	if s.Blobs().Has(there.Digest) || s.Blobs().Has(otherNote.Digest) || !s.Blobs().Has(here.Digest) || !s.Blobs().Has(ownNote.Digest) || !s.Blobs().Has(top.Digest) {
		t.Error("what one platform alone had did not go, or more did")
	}
	if problems, _, err := s.Check(context.Background()); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	if err := s.Untag(ref(t, "hen")); err != nil {
		t.Fatal(err)
	}
	collect()
	if s.Blobs().Has(top.Digest) || s.Blobs().Has(ownNote.Digest) {
		t.Error("the index of a name that is gone stays")
	}
}

// TestIndexLoop: an index that lists one index many times, over many levels, costs what its
// manifests cost.
func TestIndexLoop(t *testing.T) {
	s := &Store{Root: t.TempDir()}
	l, err := s.Lease()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, d := platformImage(t, l, "amd64")
	for level := range manifest.MaxDepth + 1 {
		doc := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
		for range 1000 {
			doc.Manifests = append(doc.Manifests, d)
		}
		if d, err = l.PutManifest(doc); err != nil {
			t.Fatal(err)
		}
		parts, above, err := s.Parts(d.Digest)
		if err != nil || len(parts) != 1 || len(above) != level {
			t.Fatalf("level %d: %d parts, %d indexes, %v", level, len(parts), len(above), err)
		}
	}
	if d, err = l.PutManifest(&manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{d}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Parts(d.Digest); err == nil {
		t.Error("an index may be nested as deep as it likes")
	}
}
