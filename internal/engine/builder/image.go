package builder

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"bantam/internal/build/dockerfile"
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
		if err := j.keep(ctx, o, names); err != nil {
			return err
		}
		step.Note("exporting layers", true, 0, 0)
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

// keep puts the image into the store: as its configuration, or with the manifests that it needs.
func (j *job) keep(ctx context.Context, o *output, names []reference.Reference) error {
	if !j.wantsManifest(o) {
		ids, err := j.lease.Add(local.NewImage{Config: j.products[0].res.Config, Names: names})
		if err == nil {
			j.ids.image = ids[0].String()
		}
		return err
	}
	d, err := j.describe(ctx, o)
	if err != nil {
		return err
	}
	j.identify(d)
	if d.index != "" {
		return j.lease.NameIndex(d.index, names...)
	}
	_, err = j.lease.Add(local.NewImage{Config: j.products[0].res.Config, Names: names, Manifest: d.manifests[0].Digest})
	return err
}

// identify notes how the result is called: by its configuration, several platforms by their index.
func (j *job) identify(d described) {
	j.ids.manifest = d.top().String()
	j.ids.image = j.ids.manifest
	if len(j.products) == 1 {
		j.ids.image = digest.FromBytes(j.products[0].res.Config).String()
	}
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

// described are the manifests of the platforms, and the index around them where there are several
// or attestations.
type described struct {
	manifests []manifest.Descriptor
	index     digest.Digest
	// annotations are those of the index's descriptor in an OCI layout.
	annotations map[string]string
}

func (d described) top() digest.Digest {
	if d.index != "" {
		return d.index
	}
	return d.manifests[0].Digest
}

// descriptorAnnotations are those of what an OCI layout leads to: the index, or the manifest that stands alone.
func (d described) descriptorAnnotations() map[string]string {
	if d.index != "" {
		return d.annotations
	}
	return d.manifests[0].Annotations
}

// wantsManifest says that the image is more than its configuration: platforms, annotations and
// attestations stand in manifests.
func (j *job) wantsManifest(o *output) bool {
	if len(j.products) > 1 || len(j.o.Annotations) > 0 || j.attests() {
		return true
	}
	for k := range o.opts {
		if strings.HasPrefix(k, "annotation.") {
			return true
		}
	}
	return false
}

// describe makes the manifests with their annotations and, where it takes one, the index:
// images first, attestations in the same order behind them.
func (j *job) describe(ctx context.Context, o *output) (described, error) {
	var d described
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
	for _, p := range j.products {
		ann, err := p.annotations(o)
		if err != nil {
			return d, err
		}
		m, err := p.manifest(ctx, ann)
		if err != nil {
			return d, err
		}
		d.manifests, index.Annotations, d.annotations = append(d.manifests, m), ann.index, ann.indexDescriptor
	}
	index.Manifests = append(index.Manifests, d.manifests...)
	for i := 0; i < len(j.products) && j.attests(); i++ {
		a, err := j.products[i].attestations(ctx, d.manifests[i])
		if err != nil {
			return d, err
		}
		index.Manifests = append(index.Manifests, a)
	}
	if len(index.Manifests) == 1 && len(index.Annotations) == 0 {
		return d, nil
	}
	top, err := j.lease.PutManifest(index)
	d.index = top.Digest
	return d, err
}

// manifest makes the manifest of one platform.
func (j *product) manifest(ctx context.Context, ann annotated) (manifest.Descriptor, error) {
	none := manifest.Descriptor{}
	ids, err := j.lease.Add(local.NewImage{Config: j.res.Config})
	if err != nil {
		return none, err
	}
	d, doc, err := j.lease.Manifest(ctx, local.Target{Image: ids[0]}, false)
	if err != nil {
		return none, err
	}
	if len(ann.manifest) > 0 {
		doc.Annotations = ann.manifest
		if d, err = j.lease.PutManifest(doc); err != nil {
			return none, err
		}
	}
	d.Annotations = ann.descriptor
	p := j.platform()
	d.Platform = &manifest.Platform{OS: p.OS, Architecture: p.Arch, Variant: p.Variant}
	return d, nil
}

func (j *job) putBlob(b []byte, kind string) (manifest.Descriptor, error) {
	d, err := j.lease.PutRaw(b)
	return manifest.Descriptor{MediaType: kind, Digest: d, Size: int64(len(b))}, err
}

// annotated sorts annotations by where they stand.
type annotated struct{ manifest, index, descriptor, indexDescriptor map[string]string }

func newAnnotated() annotated {
	return annotated{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
}

// kinds are where an annotation can stand.
func (a *annotated) kinds() map[string]map[string]string {
	return map[string]map[string]string{"manifest": a.manifest, "index": a.index, "manifest-descriptor": a.descriptor, "index-descriptor": a.indexDescriptor}
}

// annotations reads --annotation and those of an output.
func (j *product) annotations(o *output) (annotated, error) {
	a := newAnnotated()
	p := j.platform()
	for _, text := range j.o.Annotations {
		if err := a.read(text, &p); err != nil {
			return a, err
		}
	}
	for k, v := range o.opts {
		if name, ok := strings.CutPrefix(k, "annotation."); ok {
			a.manifest[name] = v
		}
	}
	return a, nil
}

// checkAnnotations refuses at the beginning what annotations refuses at the end.
func (j *job) checkAnnotations() error {
	a := newAnnotated()
	for _, text := range j.o.Annotations {
		if err := a.read(text, nil); err != nil {
			return err
		}
	}
	return nil
}

// read takes [TYPE[,TYPE...]:]KEY=VALUE with the types manifest, index and their descriptors, each for a
// platform in brackets or for all; wanted is the one that is built, nil for any.
func (a *annotated) read(text string, wanted *dockerfile.Platform) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("invalid annotation %q, expected key=value", text)
	}
	kinds, name, typed := strings.Cut(key, ":")
	if !typed {
		kinds, name = "manifest", key
	}
	for _, kind := range strings.Split(kinds, ",") {
		kind, on, only := strings.Cut(strings.TrimSuffix(kind, "]"), "[")
		to := a.kinds()[kind]
		if to == nil {
			return fmt.Errorf("annotation %q: unknown type %q: want manifest, index, manifest-descriptor or index-descriptor", text, kind)
		}
		if only {
			p, err := dockerfile.ParsePlatform(on)
			if err != nil {
				return fmt.Errorf("annotation %q: %w", text, err)
			}
			if wanted != nil && p != *wanted {
				continue
			}
		}
		to[name] = value
	}
	return nil
}

