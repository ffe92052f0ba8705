package peers

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bantam/internal/testenv"
)

// applets are the names under which busybox stands in the image.
var applets = []string{"sh", "true", "false", "sleep", "cat", "echo", "ls", "id", "env", "ps", "top", "hostname", "grep", "touch", "kill", "tty", "head", "mount", "umount", "stat", "trap"}

// rootfs returns a tar file of a root file system: Debian's static busybox and links to it.
func rootfs(t *testing.T) []byte {
	t.Helper()
	busybox, err := os.ReadFile(testenv.Bin(t, "box"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, d := range []string{"bin/", "etc/", "proc/", "sys/", "dev/", "tmp/", "data/"} {
		member(t, w, tar.Header{Typeflag: tar.TypeDir, Name: d, Mode: 0o755}, nil)
	}
	member(t, w, tar.Header{Typeflag: tar.TypeReg, Name: "bin/box", Mode: 0o755}, busybox)
	for _, a := range applets {
		member(t, w, tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + a, Linkname: "box", Mode: 0o777}, nil)
	}
	member(t, w, tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o644}, []byte("root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n"))
	member(t, w, tar.Header{Typeflag: tar.TypeReg, Name: "etc/group", Mode: 0o644}, []byte("root:x:0:\nguest:x:1000:\n"))
	member(t, w, tar.Header{Typeflag: tar.TypeReg, Name: "etc/plain", Mode: 0o644}, []byte("not executable\n"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func member(t *testing.T, w *tar.Writer, h tar.Header, content []byte) {
	t.Helper()
	h.Size = int64(len(content))
	if err := w.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
}

// rootfsFile writes the root file system's tar into dir.
func rootfsFile(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "rootfs.tar")
	if err := os.WriteFile(name, rootfs(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// archive writes an OCI image archive (image-spec, image-layout.md) named
// example.com/box:latest into dir, for what imports no plain tar.
func archive(t *testing.T, dir string) string {
	t.Helper()
	layer := rootfs(t)
	config := fmt.Appendf(nil, `{"architecture":%q,"os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}`,
		runtime.GOARCH, digest(layer))
	manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}`,
		descriptor("config.v1+json", config), descriptor("layer.v1.tar", layer))
	index := fmt.Appendf(nil, `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,"annotations":{"io.containerd.image.name":"example.com/box:latest","org.opencontainers.image.ref.name":"latest"}}]}`,
		digest(manifest), len(manifest))
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range map[string][]byte{
		"oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`), "index.json": index,
		"blobs/sha256/" + digest(layer): layer, "blobs/sha256/" + digest(config): config, "blobs/sha256/" + digest(manifest): manifest,
	} {
		member(t, w, tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "image.tar")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func descriptor(kind string, content []byte) string {
	return fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%d}`, kind, digest(content), len(content))
}
