package distribution

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// entry is what the lists say of a manifest: the file _manifests/HEX.
type entry struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"` // as it was pushed
	Size         int64             `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Subject      string            `json:"subject,omitempty"`
}

// document is a manifest or an index as far as a registry looks into it. Its digests may
// be sha512's, which package manifest doesn't know.
type document struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        *descriptor       `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Manifests     []descriptor      `json:"manifests"`
	Subject       *descriptor       `json:"subject"`
	Annotations   map[string]string `json:"annotations"`
}

type descriptor struct {
	MediaType string   `json:"mediaType"`
	Digest    string   `json:"digest"`
	URLs      []string `json:"urls"`
}

// elsewhere says whether a layer needn't be in the registry.
func (d *descriptor) elsewhere() bool {
	return len(d.URLs) > 0 || strings.Contains(d.MediaType, "nondistributable") || strings.Contains(d.MediaType, ".foreign.")
}

// manifest serves /v2/NAME/manifests/REFERENCE.
func (c *call) manifest(name, what string) error {
	get := func() error { return c.getManifest(what) }
	return c.methods(name, map[string]func() error{
		http.MethodGet: get, http.MethodHead: get,
		http.MethodPut:    func() error { return c.putManifest(what) },
		http.MethodDelete: func() error { return c.deleteManifest(what) },
	})
}

// named resolves a tag or a digest.
func (r *repository) named(what string) (content, digest.Digest, error) {
	text := what
	if !strings.Contains(what, ":") {
		if !validTag(what) {
			return content{}, "", manifestUnknown("of this tag")
		}
		to, err := os.Readlink(r.dir + "/_tags/" + what)
		if err != nil {
			return content{}, "", manifestUnknown(what)
		}
		text = to
	}
	d, err := parseContent(text)
	if err != nil {
		return d, "", err
	}
	own, ok := r.resolve("_manifests", d)
	if !ok || !r.blobs.Has(own) {
		return d, "", manifestUnknown(what)
	}
	return d, own, nil
}

func (r *repository) entry(own digest.Digest) (entry, error) {
	var e entry
	b, err := os.ReadFile(r.dir + "/_manifests/" + own.Hex())
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	return e, err
}

