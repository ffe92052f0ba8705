package peers

import (
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// TestRoundTrip sends an image from bantam to Docker, on to Podman and back: it is the
// same image with the same layers, in whatever form the engines write it.
func TestRoundTrip(t *testing.T) {
	bantam := testenv.Bin(t, "bantam")
	d, p := docker(t), podman(t)
	dir := folder(t)
	at := func(root string) *engine { return &engine{prefix: []string{bantam, "--root", dir + "/" + root}} }
	first := at("first")
	first.must(t, "import", "-c", `CMD ["sh"]`, "-c", "LABEL trip=round", rootfsFile(t, dir), "base")
	first.must(t, "run", "--network", "none", "--name", "maker", "base", "sh", "-c",
		"ln /etc/plain /etc/hard; ln -s plain /etc/soft; rm /etc/group; touch -d '2001-02-03 04:05:06' /data/old; chown 70000:80000 /data/old")
	first.must(t, "commit", "maker", "trip:1")
	first.must(t, "rm", "maker")
	const layers = "{{.RootFS.Layers}}"
	want := first.must(t, "image", "inspect", "-f", layers, "trip:1")
	if strings.Count(want, "sha256:") != 2 {
		t.Fatalf("layers %s", want)
	}
	id := first.must(t, "image", "inspect", "-f", "{{.Id}}", "trip:1")

	first.must(t, "save", "-o", dir+"/1.tar", "trip:1")
	d.must(t, "load", "-i", dir+"/1.tar")
	d.want(t, want, "image", "inspect", "-f", layers, "trip:1")
	d.want(t, "70000", "run", "--rm", "--network", "none", "trip:1", "stat", "-c", "%u", "/data/old")

	d.must(t, "save", "-o", dir+"/2.tar", "trip:1")
	p.must(t, "load", "-i", dir+"/2.tar")
	for _, format := range []string{"docker-archive", "oci-archive", "oci-dir", "docker-dir"} {
		out := dir + "/3." + format
		p.must(t, "save", "--format", format, "-o", out, "trip:1")
		own := at(format)
		own.must(t, "load", "-i", out)
		loaded := own.must(t, "images", "-q", "--no-trunc")
		own.want(t, want, "image", "inspect", "-f", layers, loaded)
		own.want(t, "2001-02-03 04:05:06", "run", "--rm", "--network", "none", loaded, "sh", "-c", "test ! -e /etc/group && test /etc/hard -ef /etc/plain && stat -c %.19y /data/old")
		own.must(t, "system", "fsck")
		if loaded == id {
			continue
		}
		if format == "docker-archive" { // Podman writes its own form of the configuration into others
			t.Errorf("%s: the id is %s, not %s", format, loaded, id)
		}
	}
	// Podman's image goes back as it is, compressed.
	own := at("oci-archive")
	own.must(t, "save", "--format", "oci-archive", "-o", dir+"/4.tar", own.must(t, "images", "-q", "--no-trunc"))
	p.must(t, "load", "-i", dir+"/4.tar")
}
