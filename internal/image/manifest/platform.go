package manifest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Platform is what an image runs on (image-spec, image-index.md).
type Platform struct {
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	OSVersion    string   `json:"os.version,omitempty"`
	OSFeatures   []string `json:"os.features,omitempty"`
	Variant      string   `json:"variant,omitempty"`
}

// Host is the platform of this machine.
func Host() Platform { return Platform{OS: "linux", Architecture: runtime.GOARCH} }

// ParsePlatform reads OS/ARCHITECTURE[/VARIANT], OS or ARCHITECTURE, as --platform takes
// it, with the names that people use for the same thing. "" is the host's.
func ParsePlatform(s string) (Platform, error) {
	if s == "" {
		return Host(), nil
	}
	parts := strings.Split(strings.ToLower(s), "/")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" {
			return Platform{}, fmt.Errorf("%q is an invalid OS component of %q: platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument", p, s)
		}
	}
	switch {
	case len(parts) > 3:
		return Platform{}, fmt.Errorf("%q: cannot parse platform specifier: invalid argument", s)
	case len(parts) == 1 && parts[0] == "linux":
		return Host(), nil
	case len(parts) == 1:
		parts = []string{"linux", parts[0]}
	}
	p := Platform{OS: parts[0], Architecture: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	p.normalise()
	if p.OS != "linux" {
		return p, errors.New("platform " + s + ": bantam runs linux only")
	}
	return p, nil
}

// ParsePlatforms reads a list with commas between; none for "".
func ParsePlatforms(s string) ([]Platform, error) {
	if s == "" {
		return nil, nil
	}
	var list []Platform
	for _, text := range strings.Split(s, ",") {
		p, err := ParsePlatform(text)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (p *Platform) normalise() {
	switch p.Architecture {
	case "x86_64", "x86-64":
		p.Architecture = "amd64"
	case "i386", "i486", "i586", "i686":
		p.Architecture = "386"
	case "aarch64", "arm64":
		p.Architecture = "arm64"
		if p.Variant == "8" || p.Variant == "v8" {
			p.Variant = ""
		}
	case "armhf":
		p.Architecture, p.Variant = "arm", "v7"
	case "armel":
		p.Architecture, p.Variant = "arm", "v6"
	}
	if p.Architecture == "arm" && len(p.Variant) == 1 {
		p.Variant = "v" + p.Variant
	}
	if p.Architecture == "amd64" && p.Variant == "v1" {
		p.Variant = ""
	}
}

func (p Platform) String() string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// Provides says whether an image for p is what somebody wants who asks for want.
func (p Platform) Provides(want Platform) bool {
	p.normalise()
	want.normalise()
	return p.OS == want.OS && p.Architecture == want.Architecture && (want.Variant == "" || p.Variant == want.Variant || p.Variant == "")
}

// Select picks the manifest for a platform from an index: the one with the variant, then
// any of the architecture. nil where there is none.
func (d *Document) Select(want Platform) *Descriptor {
	var second *Descriptor
	for i := range d.Manifests {
		m := &d.Manifests[i]
		if m.Platform == nil || !m.Platform.Provides(want) {
			continue
		}
		if want.Variant == "" || m.Platform.Variant == want.Variant {
			return m
		}
		if second == nil {
			second = m
		}
	}
	return second
}
