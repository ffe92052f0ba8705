package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
)

// imagesView is for what is done with images: the machine as it is, with Docker and Podman.
const imagesView = "images"

const (
	// imageMiB is the size of the image's files, in layers of the same size; BENCH_IMAGE_MIB
	// is another one. A gigabyte takes Docker and Podman a quarter of an hour.
	imageMiB    = 256
	imageLayers = 8
	imageRuns   = 5 // at most; -runs may say less
	imageCount  = 500
)

func imagePromises() []promise {
	return []promise{
		{name: "images: load", peer: "docker", most: 0.5},
		{name: "images: load", peer: "podman", most: 0.5},
		{name: "images: load", peer: "floor", most: 1.25},
		{name: "images: save", peer: "docker", most: 0.5},
		{name: "images: pull", peer: "podman", most: 0.5},
		{name: "images: import of 3 MB", most: 15},
		{name: "images: list of 500", most: 20},
		{name: "images: load, peak resident", most: 96 * 1024, unit: "KiB"},
		{name: "images: save, peak resident", most: 96 * 1024, unit: "KiB"},
		{name: "images: pull, peak resident", most: 96 * 1024, unit: "KiB"},
	}
}

func printImagesTable(w io.Writer, rows []row) {
	fmt.Fprintln(w, "| what | unit | bantam | docker | podman | floor | of docker | of podman | of floor | promise |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Name, r.Unit, r.ours(), r.cell("docker"), r.cell("podman"), r.cell("floor"),
			r.ratio("docker"), r.ratio("podman"), r.ratio("floor"), r.verdicts())
	}
}

// library measures images.
type library struct {
	*engines
	podman  []string // or nil
	archive string
	layers  [][]byte // compressed, for the floor
}

func measureImages(n *native, dir string, runs int) ([]row, error) {
	e, err := newEngines(n, dir, min(runs, imageRuns))
	if err != nil {
		return nil, err
	}
	defer e.close()
	l := &library{engines: e, archive: dir + "/big.tar", podman: podmanIn(dir)}
	mib := imageMiB
	if v, err := strconv.Atoi(os.Getenv("BENCH_IMAGE_MIB")); err == nil {
		mib = v
	}
	if err := l.make(mib); err != nil {
		return nil, err
	}
	var rows []row
	for _, measure := range []func() ([]row, error){l.load, l.save, l.pull, l.small, l.list} {
		r, err := measure()
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// podmanIn is podman with storage of its own, as it is by default: with overlay.
func podmanIn(dir string) []string {
	program := testenv.Find("podman")
	if program == "" {
		fmt.Fprintln(os.Stderr, "bench: podman is not installed")
		return nil
	}
	return []string{program, "--root", dir + "/podman/root", "--runroot", dir + "/podman/run", "--storage-driver", "overlay", "--events-backend", "none"}
}

// make writes the archive: files of 2 to 400 kB, a quarter of which can't be compressed.
func (l *library) make(mib int) error {
	rnd := rand.New(rand.NewPCG(1, 2))
	pool := make([]byte, 8<<20)
	for i := range pool {
		pool[i] = "abcdefgh"[rnd.IntN(8)]
		if i%4 == 0 {
			pool[i] = byte(rnd.Uint32())
		}
	}
	var diffs []string
	for k := range imageLayers {
		var b bytes.Buffer
		sum := sha256.New()
		z, err := gzip.NewWriterLevel(&b, 6)
		if err != nil {
			return err
		}
		if err := writeLayer(io.MultiWriter(z, sum), k, mib<<20/imageLayers, rnd, pool); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		l.layers = append(l.layers, b.Bytes())
		diffs = append(diffs, fmt.Sprintf("sha256:%x", sum.Sum(nil)))
	}
	return l.writeArchive(diffs)
}

func writeLayer(w io.Writer, k, left int, rnd *rand.Rand, pool []byte) error {
	t := tar.NewWriter(w)
	for n := 0; left > 0; n++ {
		size := []int{2000, 8000, 30000, 60000, 100000, 400000}[rnd.IntN(6)]
		at := rnd.IntN(len(pool) - size)
		h := &tar.Header{Name: fmt.Sprintf("usr/layer%d/dir%d/file%d", k, n/50, n), Mode: 0o644, Size: int64(size), ModTime: time.Unix(1700000000, 0)}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(pool[at : at+size]); err != nil {
			return err
		}
		left -= size
	}
	return t.Close()
}

func (l *library) writeArchive(diffs []string) error {
	f, err := os.Create(l.archive)
	if err != nil {
		return err
	}
	defer f.Close()
	t := tar.NewWriter(f)
	add := func(name string, b []byte) {
		if err == nil {
			err = t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))})
		}
		if err == nil {
			_, err = t.Write(b)
		}
	}
	var names []string
	for _, b := range l.layers {
		names = append(names, fmt.Sprintf("%x.tar.gz", sha256.Sum256(b)))
		add(names[len(names)-1], b)
	}
	config, _ := json.Marshal(map[string]any{"architecture": "amd64", "os": "linux", "rootfs": map[string]any{"type": "layers", "diff_ids": diffs}})
	name := fmt.Sprintf("%x.json", sha256.Sum256(config))
	list, _ := json.Marshal([]map[string]any{{"Config": name, "RepoTags": []string{"big:1"}, "Layers": names}})
	add(name, config)
	add("manifest.json", list)
	if err != nil {
		return err
	}
	return t.Close()
}

