package docker

import (
	"net/http"

	"bantam/internal/engine"
	"bantam/internal/image/manifest"

	"github.com/moby/moby/api/types/image"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// imageTrees answers GET /images/json?manifests=1 (since 1.47): images with their manifests.
func (s *Server) imageTrees(c *call, o *engine.ImagesOptions) error {
	list, err := s.images.ImageTrees(o)
	if err != nil {
		return err
	}
	out := make([]image.Summary, len(list))
	for i := range list {
		out[i] = imageSummary(&list[i].Image)
		out[i].Manifests = manifestSummaries(list[i].Manifests)
	}
	return c.reply(http.StatusOK, out)
}

// manifestSummaries leaves out the one that an image has not that was made here and never pushed.
func manifestSummaries(list []engine.ImageManifest) []image.ManifestSummary {
	var out []image.ManifestSummary
	for i := range list {
		if m := &list[i]; m.Descriptor.Digest != "" {
			out = append(out, manifestSummary(m))
		}
	}
	return out
}

func manifestSummary(m *engine.ImageManifest) image.ManifestSummary {
	r := image.ManifestSummary{
		ID: m.Descriptor.Digest.String(), Descriptor: ociDescriptor(&m.Descriptor), Available: m.Available, Kind: image.ManifestKind(m.Kind),
	}
	r.Size.Content, r.Size.Total = m.Content, m.Content+m.Size
	switch m.Kind {
	case engine.KindImage:
		r.ImageData = &image.ImageProperties{Platform: ociPlatform(&m.Platform), Containers: m.Containers}
		r.ImageData.Size.Unpacked = m.Size
		if m.Containers == nil {
			r.ImageData.Containers = []string{}
		}
	case engine.KindAttestation:
		r.AttestationData = &image.AttestationProperties{For: digest.Digest(m.For)}
	}
	return r
}

func ociDescriptor(d *manifest.Descriptor) ocispec.Descriptor {
	r := ocispec.Descriptor{MediaType: d.MediaType, Digest: digest.Digest(d.Digest), Size: d.Size, URLs: d.URLs, Annotations: d.Annotations, ArtifactType: d.ArtifactType}
	if d.Platform != nil {
		p := ociPlatform(d.Platform)
		r.Platform = &p
	}
	return r
}
