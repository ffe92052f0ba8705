package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"

	"github.com/klauspost/compress/zstd"
)

// files is an archive in memory, in order.
type files []struct{ name, body string }

func (f *files) add(name, body string) {
	*f = append(*f, struct{ name, body string }{name, body})
}

// blob adds content under its digest and describes it.
func (f *files) blob(mediaType, body string) manifest.Descriptor {
	d := digest.FromBytes([]byte(body))
	f.add("blobs/sha256/"+d.Hex(), body)
	return manifest.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(body))}
}

func (f files) tar(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range f {
		if err := w.WriteHeader(&tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.body)), Uid: os.Geteuid(), Gid: os.Getegid()}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func zip(t testing.TB, b []byte) string {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.String()
}

func zstandard(t testing.TB, b []byte) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll(b, nil))
}

// followed is an archive whose layer has something behind its end; digest and size are those of all of it.
func followed(t testing.TB, kind string, pack func([]byte) string) []byte {
	t.Helper()
	f := &files{}
	layer := files{{"a", "b"}}.tar(t)
	c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes(layer)))
	l := f.blob(manifest.TypeLayer+kind, pack(layer)+"trailing")
	f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}})))
	return f.tar(t)
}

func config(arch string, diffs ...digest.Digest) string {
	return text(map[string]any{"architecture": arch, "os": "linux", "rootfs": map[string]any{"type": "layers", "diff_ids": append([]digest.Digest{}, diffs...)}})
}

// image adds an image of one layer that has one file, and returns its manifest.
func (f *files) image(t testing.TB, arch, name string) manifest.Descriptor {
	t.Helper()
	layer := files{{name, "content"}}.tar(t)
	c := f.blob(manifest.TypeConfig, config(arch, digest.FromBytes(layer)))
	l := f.blob(manifest.TypeLayer+"+gzip", zip(t, layer))
	m := f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}}))
	m.Platform = &manifest.Platform{OS: "linux", Architecture: arch}
	return m
}

func (f *files) index(list ...manifest.Descriptor) {
	f.add("index.json", text(&manifest.Document{SchemaVersion: 2, Manifests: list}))
	f.add("oci-layout", `{"imageLayoutVersion":"1.0.0"}`)
}

// load reads an archive into a store of its own, through every door: a file, a pipe and
// a compressed stream give the same.
func load(t testing.TB, b []byte, platform string) (ids []digest.Digest, items []Item, err error) {
	t.Helper()
	s := &local.Store{Root: t.TempDir()}
	lease, err := s.Lease()
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	source, err := OpenTar(t.Context(), bytes.NewReader(b), func() (*os.File, error) { return os.CreateTemp(t.TempDir(), "spool") }, 64<<20)
	if err != nil {
		return nil, nil, err
	}
	defer source.Close()
	want, err := manifest.ParsePlatforms(platform)
	if err != nil {
		t.Fatal(err)
	}
	if items, err = Read(source, want...); err != nil {
		return nil, nil, err
	}
	options := LoadOptions{}
	options.Limits.Size, options.Limits.Entries = 1<<20, 1000
	ids, err = Load(context.Background(), lease, source, items, options)
	if err == nil {
		if problems, _, e := s.Check(context.Background()); e != nil || len(problems) > 0 {
			t.Errorf("fsck: %v, %v", problems, e)
		}
	}
	return ids, items, err
}

func TestPlatforms(t *testing.T) {
	var f files
	amd, arm := f.image(t, "amd64", "amd"), f.image(t, "arm64", "arm")
	nested := f.blob(manifest.TypeIndex, text(&manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{amd, arm}}))
	nested.Annotations = map[string]string{"io.containerd.image.name": "docker.io/library/two:1"}
	f.index(nested)
	for platform, want := range map[string]string{"linux/amd64": "amd64", "linux/arm64": "arm64", "linux/aarch64": "arm64"} {
		_, items, err := load(t, f.tar(t), platform)
		if err != nil || len(items) != 1 || !strings.Contains(string(items[0].Config), `"`+want+`"`) || items[0].Index == nil || items[0].Names[0].Familiar() != "two:1" {
			t.Errorf("%s: %d items, %v", platform, len(items), err)
		}
	}
	if _, _, err := load(t, f.tar(t), "linux/s390x"); err == nil || !strings.Contains(err.Error(), "does not provide the platform linux/s390x") {
		t.Errorf("another platform: %v", err)
	}
	if ids, items, err := load(t, f.tar(t), ""); err != nil || len(ids) != 1 || len(items[0].Others) != 1 {
		t.Errorf("all platforms: %v, %v", ids, err)
	}
	// docker's list names one of them, which needn't be the one that is wanted
	for _, file := range f {
		var m manifest.Document
		if file.name == blobFile(amd.Digest) && json.Unmarshal([]byte(file.body), &m) == nil {
			f.add("manifest.json", text([]dockerItem{{Config: blobFile(m.Config.Digest), RepoTags: []string{"two:1"}, Layers: []string{"x"}}}))
		}
	}
	if _, items, err := load(t, f.tar(t), "linux/arm64"); err != nil || len(items) != 1 || !strings.Contains(string(items[0].Config), `"arm64"`) || len(items[0].Names) != 1 {
		t.Errorf("docker's list has another platform of the index: %d items, %v", len(items), err)
	}
}

