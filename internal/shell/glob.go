package shell

import (
	"slices"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
)

// glob returns the names that a pattern matches, sorted, or nil.
func (sh *shell) glob(pattern string) []string {
	var g globber
	dir := ""
	for strings.HasPrefix(pattern, "/") {
		dir += "/"
		pattern = pattern[1:]
	}
	g.walk(dir, pattern)
	slices.Sort(g.names)
	return g.names
}

type globber struct{ names []string }

// walk matches the pattern's next element in dir, which ends with a slash or is "".
func (g *globber) walk(dir, pattern string) {
	element, rest, more := strings.Cut(pattern, "/")
	slashes := ""
	if more {
		slashes = "/"
		for strings.HasPrefix(rest, "/") {
			slashes += "/"
			rest = rest[1:]
		}
	}
	if text, ok := plainPattern(element); ok {
		g.found(dir+text+slashes, rest, more, syscall.DT_UNKNOWN)
		return
	}
	path := dir
	if path == "" {
		path = "."
	}
	entries, _ := applet.ReadDir(path)
	if strings.HasPrefix(element, ".") {
		entries = append(entries, applet.Dirent{Name: "."}, applet.Dirent{Name: ".."})
	}
	for _, d := range entries {
		if more && d.Type != syscall.DT_DIR && d.Type != syscall.DT_LNK && d.Type != syscall.DT_UNKNOWN {
			continue
		}
		if glob.Match(element, d.Name, glob.Period) {
			g.matched(dir+d.Name+slashes, rest, more)
		}
	}
}

// found goes on below a path that no pattern was needed for.
func (g *globber) found(path, rest string, more bool, _ uint8) {
	if more && rest != "" {
		g.walk(path, rest)
		return
	}
	if exists(path) {
		g.names = append(g.names, path)
	}
}

func (g *globber) matched(path, rest string, more bool) {
	switch {
	case !more:
		g.names = append(g.names, path)
	case rest != "":
		g.walk(path, rest)
	case exists(path):
		g.names = append(g.names, path)
	}
}

// exists says whether there is such a file, be it a link to nowhere.
func exists(path string) bool {
	var st syscall.Stat_t
	return syscall.Lstat(path, &st) == nil
}
