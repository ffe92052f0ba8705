package tree

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Ignore is the patterns of a .dockerignore, or of --exclude.
type Ignore struct {
	m *patternmatcher.PatternMatcher
	// wanted are the patterns with "!" in front, split at slashes.
	wanted [][]string
}

// MaxIgnore bounds a .dockerignore, in bytes.
const MaxIgnore = 1 << 20

// ReadIgnore reads a .dockerignore; name is for errors.
func ReadIgnore(name string, r io.Reader) (*Ignore, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxIgnore+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > MaxIgnore {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, MaxIgnore)
	}
	patterns, err := ignorefile.ReadAll(strings.NewReader(string(b)))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	i, err := NewIgnore(patterns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return i, nil
}

// NewIgnore compiles patterns; without any it is nil, which ignores nothing.
func NewIgnore(patterns []string) (*Ignore, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	i := &Ignore{m: m}
	for _, p := range m.Patterns() {
		if p.Exclusion() {
			i.wanted = append(i.wanted, strings.Split(p.String(), "/"))
		}
	}
	return i, nil
}

// match is what is known of a path, for what is below it.
type match struct {
	ignored bool
	info    patternmatcher.MatchInfo
}

func (i *Ignore) match(p string, above match) (match, error) {
	if i == nil || p == "" {
		return match{}, nil
	}
	hit, info, err := i.m.MatchesUsingParentResults(p, above.info)
	return match{hit, info}, err
}

// above matches the parents of p.
func (i *Ignore) above(p string) (m match, err error) {
	if i == nil {
		return m, nil
	}
	for at := range p {
		if p[at] != '/' {
			continue
		}
		if m, err = i.match(p[:at], m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// Has says that the path, or a folder that it is in, is ignored.
func (i *Ignore) Has(p string) (bool, error) {
	m, err := i.above(p)
	if err == nil {
		m, err = i.match(p, m)
	}
	return m.ignored, err
}

// wantsBelow says that a pattern with "!" may match something below the folder.
func (i *Ignore) wantsBelow(dir string) bool {
	parts := strings.Split(dir, "/")
next:
	for _, w := range i.wanted {
		for k, pattern := range w {
			if k == len(parts) || pattern == "**" {
				return true
			}
			if strings.Contains(pattern, "**") {
				return true
			}
			if ok, err := path.Match(pattern, parts[k]); err == nil && !ok {
				continue next
			}
		}
		return true
	}
	return false
}
