// Images makes the base images of the userland, to the byte the same for the same
// programs and the same SOURCE_DATE_EPOCH:
//
//	go run ./packaging/images -o FOLDER NAME=BOX[,certificates]...
//	go run ./packaging/images -embed BOX
//
// The first form writes an archive per image into the folder, which `docker load`,
// `podman load` and `bantam import` take: an OCI layout with docker's manifest.json.
// The second writes the layer and the configuration that bantam carries in itself.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bantam/internal/image/reference"

	"github.com/klauspost/compress/zstd"
)

func main() {
	out := flag.String("o", "", "folder for the archives")
	embed := flag.String("embed", "", "box program of the image that bantam carries")
	flag.Parse()
	if err := run(*out, *embed, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(out, embed string, images []string) error {
	date, err := epoch(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	if embed != "" {
		return carry(embed, date)
	}
	if out == "" || len(images) == 0 {
		return errors.New("usage: images -o FOLDER NAME=BOX[,certificates]... or images -embed BOX")
	}
	for _, i := range images {
		name, program, _ := strings.Cut(i, "=")
		program, extra, _ := strings.Cut(program, ",")
		if err := save(out, name, program, extra == "certificates", date); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// epoch is the date of everything in the images (reproducible-builds.org, SOURCE_DATE_EPOCH).
func epoch(text string) (time.Time, error) {
	if text == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH=%q: want seconds since 1970", text)
	}
	return time.Unix(n, 0).UTC(), nil
}

// carry writes what internal/image/builtin embeds, if it changed.
func carry(program string, date time.Time) error {
	image, err := build(program, false, date)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	dir := "internal/image/builtin/data/"
	if err := replace(dir+"box.tar.zst", z.EncodeAll(image.layer, nil)); err != nil {
		return err
	}
	return replace(dir+"box.json", image.config)
}

func save(dir, name, program string, certificates bool, date time.Time) error {
	ref, err := reference.Parse(name)
	if err != nil {
		return err
	}
	image, err := build(program, certificates, date)
	if err != nil {
		return err
	}
	archive, err := image.archive(ref.Tagged(), date)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, strings.ReplaceAll(name, ":", "-")+".tar")
	if err := replace(path, archive); err != nil {
		return err
	}
	packed, err := image.compressed()
	if err != nil {
		return err
	}
	fmt.Printf("%-10s %s  %.2f MB unpacked, %.2f MB compressed, id %s\n", name, path, mega(image.size), mega(int64(len(packed))), image.id().Short())
	return nil
}

func mega(n int64) float64 { return float64(n) / 1e6 }

// replace writes a file unless it has that content already, so that nothing is
// built anew without need.
func replace(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
