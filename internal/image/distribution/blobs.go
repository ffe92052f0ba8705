package distribution

import (
	"net/http"
	"os"
	"time"
)

// blob serves /v2/NAME/blobs/DIGEST.
func (c *call) blob(name, text string) error {
	d, err := parseContent(text)
	if err != nil {
		return err
	}
	get := func() error { return c.getBlob(d) }
	return c.methods(name, map[string]func() error{
		http.MethodGet: get, http.MethodHead: get, http.MethodDelete: func() error { return c.deleteBlob(d) },
	})
}

func (c *call) getBlob(d content) error {
	own, ok := c.repo.blob(d)
	if !ok {
		return blobUnknown(d)
	}
	f, err := os.Open(c.repo.blobs.Path(own))
	if err != nil {
		return blobUnknown(d)
	}
	defer f.Close()
	if c.r.Method == http.MethodHead && !c.opt.ReadOnly {
		_ = touch(c.repo.dir+"/_blobs", own.Hex()) // somebody relies on it, who may push a manifest soon
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Docker-Content-Digest", d.String())
	h.Set("Etag", `"`+d.String()+`"`)
	h.Set("Cache-Control", "max-age=31536000")
	http.ServeContent(c.w, c.r, "", time.Time{}, f)
	return nil
}

func (c *call) deleteBlob(d content) error {
	own, ok := c.repo.blob(d)
	if !ok {
		return blobUnknown(d)
	}
	if err := os.Remove(c.repo.dir + "/_blobs/" + own.Hex()); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// mount takes a blob over from another repository, or from any that has it. ok is false
// where none has.
func (c *call) mount() (ok bool, err error) {
	d, err := parseContent(c.r.URL.Query().Get("mount"))
	if err != nil {
		return false, err
	}
	free, err := c.opt.Share()
	if err != nil {
		return false, err
	}
	defer free()
	var sources []repository
	if from := c.r.URL.Query().Get("from"); from != "" {
		r, err := c.repository(from)
		if err != nil {
			return false, err
		}
		sources = []repository{r}
	} else if sources, err = c.repositories(); err != nil {
		return false, err
	}
	for _, r := range sources {
		if own, ok := r.blob(d); ok {
			if err := c.repo.link(d, own); err != nil {
				return false, err
			}
			c.created(d)
			return true, nil
		}
	}
	return false, nil
}

// created answers that a blob is there.
func (c *call) created(d content) {
	c.w.Header().Set("Location", "/v2/"+c.repo.name+"/blobs/"+d.String())
	c.w.Header().Set("Docker-Content-Digest", d.String())
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
}
