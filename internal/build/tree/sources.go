package tree

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// NotFound is a source of COPY that is not there.
type NotFound struct{ Path string }

// Error is worded as BuildKit's, which scripts look for.
func (e *NotFound) Error() string {
	return fmt.Sprintf("failed to calculate checksum of ref: %q: not found", "/"+e.Path)
}

// Sources finds what a source of COPY names: one path, or all that a pattern of path.Match
// matches, sorted. Links on the way are followed inside the tree, and so is a source that is
// a link. real is where it is, name what it is called.
func (t *Tree) Sources(source string) ([]Source, error) {
	p := Clean(source)
	fixed, pattern := splitPattern(p)
	if pattern == "" {
		s, err := t.source(unescape(p))
		if err != nil {
			return nil, err
		}
		return []Source{*s}, nil
	}
	dir, st, exists, err := t.Resolve(unescape(fixed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fixed, err)
	}
	if !exists || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	names, err := t.glob(dir, strings.Split(pattern, "/"))
	if err != nil {
		return nil, err
	}
	var list []Source
	for _, n := range names {
		s, err := t.source(n)
		var missing *NotFound
		if errors.As(err, &missing) {
			if hit, e := t.Ignore.Has(n); e != nil || hit {
				continue // as if it were not there
			}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, *s)
	}
	return list, nil
}

// Source is a file that COPY takes, or a folder whose content it takes.
type Source struct {
	Entry
	Name string // its last component as it was named
}

func (t *Tree) source(p string) (*Source, error) {
	real, st, exists, err := t.Resolve(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	if exists {
		var hit bool
		if hit, err = t.Ignore.Has(real); err != nil {
			return nil, err
		}
		if hit {
			exists, err = t.anyBelow(real, &st)
		}
	}
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, &NotFound{p}
	}
	return &Source{Entry{real, st}, path.Base("/" + p)}, nil
}

// anyBelow says that a folder which is ignored has something that is not.
func (t *Tree) anyBelow(p string, st *unix.Stat_t) (bool, error) {
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return false, nil
	}
	found := errors.New("found")
	err := t.Walk(p, func(*Entry) error { return found })
	if err == found {
		return true, nil
	}
	return false, err
}

// splitPattern cuts a path before the first component with a wildcard.
func splitPattern(p string) (fixed, pattern string) {
	parts := strings.Split(p, "/")
	for i, c := range parts {
		if HasWildcard(c) {
			return strings.Join(parts[:i], "/"), strings.Join(parts[i:], "/")
		}
	}
	return p, ""
}

// HasWildcard says that path.Match sees more than a name.
func HasWildcard(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '*', '?', '[':
			return true
		case '\\':
			i++
		}
	}
	return false
}

func unescape(p string) string {
	if !strings.Contains(p, `\`) {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] == '\\' && i+1 < len(p) {
			i++
		}
		b.WriteByte(p[i])
	}
	return b.String()
}

// glob matches the components one by one; no link is gone through.
func (t *Tree) glob(dir string, pattern []string) ([]string, error) {
	names, err := t.names(dir)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, n := range names {
		if ok, err := path.Match(pattern[0], n); err != nil || !ok {
			continue
		}
		p := join(dir, n)
		if len(pattern) == 1 {
			list = append(list, p)
			continue
		}
		var st unix.Stat_t
		if err := t.lstat(p, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		more, err := t.glob(p, pattern[1:])
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func (t *Tree) names(dir string) ([]string, error) {
	fd, err := t.Open(dir, openDir&^unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	f := fdFile(fd, dir)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}