// contestants are the engines that are there.
func (l *library) contestants() map[string][]string {
	all := map[string][]string{"bantam": l.bantam, "docker": l.docker, "podman": l.podman}
	for who, prefix := range all {
		if prefix == nil {
			delete(all, who)
		}
	}
	return all
}

func (l *library) run(prefix []string, args ...string) (cost, error) {
	return l.native.measure(0, os.Environ(), append(append([]string{}, prefix...), args...)...)
}

// settle lets the disk come to rest, so that nobody pays for another's writes.
func settle() { unix.Sync() }

// load loads the archive into empty stores. What docker's daemon leaves to the kernel to
// write is docker's gain.
func (l *library) load() ([]row, error) {
	all := map[string]samples{}
	for range l.runs {
		for who, prefix := range l.contestants() {
			settle()
			c, err := l.run(prefix, "load", "-q", "-i", l.archive)
			if err != nil {
				return nil, err
			}
			all[who] = append(all[who], c)
			if _, err := l.run(prefix, "rmi", "-f", "big:1"); err != nil {
				return nil, err
			}
		}
		settle()
		start := time.Now()
		if err := l.floor(); err != nil {
			return nil, err
		}
		all["floor"] = append(all["floor"], cost{wall: time.Since(start)})
		if err := os.RemoveAll(l.dir + "/floor"); err != nil {
			return nil, err
		}
	}
	own := map[string]samples{"bantam": all["bantam"]}
	return []row{newRow("images: load", imagesView, "ms", false, milliseconds, all), newRow("images: load, peak resident", imagesView, "KiB", false, kibibytes, own)}, nil
}

// floor is what no engine can do without: the layers are decompressed side by side, and
// their files are written and flushed.
func (l *library) floor() error {
	queue := make(chan int, len(l.layers))
	for k := range l.layers {
		queue <- k
	}
	close(queue)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for w := range errs {
		all.Go(func() {
			for k := range queue {
				if err := unpackPlainly(l.layers[k], l.dir+"/floor/"+strconv.Itoa(k)); err != nil {
					errs[w] = err
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	f, err := os.Open(l.dir + "/floor")
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

func unpackPlainly(b []byte, dir string) error {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	t := tar.NewReader(z)
	buf := make([]byte, 128<<10)
	made := ""
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, h.Name)
		if d := filepath.Dir(path); d != made {
			if err := os.MkdirAll(d, 0o755); err != nil {
				return err
			}
			made = d
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{f}, t, buf)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
}

func (l *library) save() ([]row, error) {
	all := map[string]samples{}
	out := l.dir + "/saved.tar"
	for who, prefix := range map[string][]string{"bantam": l.bantam, "docker": l.docker} {
		if prefix == nil {
			continue
		}
		if _, err := l.run(prefix, "load", "-q", "-i", l.archive); err != nil {
			return nil, err
		}
		for range l.runs {
			settle()
			c, err := l.run(prefix, "save", "-o", out, "big:1")
			if err != nil {
				return nil, err
			}
			all[who] = append(all[who], c)
			os.Remove(out)
		}
		if _, err := l.run(prefix, "rmi", "-f", "big:1"); err != nil {
			return nil, err
		}
	}
	own := map[string]samples{"bantam": all["bantam"]}
	return []row{newRow("images: save", imagesView, "ms", false, milliseconds, all), newRow("images: save, peak resident", imagesView, "KiB", false, kibibytes, own)}, nil
}

// small imports a tar file of 3 MB, as the seeds' flows do.
func (l *library) small() ([]row, error) {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	body := l.layers[0][:min(len(l.layers[0]), 3<<20)]
	if err := t.WriteHeader(&tar.Header{Name: "bin/box", Mode: 0o755, Size: int64(len(body))}); err != nil {
		return nil, err
	}
	if _, err := t.Write(body); err != nil {
		return nil, err
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	path := l.dir + "/small.tar"
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return nil, err
	}
	all := map[string]samples{}
	for i := range 4 * l.runs {
		settle()
		for who, prefix := range map[string][]string{"bantam": l.bantam, "docker": l.docker} {
			if prefix == nil {
				continue
			}
			c, err := l.run(prefix, "import", path, "small:"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			all[who] = append(all[who], c)
			if _, err := l.run(prefix, "rmi", "small:"+strconv.Itoa(i)); err != nil {
				return nil, err
			}
		}
	}
	return []row{newRow("images: import of 3 MB", imagesView, "ms", false, milliseconds, all)}, nil
}

// list lists 500 images.
func (l *library) list() ([]row, error) {
	empty := l.dir + "/empty.tar"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		return nil, err
	}
	for i := range imageCount {
		if _, err := l.run(l.bantam, "import", "-m", strconv.Itoa(i), empty, fmt.Sprintf("registry.example/team/image-%d:v%d", i/10, i%10)); err != nil {
			return nil, err
		}
	}
	var s samples
	for range 4 * l.runs {
		c, err := l.run(l.bantam, "images")
		if err != nil {
			return nil, err
		}
		s = append(s, c)
	}
	return []row{newRow("images: list of 500", imagesView, "ms", false, milliseconds, map[string]samples{"bantam": s})}, nil
}
