package docker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"bantam/internal/engine"
	"bantam/internal/image/manifest"
	reg "bantam/internal/image/registry"
	"bantam/internal/image/remote"

	"github.com/moby/moby/api/types/image"
	godigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// images is what the routes of images need of the engine.
type images interface {
	Images(*engine.ImagesOptions) ([]engine.Image, error)
	ImageTrees(*engine.ImagesOptions) ([]engine.TreeImage, error)
	ImageManifests(name string) ([]engine.ImageManifest, error)
	InspectImage(name, platform string) (*engine.ImageJSON, error)
	Attestations(name, platform string, types []string, bodies bool) ([]engine.Attestation, error)
	History(name, platform string) ([]engine.HistoryLine, error)
	Tag(source, target string) error
	RemoveImage(name string, o *engine.RemoveImageOptions) ([]engine.Removed, error)
	PruneBuilds(*engine.PruneBuildOptions) (*engine.PrunedBuild, error)
	PruneImages(*engine.PruneImagesOptions) (*engine.PrunedImages, error)
	Save(ctx context.Context, o *engine.SaveOptions) error
	Load(ctx context.Context, o *engine.LoadOptions) ([]engine.Loaded, error)
	Import(*engine.ImportOptions) (string, error)
	Pull(ctx context.Context, o *engine.PullOptions) error
	Push(ctx context.Context, o *engine.PushOptions) error
}

func (s *Server) imageRoutes() []route {
	return []route{
		{"GET", "/images/json", s.listImages},
		{"GET", "/images/search", s.search},
		{"GET", "/images/get", s.saveImages},
		{"GET", "/images/{name*}/json", s.inspectImage},
		{"GET", "/images/{name*}/history", s.imageHistory},
		{"GET", "/images/{name*}/attestations", s.attestations},
		{"GET", "/images/{name*}/get", s.saveImages},
		{"POST", "/images/create", s.createImage},
		{"POST", "/images/load", s.loadImages},
		{"POST", "/images/prune", s.pruneImages},
		{"POST", "/images/{name*}/tag", s.tagImage},
		{"POST", "/images/{name*}/push", s.pushImage},
		{"DELETE", "/images/{name*}", s.removeImage},
	}
}

func (s *Server) listImages(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	if old := c.str("filter"); old != "" { // until 1.40
		f = engine.Filters{"reference": {old}}
	}
	o := &engine.ImagesOptions{Filters: f, Labels: true}
	if c.minor >= 47 && c.flag("manifests") {
		return s.imageTrees(c, o)
	}
	list, err := s.images.Images(o)
	if err != nil {
		return err
	}
	out := make([]image.Summary, len(list))
	for i := range list {
		out[i] = imageSummary(&list[i])
	}
	return c.reply(http.StatusOK, c.summariesFor(out))
}

// imageSummary is one line of the list.
func imageSummary(l *engine.Image) image.Summary {
	m := image.Summary{
		ID: l.ID, RepoTags: l.RepoTags, RepoDigests: l.RepoDigests, Created: l.Created.Unix(), Size: l.Size, SharedSize: -1, Containers: -1, Labels: l.Labels,
	}
	if m.RepoTags == nil {
		m.RepoTags = []string{}
	}
	if m.RepoDigests == nil {
		m.RepoDigests = []string{}
	}
	return m
}

// inspectImage takes manifests since 1.48 and platform since 1.49.
func (s *Server) inspectImage(c *call) (err error) {
	platform, whole := "", c.minor >= 48 && c.flag("manifests")
	if c.minor >= 49 {
		if platform, err = c.platform(); err != nil {
			return err
		}
	}
	if whole && platform != "" {
		return badRequest("conflicting options: manifests and platform options cannot both be set")
	}
	v, err := s.images.InspectImage(c.name(), platform)
	if err != nil {
		return err
	}
	var list []engine.ImageManifest
	if whole {
		if list, err = s.images.ImageManifests(c.name()); err != nil {
			return err
		}
	}
	return c.reply(http.StatusOK, c.imageFor(v, manifestSummaries(list)))
}

// attestations are in-toto statements about an image.
func (s *Server) attestations(c *call) error {
	platform, err := c.platform()
	if err != nil {
		return err
	}
	list, err := s.images.Attestations(c.name(), platform, c.query["type"], c.flag("statement"))
	if err != nil {
		return err
	}
	out := make([]image.AttestationStatement, len(list))
	for i, a := range list {
		out[i] = image.AttestationStatement{PredicateType: a.PredicateType, Descriptor: ocispec.Descriptor{
			MediaType: a.MediaType, Digest: godigest.Digest(a.Digest), Size: a.Size, Annotations: a.Annotations,
		}}
		if a.Statement != nil {
			out[i].Statement = (*json.RawMessage)(&a.Statement)
		}
	}
	return c.reply(http.StatusOK, out)
}

func (s *Server) imageHistory(c *call) error {
	platform, err := c.platform()
	if err != nil {
		return err
	}
	list, err := s.images.History(c.name(), platform)
	if err != nil {
		return err
	}
	out := make([]image.HistoryResponseItem, len(list))
	for i, l := range list {
		out[i] = image.HistoryResponseItem{ID: l.ID, Created: l.Created.Unix(), CreatedBy: l.CreatedBy, Tags: l.Tags, Size: l.Size, Comment: l.Comment}
	}
	return c.reply(http.StatusOK, out)
}

// platform is the parameter of that name, where there can be one.
func (c *call) platform() (string, error) {
	if len(c.query["platform"]) > 1 {
		return "", badRequest("several platforms at once are not supported: give one")
	}
	return c.platforms()
}

