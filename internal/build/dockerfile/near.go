package dockerfile

import (
	"bytes"
	"errors"
	"strings"
	"syscall"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/util/suggest"
	"golang.org/x/sys/unix"
)

// images are the names that a FROM is most often mistyped for: BuildKit's list.
var images = []string{"alpine", "busybox", "centos", "debian", "golang", "ubuntu", "fedora"}

// Near adds to an error about the image name the stage or the image that may be meant.
func (s *Stage) Near(err error, name string) error {
	return suggest.WrapError(err, name, append(s.file.names(), images...), true)
}

// vocabularies are the words that BuildKit's parser wants where its errors don't say so: what
// stands before the wrong word in the error, and what behind it.
var vocabularies = []struct {
	before, behind string
	words          []string
}{
	{`invalid network mode "`, `"`, []string{"default", "none", "host"}},
	{`security "`, `" is not valid`, []string{"insecure", "sandbox"}},
	{`Unknown type "`, `" in HEALTHCHECK`, []string{"NONE"}}, // and CMD, which it says
	{`invalid value for readonly: `, "", []string{"true", "false"}},
	{`invalid value for ro: `, "", []string{"true", "false"}},
	{`invalid value for readwrite: `, "", []string{"true", "false"}},
	{`invalid value for rw: `, "", []string{"true", "false"}},
	{`invalid value for required: `, "", []string{"true", "false"}},
	{`expecting boolean value for flag --`, "", []string{"true", "false"}},
}

// near adds the nearest valid word to an error of BuildKit's parser.
func near(err error) error {
	if err == nil {
		return nil
	}
	for _, v := range vocabularies {
		_, word, ok := strings.Cut(err.Error(), v.before)
		if !ok {
			continue
		}
		if _, value, flag := strings.Cut(word, ", not: "); flag {
			word = value
		}
		if v.behind != "" {
			word, _, _ = strings.Cut(word, v.behind)
		}
		return suggest.WrapError(err, word, v.words, true)
	}
	return err
}

// nearSignal adds the nearest signal.
func nearSignal(err error, word string) error {
	var names []string
	for n := syscall.Signal(1); n < 32; n++ {
		name := unix.SignalName(n)
		names = append(names, name, strings.TrimPrefix(name, "SIG"))
	}
	return suggest.WrapError(err, word, names, false)
}

// located gives errors that have no place the file's first line, and those about directives the line
// of theirs: the parser counts from 0 there.
func located(err error, src []byte) error {
	var at *parser.LocationError
	line := 1
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "escape token") || strings.Contains(err.Error(), "parser directive can be used"):
		line = directive(src)
	case errors.As(err, &at):
		return err
	}
	return parser.SetLocation(err, []parser.Range{{Start: parser.Position{Line: line}, End: parser.Position{Line: line}}})
}

// directive is the line of the directive that is wrong: the first one that can't be read, else the escape token.
func directive(src []byte) int {
	escape := 1
	var d parser.DirectiveParser
	for n, text := range bytes.Split(src, []byte("\n")) {
		x, err := d.ParseLine(text)
		switch {
		case err != nil:
			return n + 1
		case x == nil:
			return escape
		case x.Name == "escape":
			escape = n + 1
		}
	}
	return escape
}
