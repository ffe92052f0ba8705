package builder

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/sbom"
	"bantam/internal/build/tree"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"

	"golang.org/x/sys/unix"
)

// Attestations are stored as BuildKit does (docs/attestations/attestation-storage.md): a
// manifest beside the image's in an index, with an in-toto statement in each layer.

const (
	statementType   = "https://in-toto.io/Statement/v1"
	attestationKind = "application/vnd.docker.attestation.manifest.v1+json"
	emptyMedia      = "application/vnd.oci.empty.v1+json"
	slsaType        = "https://slsa.dev/provenance/v1"
	buildType       = "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"
)

// attest is what --attest, --sbom and --provenance ask for.
type attest struct {
	sbom, provenance bool
	full             bool // provenance mode=max
	builderID        string
	reproducible     bool
	generator        string   // an image that looks for packages, "" for our own list
	parameters       []string // for it, KEY=VALUE
	err              error
}

func (j *job) attests() bool {
	a := j.attest()
	return a.sbom || a.provenance
}

// attest reads the three options.
func (j *job) attest() attest {
	var a attest
	texts := slices.Clone(j.o.Attest)
	for _, x := range [...][2]string{{"sbom", j.o.SBOM}, {"provenance", j.o.Provenance}} {
		if x[1] != "" {
			if _, err := strconv.ParseBool(x[1]); err == nil {
				x[1] = "disabled=" + strconv.FormatBool(x[1] == "false" || x[1] == "0")
			}
			texts = append(texts, "type="+x[0]+","+x[1])
		}
	}
	for _, text := range texts {
		if err := a.read(text); err != nil {
			a.err = fmt.Errorf("--attest %s: %w", text, err)
			return a
		}
	}
	return a
}

func (a *attest) read(text string) error {
	list, err := fields(text)
	if err != nil {
		return err
	}
	kind, on := "", true
	var parameters [][2]string // of a scanner; provenance has none
	for _, f := range list {
		switch f[0] {
		case "type":
			kind = f[1]
		case "disabled":
			on = f[1] != "true"
		case "mode":
			if f[1] != "min" && f[1] != "max" {
				return fmt.Errorf("invalid mode %q: want min or max", f[1])
			}
			a.full = f[1] == "max"
		case "builder-id":
			a.builderID = f[1]
		case "reproducible":
			a.reproducible = f[1] == "true"
		case "inline-only", "filename":
		case "version":
			if f[1] != "v1" {
				return fmt.Errorf("SLSA version %q: bantam writes v1", f[1])
			}
		case "generator":
			a.generator = f[1]
		default:
			parameters = append(parameters, [2]string{f[0], f[1]})
		}
	}
	switch kind {
	case "sbom":
		a.sbom = on
	case "provenance":
		a.provenance = on
	default:
		return fmt.Errorf("unknown attestation type %q: want sbom or provenance", kind)
	}
	for _, p := range parameters {
		if kind != "sbom" || a.generator == "" {
			return fmt.Errorf("unknown key %q", p[0])
		}
		a.parameters = append(a.parameters, strings.ToUpper(p[0])+"="+p[1])
	}
	return nil
}

