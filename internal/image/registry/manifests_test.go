package registry

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

func TestHostileManifests(t *testing.T) {
	good := image(t)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		}, "answers with a web page where a manifest was asked for"},
		"another digest": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Docker-Content-Digest", digest.FromBytes(nil).String())
			_, _ = w.Write(good)
		}, "is not what the registry says"},
		"large":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxManifest+1)) }, "larger than 4 MiB"},
		"no JSON":  {serve("", []byte("hello")), "is not a JSON object"},
		"schema 1": {serve("", []byte(`{"schemaVersion":1}`)), "schema 1"},
		"unknown":  {refuse(404, "MANIFEST_UNKNOWN", "manifest unknown"), "manifest unknown: manifest unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.handlers["GET /v2/a/b/manifests/1"] = c.answer
			_, err := f.repository(t, f.options()).Manifest(background(t), "1")
			contains(t, err, c.want)
		})
	}
	// What is asked for by digest must have it, whatever the header says.
	f := newFake(t)
	want := digest.FromBytes([]byte("another")).String()
	f.handlers["GET /v2/a/b/manifests/"+want] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Docker-Content-Digest", want)
		_, _ = w.Write(good)
	}
	_, err := f.repository(t, f.options()).Manifest(background(t), want)
	contains(t, err, "its digest is "+digest.FromBytes(good).String()+", not "+want)
}

func TestListsGoOnWithLinks(t *testing.T) {
	f := newFake(t)
	f.handlers["GET /v2/a/b/tags/list"] = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("last") {
		case "":
			w.Header().Set("Link", `</v2/a/b/tags/list?last=2>; rel="next"`)
			_, _ = w.Write([]byte(`{"tags":["1","2"]}`))
		case "2":
			_, _ = w.Write([]byte(`{"tags":["3"]}`))
		}
	}
	tags, err := f.repository(t, f.options()).Tags(background(t))
	if err != nil || strings.Join(tags, " ") != "1 2 3" {
		t.Errorf("%v, %v", tags, err)
	}
	f.handlers["GET /v2/a/b/tags/list"] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<http://elsewhere.example/v2/a/b/tags/list?last=2>; rel="next"`)
		_, _ = w.Write([]byte(`{}`))
	}
	_, err = f.repository(t, f.options()).Tags(background(t))
	contains(t, err, "on another host")
	endless := 0
	f.handlers["GET /v2/a/b/tags/list"] = func(w http.ResponseWriter, _ *http.Request) {
		endless++
		w.Header().Set("Link", `</v2/a/b/tags/list?last=2>; rel="next"`)
		_, _ = w.Write([]byte(`{}`))
	}
	_, err = f.repository(t, f.options()).Tags(background(t))
	contains(t, err, "more than 1000 pages")
}

// A registry without the referrers' list gets it as a tag, and is asked for that.
func TestReferrersByTag(t *testing.T) {
	f := newFake(t)
	subject := descriptor([]byte("subject"))
	subject.MediaType = manifest.TypeManifest
	empty := descriptor([]byte("{}"))
	empty.MediaType = "application/vnd.oci.empty.v1+json"
	doc := manifest.Document{
		SchemaVersion: 2, MediaType: manifest.TypeManifest, ArtifactType: "application/x-signature", Config: &empty,
		Layers: []manifest.Descriptor{empty}, Subject: &subject, Annotations: map[string]string{"by": "hen"},
	}
	b, err := doc.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m := &Manifest{Type: manifest.TypeManifest, Digest: digest.FromBytes(b), Bytes: b}
	tag := "sha256-" + subject.Digest.Hex()
	f.handlers["PUT /v2/a/b/manifests/"+m.Digest.String()] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }
	f.handlers["PUT /v2/a/b/manifests/"+tag] = func(w http.ResponseWriter, r *http.Request) {
		var index json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&index); err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		f.handlers["GET /v2/a/b/manifests/"+tag] = serve(manifest.TypeIndex, index)
		f.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}
	repo := f.repository(t, f.options())
	for range 2 { // the second time it is there already
		if err := repo.Put(background(t), m.Digest.String(), m); err != nil {
			t.Fatal(err)
		}
	}
	for filter, n := range map[string]int{"": 1, "application/x-signature": 1, "application/x-other": 0} {
		list, err := repo.Referrers(background(t), subject.Digest, filter)
		if err != nil || len(list) != n || n > 0 && (list[0].Digest != m.Digest || list[0].ArtifactType != "application/x-signature" || list[0].Annotations["by"] != "hen") {
			t.Errorf("%q: %+v, %v", filter, list, err)
		}
	}
	if f.count("PUT /v2/a/b/manifests/sha256-") != 1 {
		t.Errorf("%v", f.requests)
	}
}
