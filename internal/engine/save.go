package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"bantam/internal/image/bundle"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// SaveOptions is what docker save's options say.
type SaveOptions struct {
	Images   []string
	Format   string // of package bundle; "" is docker-archive
	Platform string // those that are wanted, commas between; "" is all that are here
	Output   io.Writer
	Folder   string // in place of Output, for the formats that are folders
}

// Save writes images as an archive. A repository without a tag is all its tags.
func (e *Engine) Save(ctx context.Context, o *SaveOptions) error {
	s, err := e.images()
	if err != nil {
		return err
	}
	lease, err := s.Lease()
	if err != nil {
		return err
	}
	defer lease.Close()
	var list []bundle.Selected
	for _, name := range o.Images {
		if list, err = selectImage(s, list, name); err != nil {
			return err
		}
	}
	if err := provide(s, list, o.Platform); err != nil {
		return err
	}
	if err := e.save(ctx, lease, list, o); err != nil {
		return err
	}
	for _, l := range list {
		e.imageEvent("save", l.Target.Image.String(), l.Target.Image.String(), nil)
	}
	return nil
}

func (e *Engine) save(ctx context.Context, lease *local.Lease, list []bundle.Selected, o *SaveOptions) error {
	format := o.Format
	if format == "" {
		format = bundle.DockerArchive
	}
	if !bundle.IsFolder(format) {
		return bundle.Save(ctx, lease, list, format, bundle.ToTar(o.Output))
	}
	folder, err := bundle.ToFolder(o.Folder)
	if err != nil {
		return err
	}
	return bundle.Save(ctx, lease, list, format, folder)
}

// selectImage adds what a name stands for: one image with one name, or each tag of a
// repository, or an image without its names.
func selectImage(s *local.Store, list []bundle.Selected, name string) ([]bundle.Selected, error) {
	if _, err := find(s, name); err != nil { // which may put the built-in image there
		var missing *local.NotFound
		if !errors.As(err, &missing) {
			return nil, err
		}
		tags, err := tagsOf(s, name)
		if err != nil || len(tags) == 0 {
			return nil, errors.Join(err, &NoSuchReference{name})
		}
		return addNames(list, tags), nil
	}
	i, named, err := s.FindNamed(name)
	if err != nil {
		return nil, err
	}
	if named == nil || named.Digest != "" {
		return add(list, bundle.Selected{Target: bestTarget(i)}), nil
	}
	if ref, err := reference.Parse(name); err == nil && ref.Tag == "" {
		tags, err := tagsOf(s, name)
		return addNames(list, tags), err
	}
	return addNames(list, []local.Name{*named}), nil
}

// NoSuchReference is docker's error for an image to save that isn't there.
type NoSuchReference struct{ Name string }

func (e *NoSuchReference) Error() string { return "reference does not exist: " + e.Name }

func tagsOf(s *local.Store, repository string) ([]local.Name, error) {
	ref, err := reference.Parse(repository)
	if err != nil || ref.Tag != "" || ref.Digest != "" {
		return nil, nil
	}
	names, err := s.Names()
	return slices.DeleteFunc(names, func(n local.Name) bool { return n.Reference.Name() != ref.Name() || n.Tag == "" }), err
}

func addNames(list []bundle.Selected, names []local.Name) []bundle.Selected {
	for _, n := range names {
		list = add(list, bundle.Selected{Target: n.Target, Names: []reference.Reference{n.Reference}})
	}
	return list
}

// add puts the names of one image together.
func add(list []bundle.Selected, more bundle.Selected) []bundle.Selected {
	for k := range list {
		if list[k].Target.Image != more.Target.Image {
			continue
		}
		for _, n := range more.Names {
			if !slices.Contains(list[k].Names, n) {
				list[k].Names = append(list[k].Names, n)
			}
		}
		return list
	}
	return append(list, more)
}

// provide leaves of images for several platforms what is wanted: one of them stands alone, as if there
// had been no index, and several stay in it.
func provide(s *local.Store, list []bundle.Selected, platforms string) error {
	want, err := manifest.ParsePlatforms(platforms)
	if err != nil {
		return &Invalid{err}
	}
	if len(want) == 0 {
		return nil
	}
	for k := range list {
		l := &list[k]
		if l.Target, err = wanted(s, l.Target, want); err != nil {
			return err
		}
		if len(want) == 1 {
			l.Target.Index = ""
		}
		l.Platforms = want
	}
	return nil
}

// wanted is the target for the first of the platforms, all of which have to be here. One that the target
// is for comes before the others.
func wanted(s *local.Store, t local.Target, want []manifest.Platform) (local.Target, error) {
	i, err := s.Find(t.Image.String())
	if err != nil {
		return t, err
	}
	for _, p := range want {
		if _, ok := s.Variant(t, p); !ok && !i.Platform().Provides(p) {
			return t, &WrongPlatform{t.Image.Short(), p.String()}
		}
	}
	if !slices.ContainsFunc(want, i.Platform().Provides) {
		t, _ = s.Variant(t, want[0])
	}
	return t, nil
}

// SaveFile is Save into a file that is complete or as it was before.
func (e *Engine) SaveFile(ctx context.Context, o *SaveOptions, path string) error {
	return writeWhole(path, func(w io.Writer) error {
		own := *o
		own.Output = w
		return e.Save(ctx, &own)
	})
}

// writeWhole writes beside the file's place first. What is no regular file is written as it is.
func writeWhole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("invalid output path: directory %q does not exist", dir)
	}
	f, err := os.CreateTemp(dir, ".tmp-"+filepath.Base(path)+"-*") // readable for its owner alone
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
