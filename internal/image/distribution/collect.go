package distribution

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// CollectOptions say what a registry may forget.
type CollectOptions struct {
	Root  string
	Blobs *blob.Store
	// Lock keeps everybody out who Shares; it is held for one repository at a time.
	Lock func() (free func(), err error)
	// Before is the time that what is younger is left alone: a client may be about to push
	// the manifest that refers to it.
	Before time.Time
	// Untagged manifests go, too, unless a tagged one refers to them or they to it.
	Untagged bool
}

// Collected counts what a registry has forgotten.
type Collected struct{ Repositories, Manifests, Blobs, Uploads int }

// Collect takes from each repository what no manifest refers to. The content is the
// store's to collect: another repository may have it, or an image.
func Collect(o CollectOptions) (Collected, error) {
	s := New(Options{Root: o.Root, Blobs: o.Blobs})
	var out Collected
	list, err := s.repositories()
	if err != nil {
		return out, err
	}
	for i := range list {
		if err := o.repository(&list[i], &out); err != nil {
			return out, fmt.Errorf("collect %s: %w", list[i].name, err)
		}
	}
	return out, nil
}

func (o *CollectOptions) repository(r *repository, out *Collected) error {
	free, err := o.Lock()
	if err != nil {
		return err
	}
	defer free()
	if o.Untagged {
		if err := o.untagged(r, out); err != nil {
			return err
		}
	}
	used, err := r.used()
	if err != nil {
		return err
	}
	n, err := o.sweep(r.dir+"/_blobs", func(name string) bool { return used[name] })
	out.Blobs += n
	if err != nil {
		return err
	}
	n, err = o.sweep(r.dir+"/_uploads", func(string) bool { return false })
	out.Uploads += n
	if err == nil && r.tidy() {
		out.Repositories++
	}
	return err
}

// sweep removes the old files of a folder that needn't stay, and links to them.
func (o *CollectOptions) sweep(dir string, stays func(name string) bool) (n int, err error) {
	names, err := blob.Names(dir)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if stays(name) || !o.old(dir+"/"+name) {
			continue
		}
		if err := os.Remove(dir + "/" + name); err != nil {
			return n, err
		}
		if !strings.HasPrefix(name, "sha512.") && !strings.HasPrefix(name, ".") {
			n++
		}
	}
	return n, nil
}

func (o *CollectOptions) old(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.ModTime().Before(o.Before)
}

// used are the names below _blobs that the repository's manifests refer to.
func (r *repository) used() (map[string]bool, error) {
	names, err := r.list("_manifests")
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, n := range names {
		if len(n) != 64 || !digest.IsHex(n) {
			continue
		}
		doc, err := r.document(digest.FromHex(n))
		if err != nil {
			return nil, err
		}
		blobs := doc.Layers
		if doc.Config != nil {
			blobs = append(blobs, *doc.Config)
		}
		for _, b := range blobs {
			if d, err := parseContent(b.Digest); err == nil {
				used[d.key()] = true
				if own, ok := r.resolve("_blobs", d); ok {
					used[own.Hex()] = true
				}
			}
		}
	}
	return used, nil
}

func (r *repository) document(own digest.Digest) (*document, error) {
	b, err := r.blobs.Read(own, manifest.MaxSize)
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", own.Short(), err)
	}
	return &doc, nil
}

// untagged forgets the manifests that no tag leads to.
func (o *CollectOptions) untagged(r *repository, out *Collected) error {
	names, err := r.list("_manifests")
	if err != nil {
		return err
	}
	reached, err := r.reached()
	if err != nil {
		return err
	}
	for _, n := range names {
		if len(n) != 64 || reached[n] || !o.old(r.dir+"/_manifests/"+n) {
			continue
		}
		own := digest.FromHex(n)
		e, err := r.entry(own)
		if err != nil {
			return err
		}
		d, err := parseContent(e.Digest)
		if err != nil {
			return err
		}
		if err := r.forget(d, own); err != nil {
			return err
		}
		out.Manifests++
	}
	return nil
}

// reached are the manifests that tags lead to, through indexes, and those whose subject
// is one of them.
func (r *repository) reached() (map[string]bool, error) {
	tags, err := r.list("_tags")
	if err != nil {
		return nil, err
	}
	reached := map[string]bool{}
	for _, t := range tags {
		if d, _, err := r.named(t); err == nil {
			if err := r.reach(d, reached); err != nil {
				return nil, err
			}
		}
	}
	return reached, nil
}

func (r *repository) reach(d content, reached map[string]bool) error {
	own, ok := r.resolve("_manifests", d)
	if !ok || reached[own.Hex()] {
		return nil
	}
	reached[own.Hex()] = true
	doc, err := r.document(own)
	if err != nil {
		return err
	}
	var next []content
	for _, m := range doc.Manifests {
		if d, err := parseContent(m.Digest); err == nil {
			next = append(next, d)
		}
	}
	for _, subject := range []content{d, {"sha256", own.Hex()}} {
		names, err := r.list("_referrers/" + subject.key())
		if err != nil {
			return err
		}
		for _, n := range names {
			next = append(next, content{"sha256", n})
		}
	}
	for _, n := range next {
		if err := r.reach(n, reached); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes the folders of a repository that has nothing left in it.
func (r *repository) tidy() bool {
	if referrers, err := r.list("_referrers"); err == nil {
		for _, n := range referrers {
			_ = os.Remove(r.dir + "/_referrers/" + n) // succeeds where it is empty
		}
	}
	for _, d := range [...]string{"_uploads", "_referrers", "_tags", "_manifests", "_blobs"} {
		if err := os.Remove(filepath.Join(r.dir, d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return os.Remove(r.dir) == nil
}
