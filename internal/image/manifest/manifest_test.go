package manifest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/image/digest"
)

const zero = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func TestDecodeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "not a JSON object",
		"[]":                  "not a JSON object",
		"{":                   "not JSON",
		`{"schemaVersion":1}`: "schema 1",
		`{"schemaVersion":3}`: "schemaVersion 3",
		`{"schemaVersion":2}`: "neither config nor manifests",
		`{"schemaVersion":2,"config":{"digest":"` + zero + `"},"manifests":[]}`:          "ambiguous",
		`{"schemaVersion":2,"config":{"digest":"../../etc/passwd"}}`:                     "invalid digest",
		`{"schemaVersion":2,"config":{"digest":"` + zero + `","size":-1}}`:               "negative",
		`{"schemaVersion":2,"manifests":[{"digest":"sha256:abc"}]}`:                      "invalid digest",
		`{"schemaVersion":2,"config":{"digest":"` + zero + `"},"subject":{"digest":""}}`: "invalid digest",
		strings.Repeat(" ", MaxSize+1):                                                   "larger than 4 MiB",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}

func TestEmptyListsAreThere(t *testing.T) {
	for want, doc := range map[string]Document{
		`"manifests":[]`: {SchemaVersion: 2, MediaType: TypeIndex},
		`"layers":[]`:    {SchemaVersion: 2, MediaType: TypeManifest, Config: &Descriptor{Digest: zero}},
	} {
		if b, err := doc.Encode(); err != nil || strings.Count(string(b), want) != 1 {
			t.Errorf("%s, %v: want %s", b, err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	doc := Document{}
	for i, p := range []string{"linux/arm/v6", "linux/arm/v7", "linux/amd64", "windows/amd64"} {
		os, rest, _ := strings.Cut(p, "/")
		arch, variant, _ := strings.Cut(rest, "/")
		doc.Manifests = append(doc.Manifests, Descriptor{Size: int64(i), Platform: &Platform{OS: os, Architecture: arch, Variant: variant}})
	}
	doc.Manifests = append(doc.Manifests, Descriptor{Size: 4})
	for want, size := range map[string]int64{"linux/arm/v7": 1, "linux/arm": 0, "amd64": 2, "linux/x86_64": 2, "armhf": 1} {
		p, err := ParsePlatform(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Select(p); got == nil || got.Size != size {
			t.Errorf("%s: %+v, want %d", want, got, size)
		}
	}
	if got := doc.Select(Platform{OS: "linux", Architecture: "s390x"}); got != nil {
		t.Errorf("%+v", got)
	}
}

// Whatever is decoded has digests that are digests, and is the same when it is written and read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"mediaType":"` + TypeManifest + `","config":{"mediaType":"` + TypeConfig + `","digest":"` + zero + `","size":2},"layers":[{"digest":"` + zero + `","urls":["x"]}]}`))
	f.Add([]byte(`{"schemaVersion":2,"mediaType":"` + DockerList + `","manifests":[{"digest":"` + zero + `","platform":{"os":"linux","architecture":"arm","variant":"v7"}}],"annotations":{"a":"b"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := Decode(b)
		if err != nil {
			return
		}
		for _, r := range doc.References() {
			if _, err := digest.Parse(r.Digest.String()); err != nil || r.Size < 0 {
				t.Errorf("%s: %+v", b, r)
			}
		}
		doc.Select(Host())
		again, err := doc.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Decode(again); err != nil || second.Type() != doc.Type() || len(second.References()) != len(doc.References()) {
			t.Errorf("%s becomes %s: %v", b, again, err)
		}
	})
}

// A platform that is read is one that can be written and read again.
func FuzzParsePlatform(f *testing.F) {
	for _, s := range []string{"", "linux", "amd64", "linux/arm/v7", "linux/arm64/v8", "windows/amd64", "a/b/c/d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePlatform(s)
		if err != nil {
			return
		}
		if again, err := ParsePlatform(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q is %s, which is %s, %v", s, p, again, err)
		}
	})
}

// A walk visits each manifest once, an inner index behind what it lists, and ends where indexes lead to themselves.
func TestWalk(t *testing.T) {
	at := func(name string) Descriptor { return Descriptor{Digest: digest.FromBytes([]byte(name))} }
	index := func(names ...string) *Document {
		d := &Document{MediaType: TypeIndex}
		for _, n := range names {
			d.Manifests = append(d.Manifests, at(n))
		}
		return d
	}
	known := map[digest.Digest]*Document{
		at("inner").Digest: index("b", "gone", "a"), at("a").Digest: {}, at("b").Digest: {},
	}
	name := map[digest.Digest]string{}
	for _, n := range []string{"a", "b", "inner", "gone"} {
		name[at(n).Digest] = n
	}
	read := func(d Descriptor) (*Document, error) { return known[d.Digest], nil }
	var seen []string
	err := index("a", "inner", "a").Walk(read, func(d Descriptor, doc *Document) error {
		if (doc == nil) != (name[d.Digest] == "gone") {
			t.Errorf("%s: %v", name[d.Digest], doc)
		}
		seen = append(seen, name[d.Digest])
		return nil
	})
	if got := strings.Join(seen, " "); err != nil || got != "a b gone inner" {
		t.Errorf("%s, %v", got, err)
	}
	n := 0
	err = index("0").Walk(func(Descriptor) (*Document, error) { n++; return index(strconv.Itoa(n)), nil }, func(Descriptor, *Document) error { return nil })
	if !errors.Is(err, ErrDepth) {
		t.Errorf("an index without an end: %v", err)
	}
}
