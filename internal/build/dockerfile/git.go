package dockerfile

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Git is a repository as a source of ADD or as a context: URL#REF:FOLDER, or with the same
// in its query (reference, "Adding files from a Git repository").
type Git struct {
	Remote     string // what git fetches from
	Ref        string // commit, tag or branch; empty is the remote's HEAD
	Folder     string // of the repository that is the root, relative
	Checksum   string // of the commit, which must be that
	Keep       *bool  // the .git folder
	Submodules bool
}

// IsGit says that a source names a repository: git@HOST:PATH, git:// and ssh:// always, http
// and https if the path ends in .git.
func IsGit(text string) bool {
	_, isGit, _ := ParseGit(text)
	return isGit
}

// ParseGit reads the name of a repository. isGit with an error: it is meant to be one.
func ParseGit(text string) (g *Git, isGit bool, err error) {
	u, ok := gitURL(text)
	if !ok {
		return nil, false, nil
	}
	g = &Git{Submodules: true}
	g.Ref, g.Folder, _ = strings.Cut(u.Fragment, ":")
	g.Folder = strings.TrimPrefix(path.Join("/", g.Folder), "/")
	query := u.Query()
	u.Fragment, u.RawFragment, u.RawQuery = "", "", ""
	g.Remote = u.String()
	if u.Scheme == "" { // git@host:path
		g.Remote, _, _ = strings.Cut(text, "#")
		g.Remote, _, _ = strings.Cut(g.Remote, "?")
	}
	if strings.HasPrefix(g.Remote, "-") || strings.HasPrefix(g.Ref, "-") {
		return nil, true, fmt.Errorf("%q: a repository or a reference can't begin with a dash", text)
	}
	return g, true, g.query(query)
}

func gitURL(text string) (*url.URL, bool) {
	scheme, _, found := strings.Cut(text, "://")
	if !found {
		return scpStyle(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, false
	}
	switch strings.ToLower(scheme) {
	case "git", "ssh":
		return u, true
	case "http", "https":
		return u, strings.HasSuffix(u.Path, ".git")
	}
	return nil, false
}

// scpStyle is USER@HOST:PATH.
func scpStyle(text string) (*url.URL, bool) {
	head, rest, found := strings.Cut(text, ":")
	user, host, has := strings.Cut(head, "@")
	if !found || !has || user == "" || host == "" || rest == "" || strings.ContainsAny(head, "/ ") {
		return nil, false
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	return &url.URL{Path: rest, Fragment: fragment, RawQuery: query}, true
}

func (g *Git) query(q url.Values) error {
	for key, list := range q {
		if len(list) > 1 {
			return fmt.Errorf("query %q has multiple values", key)
		}
		if err := g.option(key, list[0]); err != nil {
			return err
		}
	}
	return nil
}

func (g *Git) option(key, value string) error {
	flag := func() (bool, error) {
		if value == "" {
			return true, nil
		}
		on, err := strconv.ParseBool(value)
		if err != nil {
			err = fmt.Errorf("invalid %s value: %q", key, value)
		}
		return on, err
	}
	var err error
	switch key {
	case "ref":
		err = g.setRef(value)
	case "tag":
		err = g.setRef("refs/tags/" + strings.TrimPrefix(value, "refs/tags/"))
	case "branch":
		err = g.setRef("refs/heads/" + strings.TrimPrefix(value, "refs/heads/"))
	case "subdir":
		g.Folder = strings.TrimPrefix(path.Join("/", value), "/")
	case "checksum", "commit":
		g.Checksum = value
	case "keep-git-dir":
		var on bool
		on, err = flag()
		g.Keep = &on
	case "submodules":
		g.Submodules, err = flag()
	default:
		return fmt.Errorf("unexpected query %q", key)
	}
	if err == nil && value == "" && key != "keep-git-dir" && key != "submodules" {
		return fmt.Errorf("query %q has no value", key)
	}
	return err
}

func (g *Git) setRef(ref string) error {
	if g.Ref != "" && g.Ref != ref {
		return fmt.Errorf("ref conflicts: %q vs %q", g.Ref, ref)
	}
	if strings.HasPrefix(ref, "-") {
		return errors.New("a reference can't begin with a dash: " + ref)
	}
	g.Ref = ref
	return nil
}
