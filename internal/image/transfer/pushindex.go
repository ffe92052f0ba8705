package transfer

import (
	"context"
	"fmt"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// target is what is pushed of a name: of several platforms the one that is asked for; else the
// whole index, if all of it is here, so that it keeps its digest. Of one that is not whole goes
// what is here: a single image alone, as docker does it, and several in an index of their own.
func (p *pusher) target() (local.Target, error) {
	t := p.Name.Target
	if t.Index == "" {
		return t, nil
	}
	if p.Platform != "" {
		want, err := manifest.ParsePlatform(p.Platform)
		if err != nil {
			return t, err
		}
		if v, ok := p.lease.Variant(t, want); ok {
			t = v
		}
		t.Index = ""
		return t, nil
	}
	parts, _, err := p.lease.Parts(t.Index)
	if err != nil {
		return t, err
	}
	if here := present(parts); len(here) == len(parts) {
		return t, nil
	} else if len(local.Images(here)) > 1 {
		return p.reduced(t, here)
	}
	single := local.Target{Image: t.Image, Manifest: t.Manifest}
	p.note("Not all multiplatform-content is present and only the available single-platform image was pushed", t.Index, single.Manifest)
	return single, nil
}

func (p *pusher) note(text string, from, to digest.Digest) {
	p.tell.say("", fmt.Sprintf("%s: %s -> %s", text, from, to))
}

// present are the parts of an index that are here, with what attests something about them alone.
func present(parts []local.Part) []local.Part {
	here := map[digest.Digest]bool{}
	for _, p := range parts {
		here[p.Digest] = p.Present
	}
	var list []local.Part
	for _, p := range parts {
		if about := p.Attests(); p.Present && (about == "" || here[about]) {
			list = append(list, p)
		}
	}
	return list
}

// reduced makes an index of what is here.
func (p *pusher) reduced(t local.Target, here []local.Part) (local.Target, error) {
	_, doc, err := p.lease.ReadManifest(t.Index)
	if err != nil {
		return t, err
	}
	less := *doc
	less.Manifests = nil
	for _, part := range here {
		less.Manifests = append(less.Manifests, part.Descriptor)
	}
	d, err := p.lease.PutManifest(&less)
	if err != nil {
		return t, err
	}
	p.note("Not all multiplatform-content is present and an index of the available platforms was pushed", t.Index, d.Digest)
	t.Index = d.Digest
	return t, nil
}

// index sends what an index lists, inner indexes after what they list, then itself under the name.
func (p *pusher) index(ctx context.Context, top digest.Digest) (manifest.Descriptor, error) {
	none := manifest.Descriptor{}
	parts, above, err := p.lease.Parts(top)
	if err != nil {
		return none, err
	}
	for _, part := range parts {
		_, doc, err := p.lease.Whole(part.Digest)
		if err == nil {
			err = p.blobs(ctx, doc)
		}
		if err == nil {
			_, err = p.put(ctx, part.Digest, part.Digest.String())
		}
		if err != nil {
			return none, err
		}
	}
	for _, d := range above {
		if _, err := p.put(ctx, d.Digest, d.Digest.String()); err != nil {
			return none, err
		}
	}
	return p.put(ctx, top, what(p.Name.Reference))
}
