package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// ImportOptions is what docker import's options say.
type ImportOptions struct {
	Source    string    // file, URL or "-"
	In        io.Reader // "-"; nil is standard input
	Reference string
	Message   string
	Platform  string
	Changes   []string
	Limits    Limits // of what the tar file expands to
}

// Import makes an image of a tar file and returns its id.
func (e *Engine) Import(o *ImportOptions) (string, error) {
	ref, err := o.reference()
	if err != nil {
		return "", err
	}
	c := &local.Config{Created: time.Now().UTC(), OS: "linux", Architecture: runtime.GOARCH}
	if err := c.Config.Change(o.Changes); err != nil {
		return "", err
	}
	if o.Platform != "" {
		p, err := manifest.ParsePlatform(o.Platform)
		if err != nil {
			return "", &Invalid{err}
		}
		c.OS, c.Architecture, c.Variant = p.OS, p.Architecture, p.Variant
	}
	s, err := e.images()
	if err != nil {
		return "", err
	}
	in, err := o.open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	c.History = []local.History{{Created: c.Created, Comment: o.comment()}}
	id, err := addLayer(s, c, ref, in, o.Limits)
	var failed *CodedError
	if errors.As(err, &failed) { // the download: that it was being unpacked says nothing
		err = failed
	}
	if err == nil {
		e.imageEvent("import", id.String(), id.String(), c.Config.Labels)
		e.tagEvent(id.String(), ref, c.Config.Labels)
	}
	return id.String(), err
}

// addLayer keeps an image that is c and a layer more, the tar file that in has.
func addLayer(s *local.Store, c *local.Config, ref *reference.Reference, in io.Reader, limits Limits) (digest.Digest, error) {
	lease, err := s.Lease()
	if err != nil {
		return "", err
	}
	defer lease.Close()
	l, err := lease.Layer(context.Background(), &local.Source{
		Limits: limits.layer(),
		Open:   func(int64) (io.ReadCloser, error) { return io.NopCloser(in), nil },
	})
	if err != nil {
		return "", err
	}
	c.RootFS.Type = "layers"
	c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.DiffID)
	return addImage(lease, c, ref)
}

// addImage publishes an image that was made here.
func addImage(lease *local.Lease, c *local.Config, ref *reference.Reference) (digest.Digest, error) {
	raw, err := c.Encode()
	if err != nil {
		return "", err
	}
	n := local.NewImage{Config: raw}
	if ref != nil {
		n.Names = []reference.Reference{*ref}
	}
	ids, err := lease.Add(n)
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// comment is the message, or docker's; a password in a URL is not for everybody who has the image.
func (o *ImportOptions) comment() string {
	if o.Message != "" {
		return o.Message
	}
	source := o.Source
	if u, err := url.Parse(source); err == nil && isURL(source) {
		source = u.Redacted()
	}
	return "Imported from " + source
}

func (o *ImportOptions) reference() (*reference.Reference, error) {
	if o.Reference == "" {
		return nil, nil
	}
	r, err := reference.Parse(o.Reference)
	if err != nil {
		return nil, &Invalid{fmt.Errorf("invalid reference format: %s", o.Reference)}
	}
	if r.Digest != "" {
		return nil, errors.New("cannot import digest reference")
	}
	return &r, nil
}

func (o *ImportOptions) open() (io.ReadCloser, error) {
	switch {
	case o.Source == "-" && o.In != nil:
		return io.NopCloser(o.In), nil
	case o.Source == "-":
		return io.NopCloser(os.Stdin), nil
	case isURL(o.Source):
		return newDownload(o.Source)
	}
	return os.Open(o.Source)
}
