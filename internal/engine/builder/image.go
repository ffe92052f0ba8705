package builder

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"bantam/internal/engine"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// exportImage puts the image into the store under its names, and pushes those.
func (j *job) exportImage(ctx context.Context, o *output) error {
	names, err := j.names(o)
	if err != nil {
		return err
	}
	if o.push && len(names) == 0 {
		return errors.New("tag is needed when pushing to registry")
	}
	step := j.log.Start("exporting to image")
	err = func() error {
		n := local.NewImage{Config: j.res.Config, Names: names}
		if j.wantsManifest(o) {
			d, err := j.describe(ctx, o)
			if err != nil {
				return err
			}
			n.Manifest, n.Index = d.manifest, d.index
			j.ids.manifest = d.top().String()
		}
		step.Note("exporting layers", true, 0, 0)
		ids, err := j.lease.Add(n)
		if err != nil {
			return err
		}
		j.ids.image = ids[0].String()
		var familiar []string
		step.Note("writing image "+j.ids.image, true, 0, 0)
		for _, ref := range names {
			j.ids.names = append(j.ids.names, ref.String())
			step.Note("naming to "+ref.String(), true, 0, 0)
			familiar = append(familiar, ref.Familiar())
		}
		j.engine.ImageBuilt(j.ids.image, familiar)
		if !o.push {
			return nil
		}
		return j.push(ctx, names, step.Note)
	}()
	step.Finish(err)
	return err
}

func (j *job) push(ctx context.Context, names []reference.Reference, note func(string, bool, int64, int64)) error {
	for _, ref := range names {
		err := j.engine.Push(ctx, &engine.PushOptions{Reference: ref.Familiar(), Progress: func(e remote.Event) {
			if i := strings.Index(e.Status, "digest: sha256:"); i >= 0 {
				j.ids.manifest, _, _ = strings.Cut(e.Status[i+len("digest: "):], " ")
			}
		}})
		if err != nil {
			return err
		}
		note("pushing manifest for "+ref.String(), true, 0, 0)
	}
	return nil
}

// described is an image's manifest, and the index around it where it has attestations.
type described struct{ manifest, index digest.Digest }

func (d described) top() digest.Digest {
	if d.index != "" {
		return d.index
	}
	return d.manifest
}

// wantsManifest says that the image is more than its configuration: annotations and
// attestations stand in manifests.
func (j *job) wantsManifest(o *output) bool {
	if len(j.o.Annotations) > 0 || j.attests() {
		return true
	}
	for k := range o.opts {
		if strings.HasPrefix(k, "annotation.") {
			return true
		}
	}
	return false
}

// describe makes the manifest with its annotations and, with attestations, the index.
func (j *job) describe(ctx context.Context, o *output) (described, error) {
	ids, err := j.lease.Add(local.NewImage{Config: j.res.Config})
	if err != nil {
		return described{}, err
	}
	d, doc, err := j.lease.Manifest(ctx, local.Target{Image: ids[0]}, false)
	if err != nil {
		return described{}, err
	}
	ann, err := j.annotations(o)
	if err != nil {
		return described{}, err
	}
	if len(ann.manifest) > 0 {
		doc.Annotations = ann.manifest
		if d, err = j.putDocument(doc); err != nil {
			return described{}, err
		}
	}
	d.Annotations = ann.descriptor
	d.Platform = &manifest.Platform{OS: j.res.Image.OS, Architecture: j.res.Image.Architecture, Variant: j.res.Image.Variant}
	if !j.attests() && len(ann.index) == 0 {
		return described{manifest: d.Digest}, nil
	}
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{d}, Annotations: ann.index}
	if j.attests() {
		a, err := j.attestations(ctx, d)
		if err != nil {
			return described{}, err
		}
		index.Manifests = append(index.Manifests, a)
	}
	top, err := j.putDocument(index)
	return described{manifest: d.Digest, index: top.Digest}, err
}

func (j *job) putDocument(doc *manifest.Document) (manifest.Descriptor, error) {
	b, err := doc.Encode()
	if err != nil {
		return manifest.Descriptor{}, err
	}
	return j.putBlob(b, doc.Type())
}

func (j *job) putBlob(b []byte, kind string) (manifest.Descriptor, error) {
	d := digest.FromBytes(b)
	if _, err := j.lease.Protect(d); err != nil {
		return manifest.Descriptor{}, err
	}
	if _, err := j.lease.Blobs().Put(b); err != nil {
		return manifest.Descriptor{}, err
	}
	return manifest.Descriptor{MediaType: kind, Digest: d, Size: int64(len(b))}, nil
}

// annotated sorts annotations by where they stand.
type annotated struct{ manifest, index, descriptor map[string]string }

