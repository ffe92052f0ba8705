package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// ImportOptions is what docker import's options say.
type ImportOptions struct {
	Source    string // file or "-"
	Reference string
	Message   string
	Platform  string
	Changes   []string
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
		p := strings.Split(o.Platform, "/")
		if len(p) < 2 || len(p) > 3 || p[0] != "linux" {
			return "", fmt.Errorf("platform %q: want linux/ARCHITECTURE[/VARIANT]", o.Platform)
		}
		c.OS, c.Architecture, c.Variant = p[0], p[1], strings.Join(p[2:], "")
	}
	s, err := e.images()
	if err != nil {
		return "", err
	}
	if err := s.Base(); err != nil {
		return "", fmt.Errorf("prepare root %s: %w", e.Root, err)
	}
	in, err := o.open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	comment := o.Message
	if comment == "" {
		comment = "Imported from " + o.Source
	}
	c.History = []local.History{{Created: c.Created, Comment: comment}}
	c.RootFS.Type = "layers"
	var id digest.Digest
	err = s.Unpack(in, func(diff digest.Digest, size int64) (err error) {
		c.RootFS.DiffIDs, c.Size = []digest.Digest{diff}, size
		id, err = s.Add(c, ref)
		return err
	})
	return id.String(), err
}

func (o *ImportOptions) reference() (*reference.Reference, error) {
	if o.Reference == "" {
		return nil, nil
	}
	r, err := reference.Parse(o.Reference)
	if err != nil {
		return nil, fmt.Errorf("invalid reference format: %s", o.Reference)
	}
	if r.Digest != "" {
		return nil, errors.New("cannot import digest reference")
	}
	return &r, nil
}

func (o *ImportOptions) open() (io.ReadCloser, error) {
	switch {
	case o.Source == "-":
		return io.NopCloser(os.Stdin), nil
	case strings.HasPrefix(o.Source, "http://") || strings.HasPrefix(o.Source, "https://"):
		return nil, errors.New("import from a URL is not there yet: fetch the file and import it, or pipe it in with -")
	}
	return os.Open(o.Source)
}
