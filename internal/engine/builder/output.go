package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bantam/internal/build"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/reference"

	"golang.org/x/sys/unix"
)

// output is one --output.
type output struct {
	kind string // image, local, tar, oci, docker, cacheonly
	dest string
	opts map[string]string
	push bool
}

// result is what came out, for the files that tell of it.
type result struct {
	image    string // id: the configuration's digest
	manifest string // digest of the manifest or index
	names    []string
}

// outputs reads --output, --push and --load. Without any the image goes into the store.
func (j *job) outputs() error {
	for _, text := range j.o.Outputs {
		o, err := parseOutput(text)
		if err != nil {
			return fmt.Errorf("--output %s: %w", text, err)
		}
		j.outs = append(j.outs, *o)
	}
	if j.o.Push {
		j.outs = append(j.outs, output{kind: "image", push: true})
	}
	if len(j.outs) == 0 || j.o.Load {
		j.outs = append(j.outs, output{kind: "image"})
	}
	stdout := 0
	for _, o := range j.outs {
		if o.dest == "-" {
			stdout++
			if f, ok := j.o.Out.(*os.File); ok && isTerminal(f) {
				return errors.New("dest file is required for tar exporter. refusing to write to console")
			}
		}
	}
	if stdout > 1 {
		return errors.New("only one output can go to standard output")
	}
	return nil
}

func parseOutput(text string) (*output, error) {
	switch {
	case text == "-":
		return &output{kind: "tar", dest: "-"}, nil
	case !strings.Contains(text, "="):
		return &output{kind: "local", dest: text}, nil
	}
	list, err := fields(text)
	if err != nil {
		return nil, err
	}
	o := &output{opts: map[string]string{}}
	for _, f := range list {
		switch f[0] {
		case "type":
			o.kind = f[1]
		case "dest":
			o.dest = f[1]
		case "push":
			o.push = f[1] == "" || f[1] == "true"
		case "name", "annotation", "compression", "compression-level", "force-compression", "oci-mediatypes", "rewrite-timestamp", "store", "unpack", "name-canonical", "platform-split", "mode", "tar":
			o.opts[f[0]] = f[1]
		default:
			if !strings.HasPrefix(f[0], "annotation.") {
				return nil, fmt.Errorf("unknown key %q", f[0])
			}
			o.opts[f[0]] = f[1]
		}
	}
	if c := o.opts["compression"]; c != "" && c != "gzip" {
		return nil, fmt.Errorf("compression=%s: layers are compressed by gzip only", c)
	}
	return o, o.complete()
}

// complete checks the kind and puts in what it implies.
func (o *output) complete() error {
	switch o.kind {
	case "registry":
		o.kind, o.push = "image", true
	case "image", "cacheonly":
	case "docker":
		if o.dest == "" {
			o.kind = "image"
		}
	case "local":
		if o.dest == "" {
			return errors.New("dest is required for local exporter")
		}
		if o.dest == "-" {
			return errors.New("dest cannot be stdout for local exporter")
		}
	case "tar", "oci":
		if o.dest == "" {
			o.dest = "-"
		}
	case "":
		return errors.New("type is required for output")
	default:
		return fmt.Errorf("invalid type %q: want local, tar, oci, docker, image, registry or cacheonly", o.kind)
	}
	return nil
}

// export puts the result where it is wanted.
func (j *job) export(ctx context.Context) error {
	if err := j.exportCaches(ctx); err != nil {
		return err
	}
	for i := range j.outs {
		o := &j.outs[i]
		var err error
		switch o.kind {
		case "image":
			err = j.exportImage(ctx, o)
		case "local":
			err = j.exportFolder(ctx, o)
		case "tar":
			err = j.exportTar(o)
		case "oci", "docker":
			err = j.exportLayout(ctx, o)
		}
		if err != nil {
			return fmt.Errorf("exporting to %s: %w", o.kind, err)
		}
	}
	return nil
}

// names are those of -t and of name= in an output.
func (j *job) names(o *output) ([]reference.Reference, error) {
	texts := j.o.Tags
	if n := o.opts["name"]; n != "" {
		texts = strings.Split(n, ",")
	}
	var list []reference.Reference
	for _, t := range texts {
		ref, err := reference.Parse(t)
		if err != nil {
			return nil, fmt.Errorf("invalid tag %q: %w", t, err)
		}
		list = append(list, ref.Tagged())
	}
	return list, nil
}

// merged mounts layers for a descriptor.
func (j *job) merged(layers []digest.Digest) (int, error) {
	return build.MountLayers(j.lease.Folders(layers), j.temp)
}

// exportFolder copies the files into a folder; they are the caller's. Those of several platforms go
// into a folder each, unless platform-split says otherwise.
func (j *job) exportFolder(ctx context.Context, o *output) error {
	step := j.log.Start("exporting to client directory")
	err := func() error {
		split, err := j.splits(o)
		for i := 0; i < len(j.products) && err == nil; i++ {
			dest := o.dest
			if split {
				dest = filepath.Join(dest, j.products[i].folder())
			}
			err = j.products[i].copyTo(dest)
		}
		return err
	}()
	step.Finish(err)
	return err
}

// splits says that each platform has a folder.
func (j *job) splits(o *output) (bool, error) {
	text := o.opts["platform-split"]
	if text == "" {
		return len(j.products) > 1, nil
	}
	split, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("invalid platform-split: %q", text)
	}
	return split, nil
}

func (j *product) copyTo(dest string) error {
	if err := os.MkdirAll(dest, 0o755); err != nil {
		return err
	}
	to, err := unix.Open(dest, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dest, Err: err}
	}
	defer unix.Close(to)
	r, w := io.Pipe()
	go func() { w.CloseWithError(j.pack(w, layer.PackOptions{})) }()
	defer r.Close()
	_, err = layer.Unpack(to, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0, Owner: &layer.Owner{UID: os.Geteuid(), GID: os.Getegid()}})
	return err
}

// pack writes the files as a tar file.
func (j *product) pack(w io.Writer, opt layer.PackOptions) error {
	fd, err := j.merged(j.res.Layers)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return layer.Pack(w, fd, opt)
}

// exportTar writes the files as a tar file, those of several platforms below a folder each.
func (j *job) exportTar(o *output) error {
	step := j.log.Start("exporting to client tarball")
	err := j.writeTo(o.dest, func(w io.Writer) error {
		split, err := j.splits(o)
		switch {
		case err != nil:
			return err
		case !split && len(j.products) > 1:
			return errors.New("a tar file of several platforms needs platform-split=true")
		case !split:
			return j.products[0].pack(w, layer.PackOptions{})
		}
		for i, p := range j.products {
			if err := p.pack(w, layer.PackOptions{Name: p.folder(), Open: i < len(j.products)-1}); err != nil {
				return err
			}
		}
		return nil
	})
	step.Finish(err)
	return err
}

// writeTo writes a file beside its place and renames it, or writes to standard output.
func (j *job) writeTo(dest string, write func(w io.Writer) error) error {
	if dest == "-" {
		return write(j.o.Out)
	}
	if info, err := os.Stat(dest); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("destination file is a directory: %s", dest)
		}
		f, err := os.OpenFile(dest, os.O_WRONLY, 0) // a pipe or a device
		if err != nil {
			return err
		}
		defer f.Close()
		return write(f)
	}
	f, err := os.CreateTemp(filepath.Dir(dest), ".new-")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), dest)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
