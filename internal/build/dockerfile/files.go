package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
)

// The instructions that change files by themselves: WORKDIR, COPY and ADD.

func (s *Stage) dir(x *instructions.WorkdirCommand, lint *linter.Linter) error {
	s.checkWorkdir(x, lint)
	if x.Path == "" {
		return errors.New("WORKDIR: the path is empty")
	}
	dir := path.Clean("/" + x.Path)
	if x.Path[0] != '/' {
		dir = path.Join(s.Image.Config.WorkingDir, x.Path)
	}
	s.Image.Config.WorkingDir = dir
	if dir == "/" {
		s.history("WORKDIR "+dir, true)
		return nil
	}
	step := &Step{Dir: &Dir{Path: dir, User: s.Image.Config.User}}
	s.step(step, x, s.numbered(s.shown(x.String())), "WORKDIR "+dir)
	return nil
}

// shown is an instruction in the progress: its name in capitals, variables replaced.
func (s *Stage) shown(code string) string {
	if w, _, err := s.file.lex.ProcessWord(code, s.state.env); err == nil {
		code = w
	}
	return upper(code)
}

func upper(code string) string {
	word, rest, more := strings.Cut(code, " ")
	if !more {
		return strings.ToUpper(word)
	}
	return strings.ToUpper(word) + " " + rest
}

func (s *Stage) copy(x *instructions.CopyCommand, c *command, lint *linter.Linter) error {
	y := &Copy{Chown: x.Chown, Chmod: x.Chmod, Link: x.Link, Parents: x.Parents, Exclude: x.ExcludePatterns}
	if len(c.from) > 0 {
		y.From = c.from[0]
	}
	for _, src := range x.SourcePaths {
		switch {
		case IsGit(src):
			return errors.New("source can't be a git ref for COPY")
		case IsURL(src):
			return errors.New("source can't be a URL for COPY")
		}
	}
	return s.transfer(y, &x.SourcesAndDest, c, x.String(), lint)
}

func (s *Stage) add(x *instructions.AddCommand, c *command, lint *linter.Linter) error {
	y := &Copy{Add: true, Chown: x.Chown, Chmod: x.Chmod, Link: x.Link, Exclude: x.ExcludePatterns, KeepGit: x.KeepGitDir, Checksum: x.Checksum, Unpack: x.Unpack}
	if x.Checksum != "" {
		switch {
		case len(x.SourcePaths) != 1:
			return errors.New("checksum can't be specified for multiple sources")
		case !IsURL(x.SourcePaths[0]) && !IsGit(x.SourcePaths[0]):
			return errors.New("checksum requires HTTP(S) or Git sources")
		}
	}
	return s.transfer(y, &x.SourcesAndDest, c, x.String(), lint)
}

// transfer is what COPY and ADD have in common.
func (s *Stage) transfer(y *Copy, p *instructions.SourcesAndDest, c *command, code string, lint *linter.Linter) error {
	y.Dest = s.destination(p.DestPath)
	if y.Link && named(y.Chown) {
		return fmt.Errorf("--chown=%s: user and group names can't be resolved when used with --link, use numeric uid[:gid] instead", y.Chown)
	}
	if err := checkChmod(y.Chmod); err != nil {
		return err
	}
	text := "COPY"
	if y.Add {
		text = "ADD"
	}
	if y.Parents {
		text += " --parents"
	}
	if y.Chown != "" {
		text += " --chown=" + y.Chown
	}
	if y.Chmod != "" {
		text += " --chmod=" + y.Chmod
	}
	for _, src := range p.SourcePaths {
		text += " " + src
		y.Sources = append(y.Sources, src)
		if y.From == nil {
			s.checkSource(src, y, c, lint)
		}
	}
	for _, in := range p.SourceContents {
		text += " <<" + in.Path
		y.Inline = append(y.Inline, Inline{Name: in.Path, Data: in.Data})
	}
	s.step(&Step{Copy: y}, c, s.numbered(s.shown(code)), text+" "+p.DestPath+" # buildkit")
	return nil
}

// destination makes the last word of COPY absolute and keeps its slash.
func (s *Stage) destination(p string) string {
	folder := p == "" || p == "." || strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..") || p == ".."
	dir := path.Clean("/" + p)
	if p == "" || p[0] != '/' {
		dir = path.Join(s.Image.Config.WorkingDir, p)
	}
	if folder && dir != "/" {
		dir += "/"
	}
	return dir
}

// named says that --chown has a name in it.
func named(chown string) bool {
	for _, p := range strings.SplitN(chown, ":", 2) {
		if _, err := strconv.ParseUint(p, 10, 32); p != "" && err != nil {
			return true
		}
	}
	return false
}

// checkChmod takes an octal number or chmod(1)'s symbols.
func checkChmod(text string) error {
	if text == "" {
		return nil
	}
	if n, err := strconv.ParseUint(text, 8, 32); err == nil && n <= 0o7777 {
		return nil
	}
	if text[0] >= '0' && text[0] <= '9' {
		return fmt.Errorf("invalid chmod parameter: '%v'. it should be octal string and between 0 and 07777", text)
	}
	if _, err := ParseMode(text); err != nil {
		return fmt.Errorf("invalid chmod parameter: '%v': %w", text, err)
	}
	return nil
}

// IsURL says that a source of ADD is downloaded.
func IsURL(src string) bool {
	return (strings.HasPrefix(src, "http://") || strings.HasPrefix(src, "https://")) && !IsGit(src)
}