// exportLayout writes the image as a tar file: an OCI layout, and for type=docker also the
// manifest.json that docker load reads.
func (j *job) exportLayout(ctx context.Context, o *output) error {
	names, err := j.names(o)
	if err != nil {
		return err
	}
	if o.kind == "docker" && len(j.products) > 1 {
		return errors.New("docker exporter does not support exporting manifest lists to a file, use the oci exporter instead")
	}
	step := j.log.Start("exporting to " + map[string]string{"oci": "oci", "docker": "docker"}[o.kind] + " image format")
	d, err := j.describe(ctx, o)
	if err == nil {
		j.identify(d)
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
	desc := manifest.Descriptor{MediaType: doc.Type(), Digest: d.top(), Size: int64(len(top)), Annotations: d.descriptorAnnotations()}
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
	for _, n := range names {
		x := desc
		x.Annotations = maps.Clone(desc.Annotations)
		if x.Annotations == nil {
			x.Annotations = map[string]string{}
		}
		x.Annotations["io.containerd.image.name"], x.Annotations["org.opencontainers.image.ref.name"] = n.String(), n.Tag
		index.Manifests = append(index.Manifests, x)
	}
	if len(names) == 0 {
		index.Manifests = []manifest.Descriptor{desc}
	}
	if err := out.content(desc.Digest); err != nil {
		return err
	}
	if docker {
		if err := out.dockerManifest(d.manifests[0].Digest, names); err != nil {
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
