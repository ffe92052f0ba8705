package dockerfile

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
)

// Platform is an operating system, an architecture and its variant, or "".
type Platform struct{ OS, Arch, Variant string }

// Host is this machine's platform.
func Host() Platform { return Platform{OS: "linux", Arch: runtime.GOARCH}.normal() }

// ParsePlatform reads OS/ARCH[/VARIANT], "local", or an architecture alone, in any of the names that
// containerd's platforms package knows.
func ParsePlatform(text string) (Platform, error) {
	part := strings.Split(strings.ToLower(text), "/")
	for _, p := range part {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
			return Platform{}, fmt.Errorf("%q is an invalid platform: want OS/ARCHITECTURE[/VARIANT]", text)
		}
	}
	switch {
	case text == "local":
		return Host(), nil
	case len(part) == 1 && isSystem(part[0]):
		return Platform{OS: part[0], Arch: Host().Arch}.normal(), nil
	case len(part) == 1 && isArch(part[0]):
		return Platform{OS: "linux", Arch: part[0]}.normal(), nil
	case len(part) == 1:
		return Platform{}, fmt.Errorf("%q: unknown operating system or architecture: want OS/ARCHITECTURE[/VARIANT]", text)
	case len(part) > 3:
		return Platform{}, fmt.Errorf("%q: cannot parse platform specifier: want OS/ARCHITECTURE[/VARIANT]", text)
	}
	p := Platform{OS: part[0], Arch: part[1]}
	if len(part) == 3 {
		p.Variant = part[2]
	}
	return p.normal(), nil
}

func isSystem(s string) bool {
	switch s {
	case "linux", "windows", "darwin", "freebsd", "wasi":
		return true
	}
	return false
}

func isArch(s string) bool {
	switch s {
	case "386", "i386", "amd64", "x86_64", "x86-64", "arm", "armhf", "armel", "arm64", "aarch64", "riscv64", "ppc64le", "s390x", "mips64le", "mips64", "loong64", "wasm":
		return true
	}
	return false
}

// normal gives the names that images have.
func (p Platform) normal() Platform {
	switch p.Arch {
	case "i386":
		p.Arch = "386"
	case "x86_64", "x86-64":
		p.Arch = "amd64"
	case "aarch64":
		p.Arch = "arm64"
	case "armhf":
		p.Arch, p.Variant = "arm", "v7"
	case "armel":
		p.Arch, p.Variant = "arm", "v6"
	}
	switch {
	case p.Arch == "amd64" && p.Variant == "v1", p.Arch == "arm64" && (p.Variant == "v8" || p.Variant == "8"):
		p.Variant = ""
	case p.Arch == "arm" && p.Variant == "":
		p.Variant = "v7"
	case p.Arch == "arm" && len(p.Variant) == 1:
		p.Variant = "v" + p.Variant
	}
	return p
}

func (p Platform) String() string {
	s := p.OS + "/" + p.Arch
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// target is the platform that is built for.
func (f *File) target() Platform {
	if f.opt.Platform != nil {
		return *f.opt.Platform
	}
	return f.opt.Build
}

// Wants is the platform of the stage's base image.
func (s *Stage) Wants() Platform {
	if s.Platform != nil {
		return *s.Platform
	}
	return s.file.target()
}

// Runs is the platform of the stage's programs: of its base image, though another one was asked for.
func (s *Stage) Runs() Platform {
	return Platform{s.Image.OS, s.Image.Architecture, s.Image.Variant}
}

// platformOf expands FROM --platform.
func (f *File) platformOf(src *instructions.Stage, lint *linter.Linter) (*Platform, error) {
	word, err := f.lex.ProcessWordWithMatches(src.Platform, f.global)
	f.checkFromArgs(word.Unmatched, src.Location, lint)
	f.checkFromPlatform(src, word, lint)
	if err != nil {
		return nil, fmt.Errorf("failed to process arguments for platform %s: %w", word.Result, err)
	}
	if word.Result == "" {
		return nil, suggestArgs(errors.New("empty platform value from expression "+src.Platform), word.Unmatched, f.global.Keys())
	}
	p, err := ParsePlatform(word.Result)
	if err != nil {
		return nil, suggestArgs(fmt.Errorf("failed to parse platform %s: %w", src.Platform, err), word.Unmatched, f.global.Keys())
	}
	return &p, nil
}

// to names a stage's platform in the progress, with what it builds for where that is another one:
// linux/amd64->arm64, as BuildKit does.
func (p Platform) to(target Platform) string {
	switch {
	case p.OS != target.OS:
		return p.String() + "->" + target.OS + "/" + target.Arch
	case p.Arch != target.Arch:
		return p.String() + "->" + target.Arch
	case p.Variant != target.Variant:
		return p.String() + "->" + target.Variant
	}
	return p.String()
}