// Every archive here is wrong in one way, and is told so.
func TestHostileArchives(t *testing.T) {
	good := func() (*files, manifest.Descriptor) {
		f := &files{}
		return f, f.image(t, "amd64", "file")
	}
	cases := map[string]struct {
		make func() []byte
		want string
	}{
		"no archive": {func() []byte { return []byte("hello") }, "this is not a tar archive"},
		"empty":      {func() []byte { return files{}.tar(t) }, "the archive is empty"},
		"no list":    {func() []byte { return files{{"a", "b"}}.tar(t) }, "neither manifest.json (docker) nor index.json"},
		"cut": {func() []byte {
			f, d := good()
			f.index(d)
			b := f.tar(t)
			return b[:len(b)-3000]
		}, "cut short"},
		"wrong layer": {func() []byte {
			f, d := good()
			(*f)[1].body = zip(t, files{{"another", "x"}}.tar(t))
			f.index(d)
			return f.tar(t)
		}, "corrupt"},
		"wrong config": {func() []byte {
			f, d := good()
			(*f)[0].body += " "
			f.index(d)
			return f.tar(t)
		}, "corrupt"},
		"wrong size": {func() []byte {
			f, d := good()
			d.Size++
			f.index(d)
			return f.tar(t)
		}, "its descriptor says"},
		"wrong diff id": {func() []byte {
			f := &files{}
			c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes([]byte("x"))))
			l := f.blob(manifest.TypeLayer, string(files{{"a", "b"}}.tar(t)))
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}})))
			return f.tar(t)
		}, "diff id is"},
		"layer missing": {func() []byte {
			f, d := good()
			*f = append((*f)[:1], (*f)[2:]...)
			f.index(d)
			return f.tar(t)
		}, "the archive has no"},
		"layers length": {func() []byte {
			f := &files{}
			c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes([]byte("x"))))
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c})))
			return f.tar(t)
		}, "layers length mismatch: expected 1, got 0"},
		"digest is a path": {func() []byte {
			f := &files{}
			f.add("index.json", `{"schemaVersion":2,"manifests":[{"digest":"sha256:../../etc/passwd","size":1}]}`)
			return f.tar(t)
		}, "invalid digest"},
		"index in a circle": {func() []byte {
			f := &files{}
			d, _ := digest.Parse("sha256:" + strings.Repeat("a", 64))
			body := text(&manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{{MediaType: manifest.TypeIndex, Digest: d, Size: 1}}})
			f.add("blobs/sha256/"+d.Hex(), body)
			f.index(manifest.Descriptor{MediaType: manifest.TypeIndex, Digest: d, Size: int64(len(body))})
			return f.tar(t)
		}, "corrupt"},
		"index too deep": {func() []byte {
			f, d := good()
			for range manifest.MaxDepth + 2 {
				d = f.blob(manifest.TypeIndex, text(&manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{d}}))
			}
			f.index(d)
			return f.tar(t)
		}, "leads to an index too often"},
		"ambiguous manifest": {func() []byte {
			f, d := good()
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &d, Manifests: []manifest.Descriptor{d}})))
			return f.tar(t)
		}, "ambiguous"},
		"foreign layer": {func() []byte {
			f := &files{}
			c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes([]byte("x"))))
			l := manifest.Descriptor{Digest: digest.FromBytes([]byte("x")), Size: 1, URLs: []string{"http://x"}}
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}})))
			return f.tar(t)
		}, "foreign"},
		"huge JSON": {func() []byte {
			return files{{"manifest.json", "[" + strings.Repeat(" ", manifest.MaxSize) + "]"}}.tar(t)
		}, "more than 4 MiB of JSON"},
		"docker config is gone": {func() []byte {
			return files{{"manifest.json", `[{"Config":"../../../etc/passwd","Layers":[]}]`}}.tar(t)
		}, `the archive has no "etc/passwd"`},
		"bad tag": {func() []byte {
			return files{{"c", config("amd64")}, {"manifest.json", `[{"Config":"c","RepoTags":["UPPER:x y"],"Layers":[]}]`}}.tar(t)
		}, "invalid tag"},
		"bomb": {func() []byte {
			f := &files{}
			layer := files{{"zeroes", strings.Repeat("\x00", 2<<20)}}.tar(t)
			c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes(layer)))
			l := f.blob(manifest.TypeLayer+"+gzip", zip(t, layer))
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}})))
			return f.tar(t)
		}, "more than the limit of 1048576 bytes"},
		"escape": {func() []byte {
			f := &files{}
			layer := files{{"../../escape", "x"}}.tar(t)
			c := f.blob(manifest.TypeConfig, config("amd64", digest.FromBytes(layer)))
			l := f.blob(manifest.TypeLayer, string(layer))
			f.index(f.blob(manifest.TypeManifest, text(&manifest.Document{SchemaVersion: 2, Config: &c, Layers: []manifest.Descriptor{l}})))
			return f.tar(t)
		}, "leads out of the layer"},
		"trailing data, gzip": {func() []byte {
			return followed(t, "+gzip", func(b []byte) string { return zip(t, b) })
		}, "decompress gzip: something else follows the end of the stream"},
		"trailing data, zstd": {func() []byte {
			return followed(t, "+zstd", func(b []byte) string { return zstandard(t, b) })
		}, "decompress zstd: something else follows the end of the stream"},
		"trailing data, plain": {func() []byte {
			return followed(t, "", func(b []byte) string { return string(b) })
		}, "diff id is"},
		"trailing data of the archive": {func() []byte {
			f, d := good()
			f.index(d)
			return []byte(zip(t, f.tar(t)) + "trailing")
		}, "decompress gzip: something else follows the end of the stream"},
	}
	for name, c := range cases {
		if _, _, err := load(t, c.make(), ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestLinksInArchives(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "manifest.json", Typeflag: tar.TypeSymlink, Linkname: "/../../../etc/passwd"},
		{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "b"},
		{Name: "b", Typeflag: tar.TypeSymlink, Linkname: "a"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if _, _, err := load(t, b.Bytes(), ""); err == nil || !strings.Contains(err.Error(), "neither manifest.json") {
		t.Errorf("a link out of the archive: %v", err)
	}
	s, err := index(bytes.NewReader(b.Bytes()), 0, int64(b.Len()), io.NopCloser(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open("a"); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("links in a circle: %v", err)
	}
}

// A folder's links and pipes lead nowhere.
func TestHostileFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", dir+"/manifest.json"); err != nil {
		t.Fatal(err)
	}
	s, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Read(s); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("a link out of the folder: %v", err)
	}
}

// Whatever an archive says, it is refused or it loads and is sound.
func FuzzLoad(f *testing.F) {
	var a files
	a.index(a.image(f, "amd64", "file"))
	f.Add(a.tar(f))
	layer := files{{"x", "y"}}.tar(f)
	docker := files{{"l/layer.tar", string(layer)}, {"c.json", config("amd64", digest.FromBytes(layer))}, {"manifest.json", `[{"Config":"c.json","RepoTags":["a:b"],"Layers":["l/layer.tar"]}]`}}
	f.Add(docker.tar(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 1<<17 {
			_, _, _ = load(t, b, "")
		}
	})
}

// Documents decode or are refused, and what decodes has only digests for names.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(`{"schemaVersion":2,"config":{"digest":"%s","size":2},"layers":[]}`, digest.FromBytes(nil))))
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:..","size":-1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := manifest.Decode(b)
		if err != nil {
			return
		}
		for _, r := range d.References() {
			if _, err := digest.Parse(string(r.Digest)); err != nil || r.Size < 0 {
				t.Errorf("%+v", r)
			}
		}
		d.Select(manifest.Host())
		if _, err := d.Encode(); err != nil {
			t.Error(err)
		}
	})
}
