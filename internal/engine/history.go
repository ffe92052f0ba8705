package engine

import (
	"time"
)

// HistoryLine is a step that made an image.
type HistoryLine struct {
	ID        string `json:"Id"` // of the image for the newest, "<missing>" for the others
	Created   time.Time
	CreatedBy string
	Tags      []string
	Size      int64 // bytes of the files of its layer
	Comment   string
}

// History lists the steps that made an image, newest first.
func (e *Engine) History(name, platform string) ([]HistoryLine, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	i, _, err := findFor(s, name, platform)
	if err != nil {
		return nil, err
	}
	var lines []HistoryLine
	layer := 0
	for _, h := range i.History {
		l := HistoryLine{ID: "<missing>", Created: h.Created, CreatedBy: h.CreatedBy, Comment: h.Comment}
		if !h.EmptyLayer && layer < len(i.RootFS.DiffIDs) {
			if l.Size, _, err = s.LayerSizes(i.RootFS.DiffIDs[layer]); err != nil {
				return nil, err
			}
			layer++
		}
		lines = append([]HistoryLine{l}, lines...)
	}
	if len(lines) == 0 { // as docker: an image that says nothing has no history
		return lines, nil
	}
	lines[0].ID = i.ID.String()
	for _, n := range i.Names {
		if n.Tag != "" {
			lines[0].Tags = append(lines[0].Tags, n.Familiar())
		}
	}
	return lines, nil
}
