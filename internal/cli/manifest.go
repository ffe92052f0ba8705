package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/manifest"
)

func (c *call) manifestInspectCommand() *command {
	var o engine.ManifestOptions
	var verbose, referrers bool
	var artifactType string
	return &command{
		name: "manifest inspect", args: "[OPTIONS] [MANIFEST_LIST] MANIFEST", short: "Display an image manifest, or manifest list", min: 1, max: 2, heavy: true,
		long: "--referrers lists what refers to it instead: signatures, lists of contents and other artifacts.",
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.String(&artifactType, "artifact-type", 0, "List only referrers of this type"),
			option.Bool(&referrers, "referrers", 0, "List what refers to the manifest"),
			option.Bool(&verbose, "verbose", 'v', "Output additional info including layers and platform"),
		))},
		run: func(args []string) int {
			ctx, stop := untilInterrupt()
			defer stop()
			if referrers || artifactType != "" {
				list, err := c.engine().Referrers(ctx, args[len(args)-1], artifactType, o.Access)
				if err != nil {
					return c.fail(err)
				}
				return c.indented(map[string]any{"schemaVersion": 2, "mediaType": manifest.TypeIndex, "manifests": append([]manifest.Descriptor{}, list...)})
			}
			all, err := c.engine().InspectManifest(ctx, args[len(args)-1], o.Access)
			if err != nil {
				return c.fail(err)
			}
			return c.showManifests(all, verbose)
		},
	}
}

// verboseManifest is docker's form of one.
type verboseManifest struct {
	Ref              string
	Descriptor       manifest.Descriptor
	Raw              string
	SchemaV2Manifest json.RawMessage `json:",omitempty"`
	OCIManifest      json.RawMessage `json:",omitempty"`
	OCIIndex         json.RawMessage `json:",omitempty"`
	ManifestList     json.RawMessage `json:",omitempty"`
}

// showManifests prints what a registry has as it is, and a list of our own as an index.
func (c *call) showManifests(all []engine.Manifest, verbose bool) int {
	if !verbose && len(all) == 1 {
		return c.indent(all[0].Raw)
	}
	if !verbose {
		doc := manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex}
		for _, m := range all {
			doc.Manifests = append(doc.Manifests, m.Descriptor)
		}
		return c.indented(doc)
	}
	var list []verboseManifest
	for _, m := range all {
		v := verboseManifest{Ref: m.Reference.String(), Descriptor: m.Descriptor, Raw: base64.StdEncoding.EncodeToString(m.Raw)}
		*map[string]*json.RawMessage{
			manifest.DockerManifest: &v.SchemaV2Manifest, manifest.TypeManifest: &v.OCIManifest, manifest.TypeIndex: &v.OCIIndex, manifest.DockerList: &v.ManifestList,
		}[m.Document.Type()] = m.Raw
		list = append(list, v)
	}
	if len(list) == 1 {
		return c.indented(list[0])
	}
	return c.indented(list)
}

func (c *call) indented(v any) int {
	b, err := plainJSON(v)
	if err != nil {
		return c.fail(err)
	}
	return c.indent(b)
}

func (c *call) indent(b []byte) int {
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "\t"); err != nil {
		return c.fail(err)
	}
	c.print(out.String() + "\n")
	return 0
}

func (c *call) manifestCreateCommand() *command {
	var o engine.ManifestOptions
	return &command{
		name: "manifest create", args: "MANIFEST_LIST MANIFEST [MANIFEST...]", short: "Create a local manifest list for annotating and pushing to a registry", min: 2, max: -1, heavy: true,
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.Bool(&o.Amend, "amend", 'a', "Amend an existing manifest list"),
		))},
		run: func(args []string) int {
			o.List, o.Manifests = args[0], args[1:]
			ctx, stop := untilInterrupt()
			defer stop()
			name, err := c.engine().CreateManifestList(ctx, &o)
			if err != nil {
				return c.fail(err)
			}
			c.print("Created manifest list " + name + "\n")
			return 0
		},
	}
}

func (c *call) manifestAnnotateCommand() *command {
	var o engine.ManifestOptions
	return &command{
		name: "manifest annotate", args: "[OPTIONS] MANIFEST_LIST MANIFEST", short: "Add additional information to a local image manifest", min: 2, max: 2, heavy: true,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.Architecture, "arch", 0, "Set architecture"),
			option.String(&o.OS, "os", 0, "Set operating system"),
			option.List(&o.OSFeatures, "os-features", 0, nil, "Set operating system feature"),
			option.String(&o.OSVersion, "os-version", 0, "Set operating system version"),
			option.String(&o.Variant, "variant", 0, "Set architecture variant"),
		}},
		run: func(args []string) int {
			o.List, o.Manifests = args[0], args[1:]
			if err := c.engine().AnnotateManifest(&o); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) manifestPushCommand() *command {
	var o engine.ManifestOptions
	return &command{
		name: "manifest push", args: "[OPTIONS] MANIFEST_LIST", short: "Push a manifest list to a repository", min: 1, max: 1, heavy: true,
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.Bool(&o.Purge, "purge", 'p', "Remove the local manifest list after push"),
		))},
		run: func(args []string) int {
			o.List = args[0]
			ctx, stop := untilInterrupt()
			defer stop()
			d, err := c.engine().PushManifestList(ctx, &o)
			if err != nil {
				return c.fail(err)
			}
			c.print(d.String() + "\n")
			return 0
		},
	}
}

func (c *call) manifestRmCommand() *command {
	return &command{
		name: "manifest rm", args: "MANIFEST_LIST [MANIFEST_LIST...]", short: "Delete one or more manifest lists from local storage", min: 1, max: -1, heavy: true,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) { return "", c.engine().RemoveManifestList(name) }, false)
		},
	}
}
