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
	r := &remover{engine: e, store: s, force: true}
	err = errors.Join(r.prune(f, o.Filters, all), r.collect())
	free()
	e.event("image", "prune", "", map[string]string{"reclaimed": strconv.FormatInt(r.bytes, 10)})
	return &PrunedImages{r.done, r.bytes}, errors.Join(err, s.DeleteGone())
}

// prune removes the images that pass and no container is made from.
func (r *remover) prune(f *imageFilter, labels Filters, all bool) error {
	list, err := r.store.List()
	if err != nil {
		return err
	}
	for k := range list {
		i, ok, err := f.pass(&list[k])
		if err != nil {
			return err
		}
		if !ok || !all && !isDangling(list[k].Names) || !labels.PruneLabels(i.Labels) {
			continue
		}
		r.image = &local.Image{ID: list[k].ID, Names: list[k].Names}
		if r.others, err = members(r.store, list[k].Names, list[k].ID); err != nil {
			return err
		}
		if c, err := r.user(); err != nil {
			return err
		} else if c != nil {
			continue
		}
		if err := r.delete(); err != nil {
			return err
		}
	}
	return nil
}
