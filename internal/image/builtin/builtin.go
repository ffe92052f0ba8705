// Package builtin is the base image that a program carries: `box`, made of the
// userland by packaging/images before the program is built. It needs no registry.
package builtin

import (
	"embed"
	"errors"
)

// A build without the image has only the README here.
//
//go:embed data
var files embed.FS

// Name is what the image is called.
const Name = "box"

// Maker stands in the image's history as what made it.
const Maker = "packaging/images"

// ErrAbsent says that the program was built without the image.
var ErrAbsent = errors.New("this build has no userland in it: build it with `make`, which puts the image box into it")

// Config returns the image's configuration, whose digest is the image's id.
func Config() ([]byte, error) { return read("data/box.json") }

// Layer returns the image's one layer, a tar file compressed with zstd.
func Layer() ([]byte, error) { return read("data/box.tar.zst") }

func read(name string) ([]byte, error) {
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, ErrAbsent
	}
	return b, nil
}