type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     any       `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// attestations makes the manifest with the statements about an image.
func (j *product) attestations(ctx context.Context, image manifest.Descriptor) (manifest.Descriptor, error) {
	none := manifest.Descriptor{}
	a := j.attest()
	step := j.log.Start("[internal] attestations" + j.suffix())
	doc := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeManifest, ArtifactType: attestationKind}
	target := manifest.Descriptor{MediaType: image.MediaType, Digest: image.Digest, Size: image.Size}
	doc.Subject = &target
	empty, err := j.putBlob([]byte("{}"), emptyMedia)
	if err != nil {
		return none, err
	}
	doc.Config = &empty
	add := func(kind string, predicate any) error {
		b, err := json.Marshal(statement{statementType, j.subjects(image.Digest), kind, predicate})
		if err != nil {
			return err
		}
		d, err := j.putBlob(b, manifest.TypeStatement)
		d.Annotations = map[string]string{manifest.AnnotationPredicate: kind}
		doc.Layers = append(doc.Layers, d)
		return err
	}
	if a.sbom {
		var found []finding
		found, err = j.sboms(ctx, &a)
		for i := 0; i < len(found) && err == nil; i++ {
			err = add(found[i].kind, found[i].predicate)
		}
	}
	if err == nil && a.provenance {
		err = add(slsaType, j.provenance(a.full))
	}
	var d manifest.Descriptor
	if err == nil {
		d, err = j.lease.PutManifest(doc)
	}
	step.Finish(err)
	d.Platform = &manifest.Platform{OS: "unknown", Architecture: "unknown"}
	d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image.Digest.String()}
	return d, err
}

// subjects are the image under each of its names.
func (j *product) subjects(d digest.Digest) []subject {
	var list []subject
	platform := strings.ReplaceAll(j.platform().String(), "/", "%2F")
	for _, t := range j.o.Tags {
		name, tag, _ := strings.Cut(t, ":")
		if tag == "" {
			tag = "latest"
		}
		list = append(list, subject{"pkg:docker/" + name + "@" + tag + "?platform=" + platform, map[string]string{"sha256": d.Hex()}})
	}
	if list == nil {
		list = []subject{{"pkg:docker/image?platform=" + platform, map[string]string{"sha256": d.Hex()}}}
	}
	return list
}

// sboms scans the result, and the stages and the context that the file asks for.
func (j *product) sboms(ctx context.Context, a *attest) ([]finding, error) {
	list := []scan{{name: "sbom", layers: j.res.Layers}}
	stages, context := j.res.File.Scanned(j.res.Target)
	for _, title := range stages {
		list = append(list, scan{name: "sbom-" + title, layers: j.res.Stages[title]})
	}
	if context {
		list = append(list, scan{name: "sbom-context", tree: j.opt.Context.Tree})
	}
	if a.generator != "" {
		return j.generate(ctx, a, list)
	}
	var found []finding
	for i := range list {
		b, err := j.look(&list[i])
		if err != nil {
			return nil, fmt.Errorf("look for packages: %w", err)
		}
		found = append(found, finding{sbom.PredicateType, b})
	}
	return found, nil
}

// look lists the packages without a scanner.
func (j *product) look(s *scan) (json.RawMessage, error) {
	t := s.tree
	if t == nil {
		fd, err := j.merged(s.layers)
		if err != nil {
			return nil, err
		}
		defer unix.Close(fd)
		t = &tree.Tree{FD: fd}
	}
	list, err := sbom.Scan(t)
	if err != nil {
		return nil, err
	}
	return sbom.Document(s.name, list, j.created())
}

// created is the time in attestations: SOURCE_DATE_EPOCH, else now.
func (j *job) created() time.Time {
	if e := j.opt.File.Epoch; e != nil {
		return *e
	}
	return time.Now()
}

// provenance is SLSA's predicate about this build. full adds what may be nobody's
// business: arguments, and which secrets there were.
func (j *product) provenance(full bool) map[string]any {
	a := j.attest()
	request := map[string]any{"frontend": "dockerfile.v0", "locals": []any{map[string]any{"name": "context"}, map[string]any{"name": "dockerfile"}}}
	args := map[string]any{}
	if full {
		for k, v := range j.opt.File.Args {
			args["build-arg:"+k] = v
		}
		for k, v := range j.opt.File.Labels {
			args["label:"+k] = v
		}
		request["secrets"], request["ssh"] = ids(j.opt.Secrets), ids(j.opt.SSH)
	}
	if j.o.Target != "" {
		args["target"] = j.o.Target
	}
	request["args"] = args
	source := map[string]any{"path": j.opt.Name}
	if c := j.opt.Context; c.Revision != "" {
		source["uri"], source["digest"] = c.Remote+"#"+c.Revision, map[string]string{"sha1": c.Revision}
	}
	internal := map[string]any{"builderPlatform": j.opt.File.Build.String()}
	if full {
		internal["buildConfig"] = map[string]any{"steps": j.steps()}
	}
	return map[string]any{
		"buildDefinition": map[string]any{
			"buildType":            buildType,
			"externalParameters":   map[string]any{"configSource": source, "request": request},
			"internalParameters":   internal,
			"resolvedDependencies": dependencies(j.res.Bases),
		},
		"runDetails": map[string]any{
			"builder": map[string]any{"id": a.builderID},
			"metadata": map[string]any{
				"invocationId": digest.FromBytes([]byte(j.temp)).Short(), "startedOn": j.times(j.res.Begin), "finishedOn": j.times(j.res.End),
				"buildkit_reproducible": a.reproducible, "buildkit_completeness": map[string]bool{"request": full, "resolvedDependencies": false},
			},
		},
	}
}

func (j *product) times(t time.Time) string {
	if e := j.opt.File.Epoch; e != nil {
		t = *e
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func ids[V any](m map[string]V) []map[string]string {
	list := []map[string]string{}
	for k := range m {
		list = append(list, map[string]string{"id": k})
	}
	slices.SortFunc(list, func(a, b map[string]string) int { return strings.Compare(a["id"], b["id"]) })
	return list
}

// steps names what was done, with its place in the Dockerfile.
func (j *product) steps() []map[string]any {
	var list []map[string]any
	needed, err := j.res.File.Needed(j.res.Target)
	if err != nil {
		return nil
	}
	for _, s := range needed {
		for _, x := range s.Steps {
			list = append(list, map[string]any{"name": x.Name, "line": dockerfile.Line(x.Lines)})
		}
	}
	return list
}

func dependencies(list []build.Material) []map[string]any {
	out := []map[string]any{}
	for _, m := range list {
		d := map[string]any{"uri": m.URI}
		if m.Digest != "" {
			d["digest"] = map[string]string{"sha256": m.Digest.Hex()}
		}
		out = append(out, d)
	}
	return out
}
