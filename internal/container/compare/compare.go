// Package compare tells in what docker would set a container up otherwise than bantam does for the same
// options. It needs no docker: what docker does is a table of deviations from our own spec, each with the versions of
// docker that it holds for and the reason why we don't do the same. test/peers gives the same options to a dockerd
// and compares the spec that its runtime gets with what the table makes of ours.
package compare

import (
	"slices"
	"strings"

	"bantam/internal/container/folder"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Difference is one thing that the two set up otherwise.
type Difference struct {
	Topic   string `json:"topic"`
	Docker  string `json:"docker"`
	Bantam  string `json:"bantam"`
	Because string `json:"because"`
}

// Subject is a container as both would make it.
type Subject struct {
	Record *folder.Record
	Docker *Docker
	// Root is where bantam keeps its files.
	Root string
	// Ours is the spec that bantam makes. Theirs is the same at first and becomes docker's.
	Ours, Theirs *specs.Spec
}

// Differences lists them in the order in which people ask.
func (s *Subject) Differences() (list []Difference) {
	for i := range deviations {
		d := &deviations[i]
		if !s.Docker.within(d.since, d.until) {
			continue
		}
		if d.edit != nil {
			d.edit(s)
		}
	}
	for i := range deviations {
		d := &deviations[i]
		if d.say == nil || !s.Docker.within(d.since, d.until) {
			continue
		}
		theirs, ours := d.say(s)
		if theirs != ours {
			list = append(list, Difference{d.topic, s.nameless(theirs), s.nameless(ours), d.because})
		}
	}
	return list
}

// nameless leaves the container's number out of a text: what isn't there yet has none.
func (s *Subject) nameless(text string) string { return strings.ReplaceAll(text, s.Record.ID, "ID") }

// deviation is one thing that docker does otherwise.
type deviation struct {
	topic string
	// since and until bound the versions of docker: from the first on, before the second.
	since, until version
	// because says why bantam does not do the same.
	because string
	// edit makes docker's spec of ours; nil where it isn't the spec that differs, or an other deviation's edit did it.
	edit func(*Subject)
	// say puts what differs into words, docker's and ours; the same where nothing does. nil where an other deviation's says it.
	say func(*Subject) (theirs, ours string)
}

// each says the same of both specs.
func each(text func(*specs.Spec) string) func(*Subject) (string, string) {
	return func(s *Subject) (string, string) { return text(s.Theirs), text(s.Ours) }
}

// apart says what only one of two lists has.
func apart(list func(*specs.Spec) []string) func(*Subject) (string, string) {
	return func(s *Subject) (string, string) {
		theirs, ours := list(s.Theirs), list(s.Ours)
		return onlyIn(theirs, ours), onlyIn(ours, theirs)
	}
}

func onlyIn(a, b []string) string {
	var more []string
	for _, v := range a {
		if !slices.Contains(b, v) && !slices.Contains(more, v) {
			more = append(more, v)
		}
	}
	if len(more) == 0 {
		return "nothing more"
	}
	return strings.Join(more, " ")
}