func (c *call) getManifest(what string) error {
	d, own, err := c.repo.named(what)
	if err != nil {
		return err
	}
	e, err := c.repo.entry(own)
	if err != nil {
		return err
	}
	b, err := c.repo.blobs.Read(own, manifest.MaxSize)
	if err != nil {
		return err
	}
	c.w.Header().Set("Docker-Content-Digest", d.String())
	c.w.Header().Set("Etag", `"`+d.String()+`"`)
	if c.r.Header.Get("If-None-Match") == `"`+d.String()+`"` {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.json(e.MediaType, b)
}

func (c *call) putManifest(what string) error {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, manifest.MaxSize+1))
	if err != nil {
		return failure{http.StatusBadRequest, "SIZE_INVALID", "the body is cut short"}
	}
	if len(b) > manifest.MaxSize {
		return failure{http.StatusRequestEntityTooLarge, "SIZE_INVALID", "the manifest is larger than 4 MiB"}
	}
	d, tags, err := destination(what, c.r.URL.Query()["tag"], b)
	if err != nil {
		return err
	}
	e, doc, err := inspect(b, c.r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	e.Digest = d.String()
	if err := c.keepManifest(d, &e, doc, b, tags); err != nil {
		return err
	}
	h := c.w.Header()
	if e.Subject != "" {
		h.Set("OCI-Subject", e.Subject)
	}
	if d.String() == what {
		for _, t := range tags {
			h.Add("OCI-Tag", t)
		}
	}
	h.Set("Location", "/v2/"+c.repo.name+"/manifests/"+d.String())
	h.Set("Docker-Content-Digest", d.String())
	h.Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// maxTags that one request may set.
const maxTags = 64

// destination is the digest and the tags that a manifest is to have.
func destination(what string, more []string, b []byte) (d content, tags []string, err error) {
	if strings.Contains(what, ":") {
		if d, err = parseContent(what); err == nil && !d.is(b) {
			err = digestInvalid("the manifest's digest is not " + d.String())
		}
		tags = more
	} else {
		own := digest.FromBytes(b)
		d, tags = content{"sha256", own.Hex()}, append([]string{what}, more...)
	}
	if len(tags) > maxTags {
		return d, nil, failure{http.StatusRequestURITooLong, "TAG_INVALID", "more than 64 tags"}
	}
	for _, t := range tags {
		if err == nil && !validTag(t) {
			err = failure{http.StatusBadRequest, "TAG_INVALID", "the tag is invalid"}
		}
	}
	return d, tags, err
}

// inspect checks a manifest and takes down what the lists say of it.
func inspect(b []byte, header string) (e entry, doc *document, err error) {
	e.Size = int64(len(b))
	doc = &document{}
	if err := json.Unmarshal(b, doc); err != nil {
		return e, nil, manifestInvalid("the manifest is not JSON as the specification has it: " + err.Error())
	}
	given, _, err := mime.ParseMediaType(header)
	if err != nil && header != "" {
		return e, nil, manifestInvalid("Content-Type is invalid")
	}
	switch e.MediaType = doc.MediaType; {
	case doc.SchemaVersion != 2:
		return e, nil, manifestInvalid("schemaVersion is " + strconv.Itoa(doc.SchemaVersion) + ": want 2")
	case doc.MediaType == "" && manifest.IsManifestType(given):
		e.MediaType = given
	case doc.MediaType == "":
		return e, nil, manifestInvalid("neither mediaType nor Content-Type says what it is")
	case given != "" && given != doc.MediaType:
		return e, nil, manifestInvalid("Content-Type is " + given + ", mediaType is " + doc.MediaType)
	}
	if doc.Config != nil && doc.Manifests != nil {
		return e, nil, manifestInvalid("it has both config and manifests")
	}
	if doc.Subject != nil {
		if _, err := parseContent(doc.Subject.Digest); err != nil {
			return e, nil, err
		}
		e.Subject = doc.Subject.Digest
	}
	e.Annotations, e.ArtifactType = doc.Annotations, doc.ArtifactType
	if e.ArtifactType == "" && doc.Config != nil {
		e.ArtifactType = doc.Config.MediaType
	}
	return e, doc, nil
}

// complete refuses a manifest whose content is not there, unless that is sparse.
func (r *repository) complete(doc *document, sparse bool) error {
	missing := func(kind, what string) error {
		return failure{http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", kind + " " + what + " is unknown to the repository: push it first"}
	}
	blobs := doc.Layers
	if doc.Config != nil {
		blobs = append([]descriptor{*doc.Config}, blobs...)
	}
	for _, b := range blobs {
		d, err := parseContent(b.Digest)
		if err != nil {
			return err
		}
		if _, ok := r.blob(d); !ok && !sparse && !b.elsewhere() {
			return missing("blob", d.String())
		}
	}
	for _, m := range doc.Manifests {
		d, err := parseContent(m.Digest)
		if err != nil {
			return err
		}
		if _, ok := r.resolve("_manifests", d); !ok && !sparse {
			return missing("manifest", d.String())
		}
	}
	return nil
}

// keepManifest writes the content, the lists' entry, and the tags at last. What it refers
// to is there and not collected meanwhile.
func (c *call) keepManifest(d content, e *entry, doc *document, b []byte, tags []string) error {
	free, err := c.opt.Share()
	if err != nil {
		return err
	}
	defer free()
	r := &c.repo
	if err := r.complete(doc, c.opt.Sparse); err != nil {
		return err
	}
	own := digest.FromBytes(b)
	if _, err := r.blobs.Put(b); err != nil {
		return err
	}
	record, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := replace(r.dir+"/_manifests", own.Hex(), func(tmp string) error { return os.WriteFile(tmp, record, 0o640) }); err != nil {
		return err
	}
	if d.algorithm != "sha256" {
		if err := symlink(own.Hex(), r.dir+"/_manifests", d.key()); err != nil {
			return err
		}
	}
	if e.Subject != "" {
		subject, err := parseContent(e.Subject)
		if err != nil {
			return err
		}
		if err := touch(r.dir+"/_referrers/"+subject.key(), own.Hex()); err != nil {
			return err
		}
	}
	for _, t := range tags {
		if err := symlink(d.String(), r.dir+"/_tags", t); err != nil {
			return err
		}
	}
	return nil
}

// deleteManifest takes a tag away, or a manifest with all its tags.
func (c *call) deleteManifest(what string) error {
	d, own, err := c.repo.named(what)
	if err != nil {
		return err
	}
	if !strings.Contains(what, ":") {
		err = os.Remove(c.repo.dir + "/_tags/" + what)
	} else {
		err = c.repo.forget(d, own)
	}
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// forget takes a manifest away. Its tags go first: none leads nowhere.
func (r *repository) forget(d content, own digest.Digest) error {
	tags, err := r.list("_tags")
	if err != nil {
		return err
	}
	for _, t := range tags {
		if to, _ := os.Readlink(r.dir + "/_tags/" + t); to == d.String() || to == own.String() {
			if err := os.Remove(r.dir + "/_tags/" + t); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	if e, err := r.entry(own); err == nil && e.Subject != "" {
		if subject, err := parseContent(e.Subject); err == nil {
			_ = os.Remove(r.dir + "/_referrers/" + subject.key() + "/" + own.Hex()) // a list passes over what has no manifest
		}
	}
	_ = os.Remove(r.dir + "/_manifests/" + d.key()) // another name for it
	err = os.Remove(r.dir + "/_manifests/" + own.Hex())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
