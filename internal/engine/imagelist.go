package engine

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/image/local"
)

// Image is what a list shows of an image, by docker's API.
type Image struct {
	ID          string
	RepoTags    []string // REPOSITORY:TAG, familiar
	RepoDigests []string // REPOSITORY@DIGEST, familiar
	Created     time.Time
	Size        int64             // bytes of all files
	Labels      map[string]string // with ImagesOptions.Labels
}

// ImagesOptions say which images are listed.
type ImagesOptions struct {
	// Filters by dangling, label, before, since, reference, until.
	Filters Filters
	// Labels are read, which costs a look into every configuration.
	Labels bool
}

// Images lists the images, newest first.
func (e *Engine) Images(o *ImagesOptions) ([]Image, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	if err := o.Filters.Check("dangling", "label", "before", "since", "reference", "until"); err != nil {
		return nil, err
	}
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	f, err := newImageFilter(s, o)
	if err != nil {
		return nil, err
	}
	out := make([]Image, 0, len(list))
	for i := range list {
		image, ok, err := f.pass(&list[i])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, image)
		}
	}
	return out, nil
}

// imageFilter is the filters with what they refer to.
type imageFilter struct {
	*ImagesOptions
	store         *local.Store
	dangling      *bool
	before, since time.Time // of an image named by the filter; zero: none
	until         time.Time
}

func newImageFilter(s *local.Store, o *ImagesOptions) (*imageFilter, error) {
	f := &imageFilter{ImagesOptions: o, store: s}
	var err error
	if f.dangling, err = o.Filters.Bool("dangling"); err != nil {
		return nil, err
	}
	for _, p := range o.Filters["reference"] {
		if _, err := path.Match(p, ""); err != nil {
			return nil, badFilter("reference", p)
		}
	}
	for name, to := range map[string]*time.Time{"before": &f.before, "since": &f.since} {
		for _, v := range o.Filters[name] {
			i, err := s.Find(v)
			if err != nil {
				return nil, err
			}
			if to.IsZero() || (name == "before") == i.Created.Before(*to) {
				*to = i.Created
			}
		}
	}
	for _, v := range o.Filters["until"] {
		t, err := untilTime(v, time.Now())
		if err != nil {
			return nil, badFilter("until", v)
		}
		if f.until.IsZero() || t.Before(f.until) {
			f.until = t
		}
	}
	return f, nil
}

// untilTime reads a time, or how long ago it was.
func untilTime(v string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(v); err == nil {
		return now.Add(-d), nil
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Unix(n, 0), nil
	}
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15Z07:00", "2006-01-02Z07:00", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, v, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", v)
}

// pass says whether an image is listed, and with which names.
func (f *imageFilter) pass(s *local.Summary) (Image, bool, error) {
	i := Image{ID: s.ID.String(), Created: s.Created, Size: s.Size}
	switch {
	case len(s.Names) == 0 && len(s.Within) > 0, // goes with the name that has it for another platform
		!f.before.IsZero() && !s.Created.Before(f.before),
		!f.since.IsZero() && !s.Created.After(f.since),
		!f.until.IsZero() && !s.Created.Before(f.until),
		f.dangling != nil && *f.dangling != isDangling(s.Names):
		return i, false, nil
	}
	i.name(s.Names, f.Filters["reference"])
	if f.Filters.Has("reference") && len(i.RepoTags)+len(i.RepoDigests) == 0 {
		return i, false, nil
	}
	if f.Labels || f.Filters.Has("label") {
		full, err := f.store.Find(s.ID.String())
		if err != nil {
			return i, false, err
		}
		i.Labels = full.Config.Config.Labels
	}
	return i, f.Filters.Labels("label", i.Labels), nil
}

func isDangling(names []local.Name) bool {
	return !slices.ContainsFunc(names, func(n local.Name) bool { return n.Tag != "" })
}

// name takes the names that one of the patterns fits.
func (i *Image) name(names []local.Name, patterns []string) {
	for _, n := range names {
		if len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { return fits(p, n) }) {
			continue
		}
		if n.Digest == "" {
			i.RepoTags = append(i.RepoTags, n.Familiar())
		} else {
			i.RepoDigests = append(i.RepoDigests, n.FamiliarName()+"@"+n.Digest.String())
		}
	}
}

// fits matches a pattern with a name, with and without its tag, short and in full.
func fits(pattern string, n local.Name) bool {
	for _, text := range [...]string{n.Familiar(), n.FamiliarName(), n.String(), n.Name()} {
		if ok, _ := path.Match(pattern, text); ok {
			return true
		}
	}
	return false
}

// splitName splits a name of RepoTags or RepoDigests.
func splitName(name string) (repository, rest string) {
	if r, d, ok := strings.Cut(name, "@"); ok {
		return r, d
	}
	at := strings.LastIndexByte(name, ':')
	return name[:at], name[at+1:]
}

// ImageLine is one line of docker images: an image has one for each of its names.
type ImageLine struct {
	*Image
	Repository, Tag, Digest string // "" where there is none
}

// Lines spreads images over lines. Digests gives each digest of a repository its own.
func Lines(images []Image, digests bool) []ImageLine {
	lines := make([]ImageLine, 0, len(images))
	for k := range images {
		i := &images[k]
		if len(i.RepoTags)+len(i.RepoDigests) == 0 {
			lines = append(lines, ImageLine{Image: i})
		}
		shown := map[string]bool{}
		for _, t := range i.RepoTags {
			repo, tag := splitName(t)
			shown[repo] = true
			lines = i.spread(lines, ImageLine{Image: i, Repository: repo, Tag: tag}, digests)
		}
		for _, d := range i.RepoDigests {
			repo, _ := splitName(d)
			if shown[repo] {
				continue
			}
			shown[repo] = true
			lines = i.spread(lines, ImageLine{Image: i, Repository: repo}, digests)
		}
	}
	return lines
}

// spread adds a line, or one for each digest of its repository.
func (i *Image) spread(lines []ImageLine, l ImageLine, digests bool) []ImageLine {
	n := len(lines)
	for _, d := range i.RepoDigests {
		if repo, hex := splitName(d); digests && repo == l.Repository {
			l.Digest = hex
			lines = append(lines, l)
		}
	}
	if len(lines) == n {
		lines = append(lines, l)
	}
	return lines
}
