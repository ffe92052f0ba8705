package transfer

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/manifest"
	"bantam/internal/image/remote"
)

// An index that leads to indexes without an end, or to what it doesn't say, is refused, and so is one whose registry makes
// up ever more of them; nothing of it is kept.
func TestHostileIndexes(t *testing.T) {
	index := func(list ...manifest.Descriptor) []byte {
		b, err := (&manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: list}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	describe := func(b []byte) manifest.Descriptor {
		own := manifest.Host()
		return manifest.Descriptor{MediaType: manifest.TypeIndex, Digest: digest.FromBytes(b), Size: int64(len(b)), Platform: &own}
	}
	deep := index()
	known := map[string][]byte{}
	for range manifest.MaxDepth + 3 {
		known[digest.FromBytes(deep).String()] = deep
		deep = index(describe(deep))
	}
	lie := index(manifest.Descriptor{MediaType: manifest.TypeIndex, Digest: digest.FromBytes([]byte("another")), Size: 7, Platform: describe(nil).Platform})
	known[digest.FromBytes([]byte("another")).String()] = lie
	var wide []manifest.Descriptor
	for i := range 70 {
		var inner []manifest.Descriptor
		for k := range 70 {
			b := index()
			b = append(b, strings.Repeat(" ", 100*i+k)...)
			known[digest.FromBytes(b).String()] = b
			inner = append(inner, describe(b))
		}
		b := index(inner...)
		known[digest.FromBytes(b).String()] = b
		wide = append(wide, describe(b))
	}
	for name, c := range map[string]struct {
		top  []byte
		all  bool
		want string
	}{
		"deep":            {deep, false, "leads to an index too often"},
		"deep, all of it": {deep, true, "leads to an index too often"},
		"of itself":       {lie, false, "its digest is"},
		"of itself, all":  {lie, true, "its digest is"},
		"wide, all of it": {index(wide...), true, "more than 4096 manifests"},
	} {
		t.Run(name, func(t *testing.T) {
			hub, s := newServer(t), store(t)
			hub.spoil(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				b, ok := known[path.Base(r.URL.Path)]
				if path.Base(r.URL.Path) == "1" {
					b, ok = c.top, true
				}
				if !ok {
					next.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", manifest.TypeIndex)
				_, _ = w.Write(b)
			})
			_, err := ours().Pull(t.Context(), s, &remote.Pull{Reference: hub.ref(t, "coop/egg:1"), AllPlatforms: c.all})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if list, err := s.List(); err != nil || len(list) > 0 {
				t.Errorf("the store has %v, %v", list, err)
			}
		})
	}
}

// What a layer may expand to is bounded by who pulls it.
func TestPullLimits(t *testing.T) {
	hub, s := newServer(t), store(t)
	ref := hub.ref(t, "coop/egg:1")
	hub.offer(t, ref, 100_000, nil, gzipped)
	if _, err := ours().Pull(t.Context(), s, &remote.Pull{Reference: ref, Limits: layer.Limits{Size: 90_000}}); !errors.Is(err, layer.ErrLimit) {
		t.Error(err)
	}
	if _, err := ours().Pull(t.Context(), s, &remote.Pull{Reference: ref, Limits: layer.Limits{Size: 200_000, Entries: 100}}); err != nil {
		t.Error(err)
	}
}

// What follows the end of a layer's compressed data is no part of the layer, though its digest and size are right.
func TestPullOfFollowedLayers(t *testing.T) {
	for name, pack := range map[string]packer{"gzip": gzipped, "zstd": zstandard} {
		t.Run(name, func(t *testing.T) {
			hub, s := newServer(t), store(t)
			ref := hub.ref(t, "coop/egg:1")
			hub.offer(t, ref, 100_000, nil, func(t *testing.T, b []byte) (string, []byte) {
				kind, packed := pack(t, b)
				return kind, append(packed, "trailing"...)
			})
			_, _, err := pull(t, s, ref)
			if want := "decompress " + name + ": something else follows the end of the stream"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q in it", err, want)
			}
			if list, err := s.List(); err != nil || len(list) > 0 {
				t.Errorf("the store has %v, %v", list, err)
			}
		})
	}
}
