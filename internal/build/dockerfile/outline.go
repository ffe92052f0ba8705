package dockerfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Excerpt shows the lines of a warning.
func Excerpt(name string, src []byte, lines []parser.Range) string { return excerpt(name, src, lines) }

// Targets lists the stages of the file.
func (f *File) Targets() []*Stage {
	var list []*Stage
	for _, s := range f.Stages {
		if !s.implicit {
			list = append(list, s)
		}
	}
	return list
}

// Description is the comment above a stage that begins with its name.
func (s *Stage) Description() string { return s.doc }

// Outline is what a target takes: name, value or whether it is required, description.
type Outline struct{ Args, Secrets, SSH [][3]string }

// Outline collects it over the stages that the target needs.
func (s *Stage) Outline() Outline {
	var o Outline
	seen := map[string]bool{}
	add := func(to *[][3]string, kind, name, value, doc string) {
		if !seen[kind+name] {
			seen[kind+name] = true
			*to = append(*to, [3]string{name, value, doc})
		}
	}
	needed, err := s.file.Needed(s)
	if err != nil {
		return o
	}
	for _, m := range s.file.meta {
		for _, a := range m.Args {
			v, _ := s.file.global.Get(a.Key)
			add(&o.Args, "arg", a.Key, v, a.DocComment)
		}
	}
	for _, n := range needed {
		for _, c := range n.commands {
			n.outline(&c, &o, add)
		}
	}
	return o
}

func (s *Stage) outline(c *command, o *Outline, add func(to *[][3]string, kind, name, value, doc string)) {
	switch x := c.Command.(type) {
	case *instructions.ArgCommand:
		for _, a := range x.Args {
			v, ok := s.file.opt.Args[a.Key]
			if !ok {
				v = a.ValueString()
			}
			add(&o.Args, "arg", a.Key, v, a.DocComment)
		}
	case *instructions.RunCommand:
		for _, m := range instructions.GetMounts(x) {
			required := ""
			if m.Required {
				required = "required"
			}
			switch m.Type {
			case instructions.MountTypeSecret:
				if y, err := s.secret(Mount{Mount: m, ID: m.CacheID}); err == nil {
					add(&o.Secrets, "secret", y.ID, required, "")
				}
			case instructions.MountTypeSSH:
				id := m.CacheID
				if id == "" {
					id = "default"
				}
				add(&o.SSH, "ssh", id, required, "")
			}
		}
	}
}

// Scanned lists the stages beside the target whose files the SBOM is to cover, and says whether
// it is to cover the context: BUILDKIT_SBOM_SCAN_STAGE and BUILDKIT_SBOM_SCAN_CONTEXT.
func (f *File) Scanned(target *Stage) (stages []string, context bool) {
	needed, err := f.Needed(target)
	if err != nil {
		return nil, false
	}
	for _, s := range needed {
		if s.implicit {
			continue
		}
		if s != target && s.scans("BUILDKIT_SBOM_SCAN_STAGE") {
			stages = append(stages, s.title)
		}
		context = context || s.scans("BUILDKIT_SBOM_SCAN_CONTEXT")
	}
	return stages, context
}

// scans reads such an argument: a truth value, or the names of stages.
func (s *Stage) scans(name string) bool {
	value, _ := s.file.global.Get(name)
	if s.state != nil {
		for _, a := range s.state.args {
			if a.Key == name && a.Value != nil {
				value = *a.Value
			}
		}
	}
	if on, err := strconv.ParseBool(value); err == nil {
		return on
	}
	return slices.Contains(strings.Split(value, ","), s.title)
}
