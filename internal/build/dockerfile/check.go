package dockerfile

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"bantam/internal/image/reference"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/buildkit/util/suggest"
)

// The rules of `docker build --check` (docs.docker.com/reference/build-checks). Their
// names and texts are the linter package's; when one applies is decided here, as in
// BuildKit's frontend.

// Warning is what a rule found.
type Warning struct {
	Rule, Description, URL, Text string
	Lines                        []parser.Range
}

// newLinter reads "# check=skip=...;error=true" and the build argument that replaces it.
func (f *File) newLinter() error {
	text, _, at, ok := parser.ParseDirective("check", f.Source)
	if own, given := f.opt.Args["BUILDKIT_DOCKERFILE_CHECK"]; given {
		text, at, ok = own, nil, true
	}
	config := &linter.Config{}
	if ok {
		c, err := linter.ParseLintOptions(text)
		if err != nil {
			return parser.WithLocation(err, at)
		}
		config = c
	}
	config.Warn = func(rule, description, url, text string, at []parser.Range) {
		f.Warnings = append(f.Warnings, Warning{rule, description, url, text, at})
	}
	f.lint = linter.New(config)
	return nil
}

func (f *File) warnContinuations(list []parser.Warning) {
	for _, w := range list {
		if w.URL == linter.RuleNoEmptyContinuation.URL && w.Location != nil {
			f.lint.Run(&linter.RuleNoEmptyContinuation, []parser.Range{*w.Location}, linter.RuleNoEmptyContinuation.Format())
		}
	}
}

func (f *File) checkNames(stages []instructions.Stage) {
	seen := map[string]bool{}
	for _, s := range stages {
		if s.Name == "" {
			continue
		}
		if s.Name == "context" || s.Name == scratch {
			f.lint.Run(&linter.RuleReservedStageName, s.Location, linter.RuleReservedStageName.Format(s.Name))
		}
		if seen[s.Name] {
			f.lint.Run(&linter.RuleDuplicateStageName, s.Location, linter.RuleDuplicateStageName.Format(s.Name))
		}
		seen[s.Name] = true
	}
}

// checkCasing wants all instructions in capitals, or none, by what most of them are.
func (f *File) checkCasing(stages []instructions.Stage) {
	lower := 0
	each := func(do func(name string, at []parser.Range)) {
		for _, s := range stages {
			do(s.OrigCmd, s.Location)
			for _, c := range s.Commands {
				do(c.Name(), c.Location())
			}
		}
	}
	each(func(name string, _ []parser.Range) {
		switch name {
		case strings.ToLower(name):
			lower++
		case strings.ToUpper(name):
			lower--
		}
	})
	each(func(name string, at []parser.Range) {
		want, casing := strings.ToUpper(name), "uppercase"
		if lower > 0 {
			want, casing = strings.ToLower(name), "lowercase"
		}
		if name != want {
			f.lint.Run(&linter.RuleConsistentInstructionCasing, at, linter.RuleConsistentInstructionCasing.Format(name, casing))
		}
	})
}

// checkDefaultBases wants a base that is valid without any --build-arg.
func (f *File) checkDefaultBases(stages []instructions.Stage, base *env) {
	args, err := f.metaArgs(base, nil)
	if err != nil {
		return
	}
	for _, s := range stages {
		word, _, err := f.lex.ProcessWord(s.BaseName, args)
		if err != nil {
			return
		}
		if _, err := reference.Parse(word); err != nil {
			f.lint.Run(&linter.RuleInvalidDefaultArgInFrom, s.Location, linter.RuleInvalidDefaultArgInFrom.Format(s.BaseName))
		}
	}
}

func (f *File) checkFromArgs(unmatched map[string]struct{}, at []parser.Range, lint *linter.Linter) {
	known := f.global.Keys()
	for _, m := range f.meta {
		for _, a := range m.Args {
			known = append(known, a.Key)
		}
	}
next:
	for arg := range unmatched {
		for _, k := range known {
			if k == arg {
				continue next
			}
		}
		near, _ := suggest.Search(arg, known, true)
		lint.Run(&linter.RuleUndefinedArgInFrom, at, linter.RuleUndefinedArgInFrom.Format(arg, near))
	}
}

