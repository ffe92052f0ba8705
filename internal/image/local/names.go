package local

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// Name is a reference and what it stands for. One with a digest says that the image is
// what the repository has by that digest: it makes a line of RepoDigests.
type Name struct {
	reference.Reference
	Target
}

// Target is an image and, where it came with them, the manifest that has it and the index
// which that was chosen from; "" where there is none.
type Target struct{ Image, Manifest, Index digest.Digest }

// Top is what a registry knows the target by: the index, else the manifest, or "".
func (t Target) Top() digest.Digest {
	if t.Index != "" {
		return t.Index
	}
	return t.Manifest
}

// text is the link's.
func (t Target) text() string {
	s := t.Image.String()
	for _, d := range [...]digest.Digest{t.Manifest, t.Index} {
		if d != "" {
			s += " " + d.String()
		}
	}
	return s
}

func parseTarget(text string) (t Target, err error) {
	more := true
	for _, to := range [...]*digest.Digest{&t.Image, &t.Manifest, &t.Index} {
		if !more {
			break
		}
		var part string
		part, text, more = strings.Cut(text, " ")
		if *to, err = digest.Parse(part); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (s *Store) tag(r reference.Reference) string {
	return s.Root + "/tags/" + strings.ReplaceAll(r.String(), "/", "%")
}

// Name looks a reference up, with the tag latest where it has none; os.ErrNotExist where
// there is no such name.
func (s *Store) Name(r reference.Reference) (Name, error) {
	r = r.Tagged()
	return readName(s.tag(r), r)
}

// readName reads a name's link.
func readName(path string, r reference.Reference) (Name, error) {
	text, err := os.Readlink(path)
	if err != nil {
		return Name{}, err
	}
	t, err := parseTarget(text)
	if err != nil {
		err = fmt.Errorf("read name %s: %w: give it to the image again", r.Familiar(), err)
	}
	return Name{r, t}, err
}

// Names returns all names, sorted.
func (s *Store) Names() ([]Name, error) {
	entries, err := blob.Names(s.Root + "/tags")
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	slices.Sort(entries)
	list := make([]Name, 0, len(entries))
	for _, e := range entries {
		ref, bad := reference.Parse(strings.ReplaceAll(e, "%", "/"))
		if bad != nil || ref.Tag == "" && ref.Digest == "" {
			continue
		}
		n, err := readName(s.Root+"/tags/"+e, ref)
		if err == nil {
			list = append(list, n)
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return list, nil
}

// SetName gives an image a name, which another image loses. The image must be there: the
// caller shares the lock or has a lease with it.
func (s *Store) SetName(n Name) error {
	path := s.tag(n.Tagged())
	if n.FamiliarName() == "sha256" && n.Digest == "" {
		return errors.New("refusing to create an ambiguous tag using digest algorithm as name")
	}
	if len(path)-len(s.Root+"/tags/") > 255 {
		return fmt.Errorf("name %s: it is longer than the 255 bytes that a file's name may have", n.Familiar())
	}
	if err := replace(path, func(tmp string) error { return os.Symlink(n.Target.text(), tmp) }); err != nil {
		return fmt.Errorf("tag image %s as %s: %w", n.Image.Short(), n.Familiar(), err)
	}
	return nil
}

// Untag takes a name away.
func (s *Store) Untag(r reference.Reference) error {
	if err := os.Remove(s.tag(r.Tagged())); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("untag %s: %w", r.Familiar(), err)
	}
	return nil
}

// Image is a configuration with its id and names, or an artifact.
type Image struct {
	ID    digest.Digest
	Names []Name // in FindNamed alone
	Size  int64  // bytes of the files of all layers
	Config
	Artifact *manifest.Document // nil for an image
}

// Find resolves a name, an id or a prefix of one.
func (s *Store) Find(text string) (*Image, error) {
	if ref, err := reference.Parse(text); err == nil {
		n, err := s.Name(ref)
		if err == nil {
			return s.read(n.Image)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	id, err := s.byPrefix(text)
	if err != nil {
		return nil, err
	}
	return s.read(id)
}

// notFound names what is missing as docker does, with the tag that was meant.
func notFound(text string) error {
	if ref, err := reference.Parse(text); err == nil {
		text = ref.Tagged().Familiar()
	}
	return &NotFound{text}
}

// FindNamed is Find with the image's names. named is the one that the text is, nil where
// the text is an id.
func (s *Store) FindNamed(text string) (i *Image, named *Name, err error) {
	if i, err = s.Find(text); err != nil {
		return nil, nil, err
	}
	names, err := s.Names()
	if err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		if n.Image == i.ID {
			i.Names = append(i.Names, n)
		}
	}
	if ref, bad := reference.Parse(text); bad == nil {
		for k, n := range i.Names {
			if n.String() == ref.Tagged().String() {
				named = &i.Names[k]
			}
		}
	}
	return i, named, nil
}

func (s *Store) byPrefix(text string) (digest.Digest, error) {
	prefix := strings.TrimPrefix(text, "sha256:")
	if prefix == "" || len(prefix) > 64 || !digest.IsHex(prefix) {
		return "", notFound(text)
	}
	ids, err := s.IDs()
	if err != nil {
		return "", err
	}
	var found digest.Digest
	for _, id := range ids {
		if !strings.HasPrefix(id.Hex(), prefix) {
			continue
		}
		if found != "" {
			return "", fmt.Errorf("multiple IDs found with provided prefix: %s", text)
		}
		found = id
	}
	if found == "" {
		return "", notFound(text)
	}
	return found, nil
}

// IDs lists the ids of all images.
func (s *Store) IDs() ([]digest.Digest, error) {
	entries, err := blob.Names(s.Root + "/images/sha256")
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var ids []digest.Digest
	for _, e := range entries {
		if len(e) == 64 && digest.IsHex(e) {
			ids = append(ids, digest.FromHex(e))
		}
	}
	return ids, nil
}
