package builder

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/build/tree"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// A scanner of --sbom=generator=IMAGE is an image that is run beside the result
// (BuildKit's docs/attestations/sbom-protocol.md): it reads the files in BUILDKIT_SCAN_SOURCE and in the
// folders of BUILDKIT_SCAN_SOURCE_EXTRAS, and writes in-toto statements into BUILDKIT_SCAN_DESTINATION.
const (
	scanSource = "/run/src/core/"
	scanExtras = "/run/src/extras/"
	scanOut    = "/run/out/"
)

// scan is something to look for packages in: layers, or the context.
type scan struct {
	name   string // sbom, sbom-STAGE, sbom-context
	layers []digest.Digest
	tree   *tree.Tree
}

// finding is a predicate of a statement.
type finding struct {
	kind      string
	predicate json.RawMessage
}

// generate runs the scanner; list begins with the result.
func (j *product) generate(ctx context.Context, a *attest, list []scan) (found []finding, err error) {
	step := j.log.Start("[internal] generating sbom using " + a.generator + j.suffix())
	defer func() { step.Finish(err) }()
	out, err := os.MkdirTemp(j.temp, "sbom-")
	if err != nil {
		return nil, err
	}
	p, err := j.scanner(ctx, a, step)
	if err != nil {
		return nil, err
	}
	p.Mounts = []build.Mount{{Target: scanOut, Source: out}}
	for i := range list {
		m, err := j.scanned(&list[i], i > 0)
		if err != nil {
			return nil, err
		}
		p.Mounts = append(p.Mounts, *m)
	}
	ran, err := runner{j.job}.Run(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("scanner %s: %w", a.generator, err)
	}
	ran.Close()
	if ran.Code != 0 {
		return nil, fmt.Errorf("scanner %s: exit code: %d: %s", a.generator, ran.Code, strings.TrimSpace(string(step.Tail())))
	}
	return statements(out, a.generator)
}

// scanner is the scanner's process, without mounts.
func (j *product) scanner(ctx context.Context, a *attest, step *progress.Step) (*build.Process, error) {
	base, err := images{j.job}.Image(ctx, j.lease, a.generator, dockerfile.Host(), step)
	if err != nil {
		return nil, fmt.Errorf("scanner %s: %w", a.generator, err)
	}
	var img dockerfile.Image
	if err := json.Unmarshal(base.Config, &img); err != nil {
		return nil, fmt.Errorf("scanner %s: %w", a.generator, err)
	}
	var diffs []digest.Digest
	for _, d := range img.RootFS.DiffIDs {
		diffs = append(diffs, digest.Digest(d))
	}
	c := &img.Config
	args := append(slices.Clone(c.Entrypoint), c.Cmd...)
	if len(args) == 0 {
		return nil, fmt.Errorf("scanner %s: the image has neither an entry point nor a command", a.generator)
	}
	env := append(slices.Clone(c.Env), a.parameters...)
	env = append(env, "BUILDKIT_SCAN_SOURCE="+scanSource+"sbom", "BUILDKIT_SCAN_SOURCE_EXTRAS="+scanExtras, "BUILDKIT_SCAN_DESTINATION="+scanOut)
	return &build.Process{
		Layers: append(j.lease.Folders(diffs), j.lease.BaseDir()), Args: args, Env: env, Dir: c.WorkingDir, User: c.User, Network: "default",
		Platform: dockerfile.Host(), Out: step.Writer(1), Err: step.Writer(2),
	}, nil
}

// scanned mounts what is to be scanned: the result, or an extra.
func (j *product) scanned(s *scan, extra bool) (*build.Mount, error) {
	m := &build.Mount{Target: scanSource + s.name, ReadOnly: true, Lower: append(j.lease.Folders(s.layers), j.lease.BaseDir())}
	if extra {
		m.Target = scanExtras + s.name
	}
	if s.tree == nil {
		return m, nil
	}
	dir, err := os.MkdirTemp(j.temp, "context-")
	if err != nil {
		return nil, err
	}
	to, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(to)
	r, w := io.Pipe()
	go func() {
		w.CloseWithError(layer.Pack(w, s.tree.FD, layer.PackOptions{Skip: func(name string) bool {
			hit, err := s.tree.Ignore.Has(name)
			return hit || err != nil
		}}))
	}()
	defer r.Close()
	_, err = layer.Unpack(to, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0})
	m.Lower, m.Source = nil, dir
	return m, err
}

// Bounds of what a scanner says: files, bytes of all of them, and bytes of a predicate's type, which goes into a manifest.
const (
	maxStatements = 1000
	maxSaid       = 64 << 20
	maxKind       = 1 << 10
)

// statements reads what the scanner has written: a stranger's files, of which links are none.
func statements(dir, generator string) ([]finding, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []finding
	room := int64(maxSaid)
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		if len(found) == maxStatements {
			return nil, fmt.Errorf("scanner %s: more than %d statements", generator, maxStatements)
		}
		f, size, err := readStatement(path.Join(dir, e.Name()), room)
		if err != nil {
			return nil, fmt.Errorf("scanner %s: %s: %w", generator, e.Name(), err)
		}
		room -= size
		found = append(found, *f)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("scanner %s: it has written no statement NAME.spdx.json into $BUILDKIT_SCAN_DESTINATION", generator)
	}
	return found, nil
}

// readStatement reads one of at most that many bytes, and says how many it has.
func readStatement(file string, room int64) (*finding, int64, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, room+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(b)) > room {
		return nil, 0, fmt.Errorf("the statements are larger than %d bytes", maxSaid)
	}
	found, err := parseStatement(b)
	return found, int64(len(b)), err
}

func parseStatement(b []byte) (*finding, error) {
	var s struct {
		Type          string          `json:"_type"`
		PredicateType string          `json:"predicateType"`
		Predicate     json.RawMessage `json:"predicate"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(s.Type, "https://in-toto.io/Statement/") || s.PredicateType == "" || len(s.Predicate) == 0 {
		return nil, fmt.Errorf("no in-toto statement: its _type is %q and its predicateType %q", s.Type, s.PredicateType)
	}
	if len(s.PredicateType) > maxKind {
		return nil, fmt.Errorf("its predicateType is longer than %d bytes", maxKind)
	}
	return &finding{s.PredicateType, s.Predicate}, nil
}
