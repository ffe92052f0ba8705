package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"bantam/internal/image/builtin"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// image is one layer and its configuration.
type image struct {
	layer  []byte // tar
	config []byte // JSON
	size   int64  // of the files
}

func (i *image) id() digest.Digest { return digest.FromBytes(i.config) }

// build puts the userland's program and what it needs into a layer.
func build(program string, certificates bool, date time.Time) (*image, error) {
	box, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	links, err := exec.Command(program, "--list-full").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list-full: %w", program, err)
	}
	t := newTree(date)
	for _, d := range folders {
		t.folder(d.path, d.mode)
	}
	for _, f := range etc {
		t.file(f.path, f.text, f.mode)
	}
	t.file("bin/box", string(box), 0o755)
	for _, link := range strings.Fields(string(links)) {
		t.link(link, strings.Repeat("../", strings.Count(path.Dir(link), "/")+1)+"bin/box")
	}
	for _, e := range terminals {
		b, err := e.compile()
		if err != nil {
			return nil, fmt.Errorf("terminal %s: %w", e.name, err)
		}
		t.file("usr/share/terminfo/"+e.name[:1]+"/"+e.name, string(b), 0o644)
	}
	if certificates {
		t.file("etc/ssl/certs/ca-certificates.crt", roots(), 0o644)
	}
	i := &image{size: t.size}
	if i.layer, err = t.tar(); err != nil {
		return nil, err
	}
	i.config, err = configuration(i.layer, t.size, date)
	return i, err
}

// configuration is what a container of the image inherits.
func configuration(layer []byte, size int64, date time.Time) ([]byte, error) {
	c := local.Config{Created: date, OS: "linux", Architecture: runtime.GOARCH}
	c.Config = local.Process{Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, Cmd: []string{"sh"}}
	c.RootFS.Type = "layers"
	c.RootFS.DiffIDs = []digest.Digest{digest.FromBytes(layer)}
	c.History = []local.History{{Created: date, CreatedBy: builtin.Maker, Comment: "Bantam's userland"}}
	return json.Marshal(&c)
}

// compressed is the layer as a registry would send it.
func (i *image) compressed() ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(i.layer); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// descriptor is OCI's (image-spec, descriptor.md).
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      digest.Digest     `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func describe(mediaType string, b []byte) descriptor {
	return descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: len(b)}
}

// archive is an OCI layout (image-spec, image-layout.md) with docker's manifest.json
// beside it, in one tar file.
func (i *image) archive(ref reference.Reference, date time.Time) ([]byte, error) {
	const kind = "application/vnd.oci.image."
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
		"config": describe(kind+"config.v1+json", i.config),
		"layers": []descriptor{describe(kind+"layer.v1.tar", i.layer)},
	})
	if err != nil {
		return nil, err
	}
	entry := describe(kind+"manifest.v1+json", manifest)
	entry.Annotations = map[string]string{"io.containerd.image.name": ref.String(), "org.opencontainers.image.ref.name": ref.Tag}
	index, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": kind + "index.v1+json", "manifests": []descriptor{entry},
	})
	if err != nil {
		return nil, err
	}
	blob := func(b []byte) string { return "blobs/sha256/" + digest.FromBytes(b).Hex() }
	docker, err := json.Marshal([]any{map[string]any{
		"Config": blob(i.config), "RepoTags": []string{ref.Familiar()}, "Layers": []string{blob(i.layer)},
	}})
	if err != nil {
		return nil, err
	}
	t := newTree(date)
	t.folder("blobs", 0o755)
	t.folder("blobs/sha256", 0o755)
	for _, b := range [][]byte{i.config, i.layer, manifest} {
		t.file(blob(b), string(b), 0o644)
	}
	t.file("index.json", string(index), 0o644)
	t.file("manifest.json", string(docker), 0o644)
	t.file("oci-layout", `{"imageLayoutVersion":"1.0.0"}`, 0o644)
	return t.tar()
}

// tree is a tar file in the making.
type tree struct {
	date    time.Time
	headers []tar.Header
	bodies  map[string]string
	size    int64
}

func newTree(date time.Time) *tree { return &tree{date: date, bodies: map[string]string{}} }

func (t *tree) folder(name string, mode int64) {
	t.headers = append(t.headers, tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode})
}

func (t *tree) file(name, body string, mode int64) {
	t.headers = append(t.headers, tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: mode, Size: int64(len(body))})
	t.bodies[name] = body
	t.size += int64(len(body))
}

func (t *tree) link(name, target string) {
	t.headers = append(t.headers, tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777})
}

// tar returns the entries sorted by name, parents that are missing added.
func (t *tree) tar() ([]byte, error) {
	t.parents()
	slices.SortFunc(t.headers, func(a, b tar.Header) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range t.headers {
		h.ModTime, h.Format = t.date, tar.FormatUSTAR
		if err := w.WriteHeader(&h); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
		if _, err := w.Write([]byte(t.bodies[h.Name])); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// parents adds the folders that an entry is in and nobody named.
func (t *tree) parents() {
	have := map[string]bool{"./": true}
	for _, h := range t.headers {
		have[h.Name] = true
	}
	for _, h := range slices.Clone(t.headers) {
		for dir := path.Dir(strings.TrimSuffix(h.Name, "/")); !have[dir+"/"]; dir = path.Dir(dir) {
			have[dir+"/"] = true
			t.folder(dir, 0o755)
		}
	}
}