// platforms are the values of the parameter platform with commas between: each an OCI platform as JSON, or os/arch.
func (c *call) platforms() (string, error) {
	var list []string
	for _, text := range c.query["platform"] {
		if strings.HasPrefix(text, "{") {
			var p struct{ OS, Architecture, Variant string }
			if err := json.Unmarshal([]byte(text), &p); err != nil {
				return "", badRequest("invalid platform: " + err.Error())
			}
			text = strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
		}
		if _, err := manifest.ParsePlatform(text); err != nil {
			return "", badRequest(err.Error())
		}
		list = append(list, text)
	}
	return strings.Join(list, ","), nil
}

func (s *Server) tagImage(c *call) error {
	target := c.str("repo")
	if c.str("tag") != "" {
		target += ":" + c.str("tag")
	}
	if err := s.images.Tag(c.name(), target); err != nil {
		return err
	}
	return c.empty(http.StatusCreated)
}

func (s *Server) removeImage(c *call) error {
	list, err := s.images.RemoveImage(c.name(), &engine.RemoveImageOptions{Force: c.flag("force")})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, list)
}

func (s *Server) pruneImages(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	p, err := s.images.PruneImages(&engine.PruneImagesOptions{Filters: f})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, struct {
		ImagesDeleted  []engine.Removed
		SpaceReclaimed int64
	}{p.Removed, p.Space})
}

func (s *Server) saveImages(c *call) error {
	names := c.query["names"]
	if len(c.vars) > 0 {
		names = []string{c.name()}
	}
	if len(names) == 0 {
		return badRequest("which images? The parameter names is missing")
	}
	platform, err := c.platforms()
	if err != nil {
		return err
	}
	return s.images.Save(c.r.Context(), &engine.SaveOptions{Images: names, Platform: platform, Output: c.download("application/x-tar")})
}

// loadImages answers with the lines that docker load prints.
func (s *Server) loadImages(c *call) error {
	platform, err := c.platforms()
	if err != nil {
		return err
	}
	list, err := s.images.Load(c.r.Context(), &engine.LoadOptions{Input: c.r.Body, Platform: platform})
	if err != nil {
		return err
	}
	out := json.NewEncoder(c.stream("application/json"))
	for _, l := range list {
		for _, n := range l.Names {
			_ = out.Encode(map[string]string{"stream": "Loaded image: " + n + "\n"})
		}
		if len(l.Names) == 0 {
			_ = out.Encode(map[string]string{"stream": "Loaded image ID: " + l.ID + "\n"})
		}
	}
	return nil
}

// createImage pulls or imports.
func (s *Server) createImage(c *call) error {
	if from := c.str("fromSrc"); from != "" {
		return s.importImage(c, from)
	}
	if c.str("fromImage") == "" {
		return badRequest("neither fromImage nor fromSrc says what to create an image from")
	}
	access, err := c.access()
	if err != nil {
		return err
	}
	platform, err := c.platform()
	if err != nil {
		return err
	}
	p := &engine.PullOptions{Access: *access, Reference: c.str("fromImage"), Platform: platform}
	if tag := c.str("tag"); strings.Contains(tag, ":") {
		p.Reference += "@" + tag // a digest
	} else if tag != "" {
		p.Reference += ":" + tag
	}
	l := c.lines()
	p.Progress = func(e remote.Event) { l.event(e) }
	err = s.images.Pull(c.r.Context(), p)
	if reg.IsDenied(err) && !c.begun {
		err = &statusError{http.StatusNotFound, err.Error()} // docker's: who may not see it is told that it isn't there
	}
	return l.end(err)
}

func (s *Server) importImage(c *call, from string) error {
	platform, err := c.platform()
	if err != nil {
		return err
	}
	o := &engine.ImportOptions{Source: from, Reference: c.str("repo"), Message: c.str("message"), Platform: platform, Changes: c.query["changes"]}
	if c.str("tag") != "" {
		o.Reference += ":" + c.str("tag")
	}
	switch {
	case from == "-":
		o.In = c.r.Body
	case !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://"):
		return badRequest("fromSrc is neither - nor a URL with http or https")
	}
	id, err := s.images.Import(o)
	if err != nil {
		return err
	}
	return encode(c.stream("application/json"), map[string]string{"status": id})
}

func (s *Server) pushImage(c *call) error {
	access, err := c.access()
	if err != nil {
		return err
	}
	platform, err := c.platform()
	if err != nil {
		return err
	}
	p := &engine.PushOptions{Access: *access, Reference: c.name(), Platform: platform, AllTags: c.str("tag") == ""}
	if c.str("tag") != "" {
		p.Reference += ":" + c.str("tag")
	}
	l := c.lines()
	p.Progress = func(e remote.Event) { l.event(e) }
	return l.end(s.images.Push(c.r.Context(), p))
}

// lines are the lines of JSON of an operation that goes on for a while. The answer begins
// with the first one; an error after it is a line, too.
type lines struct {
	*call
	out io.Writer
}

func (c *call) lines() *lines { return &lines{call: c} }

func (l *lines) write(v any) error {
	if l.out == nil {
		l.out = l.stream("application/json")
	}
	return encode(l.out, v)
}

func (l *lines) event(e any) { _ = l.write(e) }

func (l *lines) end(err error) error {
	if err == nil || !l.begun {
		if err == nil && !l.begun {
			return l.empty(http.StatusOK)
		}
		return err
	}
	var gone *os.SyscallError
	if errors.Is(err, context.Canceled) || errors.As(err, &gone) {
		return nil // nobody listens
	}
	return l.write(map[string]any{"errorDetail": map[string]string{"message": err.Error()}, "error": err.Error()})
}
