package build

import (
	"encoding/json"
	"fmt"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/image/digest"

	godigest "github.com/opencontainers/go-digest"
)

// finish makes the image's configuration: layers, history with its times, labels.
func (r *run) finish(res *Result, w *work) error {
	img := w.stage.Image
	img.RootFS.Type, img.RootFS.DiffIDs = "layers", nil
	for _, l := range w.layers {
		img.RootFS.DiffIDs = append(img.RootFS.DiffIDs, godigest.Digest(l.diff))
		res.Layers = append(res.Layers, l.diff)
	}
	if len(r.opt.File.Labels) > 0 && img.Config.Labels == nil {
		img.Config.Labels = map[string]string{}
	}
	for k, v := range r.opt.File.Labels {
		img.Config.Labels[k] = v
	}
	if p := r.opt.File.Platform; p != nil {
		img.OS, img.Architecture, img.Variant = p.OS, p.Arch, p.Variant
	}
	if err := r.date(&img, w); err != nil {
		return err
	}
	config, err := json.Marshal(img)
	if err != nil {
		return fmt.Errorf("write the image's configuration: %w", err)
	}
	res.Image, res.Config, res.Bases, res.End = img, config, r.materials, time.Now()
	res.Stages = map[string][]digest.Digest{}
	res.Records = r.records(w)
	for _, o := range r.order {
		if o != w && !o.stage.Implicit() {
			for _, l := range o.layers {
				res.Stages[o.stage.Title()] = append(res.Stages[o.stage.Title()], l.diff)
			}
		}
	}
	return nil
}

// records lists the steps of all stages once, those of the result first.
func (r *run) records(w *work) []Record {
	var list []Record
	seen := map[digest.Digest]bool{}
	for _, o := range append([]*work{w}, r.order...) {
		for _, l := range o.layers {
			if l.record != nil && !seen[l.record.Key] {
				seen[l.record.Key] = true
				list = append(list, Record{*l.record, o == w})
			}
		}
	}
	return list
}

// date gives the history its times: those at which the layers were made, so that a
// build from the cache gives the same image again. Entries without a layer have the time
// of the layer before them. An image without new layers has the time at which its
// configuration was seen first.
func (r *run) date(img *dockerfile.Image, w *work) error {
	if e := r.opt.File.Epoch; e != nil {
		for i := range img.History {
			if img.History[i].Created == nil {
				img.History[i].Created = e
			}
		}
		img.Created = e
		return nil
	}
	times := map[int]time.Time{}
	for _, l := range w.layers {
		if !l.created.IsZero() {
			times[l.history] = l.created
		}
	}
	first, err := r.firstSeen(img)
	if err != nil {
		return err
	}
	last := first
	for _, t := range times {
		if t.Before(last) {
			last = t // what stands before the first layer is no newer than it
		}
	}
	newest := time.Time{}
	for i := range img.History {
		h := &img.History[i]
		if h.Created != nil {
			continue
		}
		if t, ok := times[i]; ok {
			last = t
		}
		t := last
		h.Created, newest = &t, t
	}
	if newest.IsZero() {
		newest = last
	}
	img.Created = &newest
	return nil
}

// firstSeen is the time at which an image of that configuration was built first.
func (r *run) firstSeen(img *dockerfile.Image) (time.Time, error) {
	b, err := json.Marshal(img)
	if err != nil {
		return time.Time{}, err
	}
	k := newKey("image")
	k.add(string(b))
	if rec, ok := r.Cache.Get(k.digest()); ok && !r.opt.NoCache {
		return rec.Created, nil
	}
	now := time.Now().UTC()
	return now, r.Cache.Put(&cache.Record{Key: k.digest(), Created: now, Fact: digest.FromBytes(b)})
}
