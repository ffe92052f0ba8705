package dockerfile

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/util/suggest"
)

// env is a list of variables in the order in which they were set. Replacing keeps the place.
type env struct{ list []string }

func (e *env) Get(key string) (string, bool) {
	for _, v := range e.list {
		if len(v) > len(key) && v[len(key)] == '=' && v[:len(key)] == key {
			return v[len(key)+1:], true
		}
	}
	return "", false
}

// Keys lists the names.
func (e *env) Keys() []string {
	keys := make([]string, len(e.list))
	for i, v := range e.list {
		keys[i], _, _ = strings.Cut(v, "=")
	}
	return keys
}

func (e *env) set(key, value string) { e.list = setEnv(e.list, key, value) }

func setEnv(list []string, key, value string) []string {
	for i, v := range list {
		if k, _, _ := strings.Cut(v, "="); k == key {
			list[i] = key + "=" + value
			return list
		}
	}
	return append(list, key+"="+value)
}

func (e *env) clone() *env { return &env{slices.Clone(e.list)} }

// predefined are the platform arguments of the global scope (reference, "Automatic
// platform ARGs in the global scope"). A --build-arg replaces them.
func (f *File) predefined(target string) *env {
	b, t := f.opt.Build, f.target()
	if target == "" {
		target = "default"
	}
	e := &env{}
	for _, kv := range [...][2]string{
		{"BUILDPLATFORM", b.String()}, {"BUILDOS", b.OS}, {"BUILDOSVERSION", ""}, {"BUILDARCH", b.Arch}, {"BUILDVARIANT", b.Variant},
		{"TARGETPLATFORM", t.String()}, {"TARGETOS", t.OS}, {"TARGETOSVERSION", ""}, {"TARGETARCH", t.Arch}, {"TARGETVARIANT", t.Variant},
		{"TARGETSTAGE", target},
	} {
		v := kv[1]
		if own, ok := f.opt.Args[kv[0]]; ok {
			v = own
		}
		e.set(kv[0], v)
	}
	return e
}

// globals evaluates the ARG instructions before the first FROM.
func (f *File) globals(stages []instructions.Stage) error {
	target := f.opt.Target
	if target == "" {
		target = stages[len(stages)-1].Name
	}
	base := f.predefined(target)
	f.checkDefaultBases(stages, base)
	var err error
	f.global, err = f.metaArgs(base, f.opt.Args)
	return err
}

func (f *File) metaArgs(base *env, given map[string]string) (*env, error) {
	e := base.clone()
	for i := range f.meta {
		for _, a := range f.meta[i].Args {
			switch v, ok := given[a.Key]; {
			case ok:
				e.set(a.Key, v)
			case a.Value != nil:
				word, _, err := f.lex.ProcessWord(*a.Value, e)
				if err != nil {
					return nil, parser.WithLocation(err, f.meta[i].Location())
				}
				e.set(a.Key, word)
			}
		}
	}
	return e, nil
}

// proxies are the --build-arg values that every RUN gets without an ARG (reference,
// "Predefined ARGs").
func (f *File) proxies() []string {
	var list []string
	for k, v := range f.opt.Args {
		switch strings.ToLower(k) {
		case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
			list = append(list, k+"="+v)
		}
	}
	slices.Sort(list)
	return list
}

func suggestArgs(err error, keys map[string]struct{}, options []string) error {
	for k := range keys {
		var ok bool
		if ok, err = suggest.WrapErrorMaybe(err, k, options, true); ok {
			break
		}
	}
	return err
}