// annotations reads --annotation: [TYPE[,TYPE...]:]KEY=VALUE with the types manifest,
// index, manifest-descriptor and index-descriptor, each with a platform in brackets or not.
func (j *job) annotations(o *output) (annotated, error) {
	a := annotated{map[string]string{}, map[string]string{}, map[string]string{}}
	for _, text := range j.o.Annotations {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return a, fmt.Errorf("invalid annotation %q, expected key=value", text)
		}
		kinds, name, typed := strings.Cut(key, ":")
		if !typed {
			kinds, name = "manifest", key
		}
		for _, kind := range strings.Split(kinds, ",") {
			kind, _, _ = strings.Cut(kind, "[")
			switch kind {
			case "manifest":
				a.manifest[name] = value
			case "index":
				a.index[name] = value
			case "manifest-descriptor":
				a.descriptor[name] = value
			default:
				return a, fmt.Errorf("annotation %q: unknown type %q: want manifest, index or manifest-descriptor", text, kind)
			}
		}
	}
	for k, v := range o.opts {
		if name, ok := strings.CutPrefix(k, "annotation."); ok {
			a.manifest[name] = v
		}
	}
	return a, nil
}

// exportLayout writes the image as a tar file: an OCI layout, and for type=docker also the
// manifest.json that docker load reads.
func (j *job) exportLayout(ctx context.Context, o *output) error {
	names, err := j.names(o)
	if err != nil {
		return err
	}
	step := j.log.Start("exporting to " + map[string]string{"oci": "oci", "docker": "docker"}[o.kind] + " image format")
	d, err := j.describe(ctx, o)
	if err == nil {
		j.ids.image, j.ids.manifest = digest.FromBytes(j.res.Config).String(), d.top().String()
		err = j.writeTo(o.dest, func(w io.Writer) error { return j.writeLayout(w, d, names, o.kind == "docker") })
	}
	step.Finish(err)
	return err
}

func (j *job) writeLayout(w io.Writer, d described, names []reference.Reference, docker bool) error {
	out := &layoutWriter{tar: tar.NewWriter(w), job: j, seen: map[digest.Digest]bool{}, now: time.Unix(0, 0)}
	if err := out.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	top, doc, err := j.lease.ReadManifest(d.top())
	if err != nil {
		return err
	}
	desc := manifest.Descriptor{MediaType: doc.Type(), Digest: d.top(), Size: int64(len(top))}
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
	for _, n := range names {
		x := desc
		x.Annotations = map[string]string{"io.containerd.image.name": n.String(), "org.opencontainers.image.ref.name": n.Tag}
		index.Manifests = append(index.Manifests, x)
	}
	if len(names) == 0 {
		index.Manifests = []manifest.Descriptor{desc}
	}
	if err := out.content(desc.Digest); err != nil {
		return err
	}
	if docker {
		if err := out.dockerManifest(d.manifest, names); err != nil {
			return err
		}
	}
	b, err := index.Encode()
	if err != nil {
		return err
	}
	if err := out.file("index.json", b); err != nil {
		return err
	}
	return out.tar.Close()
}

type layoutWriter struct {
	tar  *tar.Writer
	job  *job
	seen map[digest.Digest]bool
	now  time.Time
}

func (w *layoutWriter) file(name string, b []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(b)), ModTime: w.now, Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.tar.Write(b)
	return err
}

// content writes a blob and all that it refers to.
func (w *layoutWriter) content(d digest.Digest) error {
	if w.seen[d] {
		return nil
	}
	w.seen[d] = true
	r, size, err := w.job.lease.Open(d)
	if err != nil {
		return err
	}
	defer r.Close()
	h := &tar.Header{Typeflag: tar.TypeReg, Name: "blobs/sha256/" + d.Hex(), Mode: 0o644, Size: size, ModTime: w.now, Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	if _, err := io.Copy(w.tar, r); err != nil {
		return err
	}
	if size > manifest.MaxSize {
		return nil
	}
	if _, doc, err := w.job.lease.ReadManifest(d); err == nil {
		for _, x := range doc.References() {
			if err := w.content(x.Digest); err != nil {
				return err
			}
		}
	}
	return nil
}

// dockerManifest writes what docker load wants to find.
func (w *layoutWriter) dockerManifest(d digest.Digest, names []reference.Reference) error {
	_, doc, err := w.job.lease.ReadManifest(d)
	if err != nil {
		return err
	}
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	e := entry{Config: "blobs/sha256/" + doc.Config.Digest.Hex(), Layers: []string{}}
	for _, n := range names {
		e.RepoTags = append(e.RepoTags, n.Familiar())
	}
	for _, l := range doc.Layers {
		e.Layers = append(e.Layers, "blobs/sha256/"+l.Digest.Hex())
	}
	b, err := json.Marshal([]entry{e})
	if err != nil {
		return err
	}
	return w.file("manifest.json", b)
}
