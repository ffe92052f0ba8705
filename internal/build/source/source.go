// Package source opens what a build reads from: a folder, a tar file, standard input, a
// URL, a git repository. What is not a folder is brought into one of the build's own,
// which goes with the build.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"
	"bantam/internal/image/archive"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// Opener knows where a build may write and how it downloads.
type Opener struct {
	// Temp is a folder of the build's own.
	Temp string
	// Sums is the folder of remembered digests, "" for none.
	Sums string
	// Fetch downloads; see [HTTP].
	Fetch func(ctx context.Context, url string) (*Download, error)
	// Stdin is standard input.
	Stdin io.Reader
	// GitEnv is added to git's environment: the socket of an ssh agent, say.
	GitEnv []string

	count int
}

// Source is files, and a Dockerfile where the source was only that.
type Source struct {
	*tree.Tree
	// Dockerfile is set where the source is the text of a Dockerfile and no files.
	Dockerfile []byte
	// Local is the folder on this machine that it is; "" for what was brought in.
	Local string
	// Revision is the commit that a repository gave.
	Revision string
	// Remote is the URL it came from, without what is secret in it.
	Remote string
}

// Close gives the folder back.
func (s *Source) Close() {
	if s.Tree != nil {
		unix.Close(s.FD)
	}
}

// Open opens a build's PATH | URL | -.
func (o *Opener) Open(ctx context.Context, text string) (*Source, error) {
	switch {
	case text == "-":
		return o.stream(ctx, o.Stdin, "standard input")
	case dockerfile.IsGit(text) || strings.HasPrefix(text, "github.com/"):
		return o.git(ctx, text)
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		return o.url(ctx, text)
	}
	return o.local(ctx, text)
}

func (o *Opener) local(ctx context.Context, text string) (*Source, error) {
	info, err := os.Stat(text)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("unable to prepare context: path %q not found", text)
	}
	if err != nil {
		return nil, fmt.Errorf("unable to prepare context: %w", err)
	}
	if !info.IsDir() {
		f, err := os.Open(text)
		if err != nil {
			return nil, fmt.Errorf("unable to prepare context: %w", err)
		}
		defer f.Close()
		return o.stream(ctx, f, text)
	}
	real, err := filepath.Abs(text)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil, fmt.Errorf("unable to prepare context: %w", err)
	}
	t, err := openTree(real)
	if err != nil {
		return nil, fmt.Errorf("unable to prepare context: %w", err)
	}
	if o.Sums != "" {
		t.Sums = tree.OpenSums(o.Sums, real)
	}
	return &Source{Tree: t, Local: real}, nil
}

func openTree(dir string) (*tree.Tree, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return &tree.Tree{FD: fd, Unowned: true}, nil
}

// Folder makes an empty folder of the build's own.
func (o *Opener) Folder() (string, error) {
	o.count++
	return os.MkdirTemp(o.Temp, "source-")
}

// stream is a tar file, compressed or not, or a Dockerfile.
func (o *Opener) stream(ctx context.Context, r io.Reader, name string) (*Source, error) {
	ahead := archive.NewAhead(ctx, r)
	defer ahead.Close()
	plain, err := archive.NewReader(ahead)
	if err != nil {
		return nil, fmt.Errorf("read the context from %s: %w", name, err)
	}
	defer plain.Close()
	head := make([]byte, blockSize)
	n, err := io.ReadFull(plain, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, fmt.Errorf("read the context from %s: %w", name, err)
	}
	all := io.MultiReader(strings.NewReader(string(head[:n])), plain)
	if !isTar(head[:n]) {
		text, err := io.ReadAll(io.LimitReader(all, dockerfile.MaxSize+1))
		if err != nil {
			return nil, fmt.Errorf("read the Dockerfile from %s: %w", name, err)
		}
		return o.onlyFile(text)
	}
	dir, err := o.unpack(all, name)
	if err != nil {
		return nil, err
	}
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	return &Source{Tree: t}, nil
}

// onlyFile is a Dockerfile with an empty context.
func (o *Opener) onlyFile(text []byte) (*Source, error) {
	dir, err := o.Folder()
	if err != nil {
		return nil, err
	}
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	return &Source{Tree: t, Dockerfile: text}, nil
}

func (o *Opener) unpack(r io.Reader, name string) (string, error) {
	dir, err := o.Folder()
	if err != nil {
		return "", err
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	opt := layer.Options{Plain: true, Rootless: os.Geteuid() != 0, Owner: &layer.Owner{UID: os.Geteuid(), GID: os.Getegid()}}
	if _, err := layer.Unpack(fd, r, opt); err != nil {
		return "", fmt.Errorf("unpack the context from %s: %w", name, err)
	}
	return dir, nil
}

const blockSize = 512

// isTar looks at the first block: its checksum (tar(5)) is unlikely to be right by chance.
func isTar(b []byte) bool {
	if len(b) < blockSize {
		return false
	}
	var sum int64
	for i, c := range b[:blockSize] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	var want int64
	digits := 0
	for _, c := range b[148:156] {
		if c >= '0' && c <= '7' {
			want = want*8 + int64(c-'0')
			digits++
		} else if digits > 0 {
			break
		}
	}
	return digits > 0 && want == sum
}
