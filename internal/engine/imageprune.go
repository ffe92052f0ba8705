package engine

import (
	"errors"
	"strconv"

	"bantam/internal/image/local"
)

// PruneImagesOptions is what docker image prune's options say.
type PruneImagesOptions struct {
	All     bool    // those that have a name, too
	Filters Filters // dangling, label, label!, until
}

// PrunedImages is what was removed.
type PrunedImages struct {
	Removed []Removed
	Space   int64 // bytes
}

// PruneImages removes images without a name, or all, that no container is made from, and
// layers and blobs that nothing refers to.
func (e *Engine) PruneImages(o *PruneImagesOptions) (*PrunedImages, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	if err := o.Filters.Check("dangling", "label", "label!", "until"); err != nil {
		return nil, err
	}
	dangling, err := o.Filters.Bool("dangling")
	if err != nil {
		return nil, err
	}
	all := o.All || dangling != nil && !*dangling
	f, err := newImageFilter(s, &ImagesOptions{Filters: Filters{"until": o.Filters["until"]}, Labels: true})
	if err != nil {
		return nil, err
	}
	free, err := s.Lock()
	if err != nil {
		return nil, err
	}
	out, err := e.prune(s, f, o.Filters, all)
	free()
	e.event("image", "prune", "", map[string]string{"reclaimed": strconv.FormatInt(out.Space, 10)})
	return out, errors.Join(err, s.DeleteGone())
}

// prune has the lock.
func (e *Engine) prune(s *local.Store, f *imageFilter, labels Filters, all bool) (*PrunedImages, error) {
	out := &PrunedImages{}
	list, err := s.List()
	if err != nil {
		return out, err
	}
	for k := range list {
		i, ok, err := f.pass(&list[k])
		if err != nil {
			return out, err
		}
		if !ok || !all && !isDangling(list[k].Names) || !labels.PruneLabels(i.Labels) {
			continue
		}
		r := &remover{engine: e, store: s, image: &local.Image{ID: list[k].ID, Names: list[k].Names}, force: true}
		if c, err := r.user(); err != nil || c != nil {
			if err != nil {
				return out, err
			}
			continue
		}
		err = r.delete()
		out.Removed, out.Space = append(out.Removed, r.done...), out.Space+r.bytes
		if err != nil {
			return out, err
		}
	}
	c, err := s.CollectLocked(e.kept)
	if c != nil {
		out.Space += c.Bytes
	}
	return out, err
}
