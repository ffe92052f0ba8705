package engine

import (
	"os"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
)

// TreeImage is an image with what it takes, for docker images --tree.
type TreeImage struct {
	Image
	Platform string
	Content  int64 // bytes of its configuration, manifest and compressed layers
	InUse    bool  // a container is made from it
}

// ImageTrees lists images with their platforms and what they take.
func (e *Engine) ImageTrees(filters Filters) ([]TreeImage, error) {
	list, err := e.Images(&ImagesOptions{Filters: filters})
	if err != nil {
		return nil, err
	}
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	containers, err := e.List(true)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, c := range containers {
		used[c.Record.Image] = true
	}
	sizes, err := s.CompressedSizes()
	if err != nil {
		return nil, err
	}
	var out []TreeImage
	for _, i := range list {
		t, err := treeImage(s, i, sizes)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t.InUse = used[i.ID]
		out = append(out, *t)
	}
	return out, nil
}

func treeImage(s *local.Store, i Image, sizes map[digest.Digest]int64) (*TreeImage, error) {
	full, _, err := s.FindNamed(i.ID)
	if err != nil {
		return nil, err
	}
	raw, err := s.RawConfig(full.ID)
	if err != nil {
		return nil, err
	}
	t := &TreeImage{Image: i, Platform: platform(&full.Config), Content: int64(len(raw))}
	for _, d := range full.RootFS.DiffIDs {
		t.Content += sizes[d]
	}
	if m := bestTarget(full).Manifest; m != "" {
		if n, err := s.Blobs().Size(m); err == nil {
			t.Content += n
		}
	}
	return t, nil
}