func (f *File) checkFromPlatform(s *instructions.Stage, word shell.ProcessWordResult, lint *linter.Linter) {
	if len(word.Matched) == 1 && len(word.Unmatched) == 0 {
		for key := range word.Matched {
			if v, _ := f.global.Get("TARGETPLATFORM"); key == "TARGETPLATFORM" && v == word.Result {
				lint.Run(&linter.RuleRedundantTargetPlatform, s.Location, linter.RuleRedundantTargetPlatform.Format(s.Platform))
			}
		}
	}
	if len(word.Matched) > 0 || len(word.Unmatched) > 0 {
		return
	}
	p, err := ParsePlatform(word.Result)
	if err != nil || strings.Contains(s.Name, p.OS) || strings.Contains(s.Name, p.Arch) {
		return
	}
	lint.Run(&linter.RuleFromPlatformFlagConstDisallowed, s.Location, linter.RuleFromPlatformFlagConstDisallowed.Format(word.Result))
}

// checkPlatform compares the base's platform with the one that was asked for.
func (s *Stage) checkPlatform(img *Image) {
	want := s.Wants()
	have := Platform{img.OS, img.Architecture, img.Variant}.normal()
	if s.Context || img.OS == "" || want.OS == have.OS && want.Arch == have.Arch {
		return
	}
	s.lint.Run(&linter.RuleInvalidBaseImagePlatform, s.Lines, linter.RuleInvalidBaseImagePlatform.Format(s.Base, want.String(), have.String()))
}

func (s *Stage) checkVariables(c instructions.Command, unmatched map[string]struct{}, lint *linter.Linter) {
next:
	for name := range unmatched {
		for _, a := range s.state.args {
			if a.Key == name {
				continue next
			}
		}
		if notVariable(name) {
			continue
		}
		near, _ := suggest.Search(name, s.state.env.Keys(), true)
		lint.Run(&linter.RuleUndefinedVar, c.Location(), linter.RuleUndefinedVar.Format(name, near))
	}
}

func (s *Stage) checkPair(name string, kv instructions.KeyValuePair, c instructions.Command, lint *linter.Linter) {
	if kv.NoDelim {
		lint.Run(&linter.RuleLegacyKeyValueFormat, c.Location(), linter.RuleLegacyKeyValueFormat.Format(c.Name()))
	}
}

func (s *Stage) checkShellForm(c instructions.Command, lint *linter.Linter) {
	if len(s.Image.Config.Shell) == 0 {
		lint.Run(&linter.RuleJSONArgsRecommended, c.Location(), linter.RuleJSONArgsRecommended.Format(c.Name()))
	}
}

// used is where an instruction stood that counts once.
type used struct {
	set bool
	at  []parser.Range
}

func checkOnce(c instructions.Command, u *used, lint *linter.Linter) {
	if u.set {
		lint.Run(&linter.RuleMultipleInstructionsDisallowed, u.at, linter.RuleMultipleInstructionsDisallowed.Format(c.Name()))
	}
	u.set, u.at = true, c.Location()
}

func (s *Stage) checkWorkdir(x *instructions.WorkdirCommand, lint *linter.Linter) {
	if !s.state.workdirSet.set && !strings.HasPrefix(x.Path, "/") {
		lint.Run(&linter.RuleWorkdirRelativePath, x.Location(), linter.RuleWorkdirRelativePath.Format(x.Path))
	}
	s.state.workdirSet.set = true
}

// secretNames are made when first needed.
var secretNames = sync.OnceValues(func() (deny, allow *regexp.Regexp) {
	deny = regexp.MustCompile(`(?i)(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)`)
	return deny, regexp.MustCompile(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
})

func checkSecret(instruction, key string, at []parser.Range, lint *linter.Linter) {
	if deny, allow := secretNames(); deny.MatchString(key) && !allow.MatchString(key) {
		lint.Run(&linter.RuleSecretsUsedInArgOrEnv, at, linter.RuleSecretsUsedInArgOrEnv.Format(instruction, key))
	}
}

func (s *Stage) checkSource(src string, y *Copy, c *command, lint *linter.Linter) {
	if s.file.opt.Ignored == nil || IsURL(src) || IsGit(src) {
		return
	}
	src = path.Clean(src)
	if src == "." || src == "/" || !s.file.opt.Ignored(src) {
		return
	}
	name := "Copy"
	if y.Add {
		name = "Add"
	}
	lint.Run(&linter.RuleCopyIgnoredFile, c.Location(), linter.RuleCopyIgnoredFile.Format(name, src))
}

func checkPort(word, proto, host string, x *instructions.ExposeCommand, lint *linter.Linter) {
	if proto != strings.ToLower(proto) {
		lint.Run(&linter.RuleExposeProtoCasing, x.Location(), linter.RuleExposeProtoCasing.Format(word))
	}
	if host != "" {
		lint.Run(&linter.RuleExposeInvalidFormat, x.Location(), linter.RuleExposeInvalidFormat.Format(word))
	}
}
