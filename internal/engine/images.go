package engine

import "time"

// Image is one line of the list of images.
type Image struct {
	ID         string
	Repository string // empty for an image without a name
	Tag        string
	Digest     string
	Created    time.Time
	Size       int64
}
