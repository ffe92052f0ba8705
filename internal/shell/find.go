package shell

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// entry is what a command's name was found to be.
type entry struct {
	path   string         // of the program, "" if there is none
	applet *applet.Applet // if that is this program, or there is none
	err    error
}

// commandTable remembers where commands were found: hash(1)'s table.
type commandTable struct {
	path    string
	entries map[string]*hashed
	self    syscall.Stat_t
	known   bool
}

type hashed struct {
	entry
	hits int
}

// forgetCommands empties the table, for PATH changed.
func (sh *shell) forgetCommands() {
	s := sh.shared
	s.mu.Lock()
	s.hash.entries = nil
	s.mu.Unlock()
}

// findCommand finds a command on PATH, and remembers it.
func (sh *shell) findCommand(name string) entry {
	path := sh.value("PATH")
	s := sh.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hash.path != path || s.hash.entries == nil {
		s.hash.path, s.hash.entries = path, map[string]*hashed{}
	}
	if h := s.hash.entries[name]; h != nil {
		h.hits++
		return h.entry
	}
	e := sh.find(name, path)
	if e.err == nil && strings.IndexByte(name, '/') < 0 {
		s.hash.entries[name] = &hashed{e, 1}
	}
	return e
}

// findWith is findCommand with the assignments before the command, of which PATH counts.
func (sh *shell) findWith(assigns []string, name string) entry {
	if hasName(assigns, "PATH") {
		return sh.find(name, valueOf(assigns, "PATH"))
	}
	return sh.findCommand(name)
}

// find finds a command on a PATH.
func (sh *shell) find(name, path string) (e entry) {
	e.path, e.err = applet.LookPath(name, path)
	if name == "" {
		e.err = syscall.EACCES
		return e
	}
	if e.err != nil {
		if a := sh.call.Table.Find(name); a != nil && e.err == syscall.ENOENT {
			return entry{path: applet.Self, applet: a}
		}
		return e
	}
	base := name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		base = name[i+1:]
	}
	if a := sh.call.Table.Find(base); a != nil && sh.isSelf(e.path) {
		e.applet = a
	}
	return e
}

// isSelf says whether a path leads to this program.
func (sh *shell) isSelf(path string) bool {
	h := &sh.shared.hash
	if !h.known {
		if syscall.Stat(applet.Self, &h.self) != nil {
			return false
		}
		h.known = true
	}
	var st syscall.Stat_t
	return syscall.Stat(path, &st) == nil && st.Dev == h.self.Dev && st.Ino == h.self.Ino
}
