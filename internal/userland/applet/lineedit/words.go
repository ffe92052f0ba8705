package lineedit

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// Words completes the words of a shell's command line: Complete is for an Editor.
type Words struct {
	// Get returns a variable of the shell: PATH and HOME are asked for.
	Get func(name string) string
	// Commands returns the names of commands that are no files: builtins, functions,
	// aliases, applets.
	Commands func() []string
}

// kind says what a word of a command line is.
type kind int

const (
	command kind = iota
	folder
	file
)

// Complete finds the commands, files, folders or users that the word before the cursor
// can become.
func (w *Words) Complete(line string, cursor int) (start int, candidates []string) {
	word, starts, kind := lastWord(line[:cursor])
	start = starts[0]
	if strings.HasPrefix(word, "~") && !strings.Contains(word, "/") {
		if users := usersWith(word[1:]); len(users) > 0 {
			// The tilde must not be quoted, so it stays as it was typed.
			return starts[1], users
		}
	}
	slash := strings.LastIndexByte(word, '/')
	if slash < 0 && kind == command {
		return start, w.commands(word)
	}
	dir := "."
	if slash >= 0 {
		dir = w.home(word[:slash+1])
	}
	return starts[slash+1], entries(dir, word[slash+1:], kind)
}

// splitter goes through a command line and keeps its last word.
type splitter struct {
	word     []byte // without its quotes
	starts   []int  // where each of its bytes begins in the line
	begun    bool
	words    int    // of the command before this one, -1 in the value of a variable
	previous string // the word before
}

func (s *splitter) end() {
	if s.begun {
		s.words++
		s.previous = string(s.word)
	}
	s.drop()
}

func (s *splitter) drop() { s.word, s.starts, s.begun = s.word[:0], s.starts[:0], false }

func (s *splitter) add(c byte, start int) {
	s.word, s.starts, s.begun = append(s.word, c), append(s.starts, start), true
}

// plain is a character outside of quotes.
func (s *splitter) plain(line string, i int) {
	switch c := line[i]; {
	case c == '=' && s.begun && s.words == 0:
		// A variable's value is a file, and what follows it a command.
		s.drop()
		s.words = -1
	case c == ' ' || c == '\t':
		if s.words < 0 {
			s.drop()
			s.words = 0
		}
		s.end()
	case c == '=' && s.begun:
		s.end()
	case c == '<' || c == '>':
		s.end()
		s.words++
	case strings.IndexByte(";&|`({\n", c) >= 0:
		if i > 0 && (line[i-1] == '>' || line[i-1] == '<') {
			return // >& and >|
		}
		s.end()
		s.words = 0
	default:
		s.add(c, i)
	}
}

// lastWord returns the word at the end of a line without its quotes, where each of its
// bytes begins in the line and where it ends, and what the word is.
func lastWord(line string) (word string, starts []int, k kind) {
	var s splitter
	var quote byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quote != '\'':
			if s.begun = true; i+1 < len(line) {
				s.add(line[i+1], i)
			}
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			s.add(c, i)
		case c == '\'' || c == '"':
			quote, s.begun = c, true
		default:
			s.plain(line, i)
		}
	}
	k = file
	switch {
	case s.words == 0:
		k = command
	case s.words == 1 && s.previous == "cd":
		k = folder
	}
	return string(s.word), append(s.starts, len(line)), k
}

// commands are the names with the beginning, of commands without and with a file.
func (w *Words) commands(word string) []string {
	var found []string
	if w.Commands != nil {
		for _, name := range w.Commands() {
			if strings.HasPrefix(name, word) {
				found = append(found, name)
			}
		}
	}
	path := w.Get("PATH")
	for more := path != ""; more; {
		var dir string
		dir, path, more = strings.Cut(path, ":")
		if dir == "" {
			dir = "."
		}
		for _, name := range entries(dir, word, file) {
			if !strings.HasSuffix(name, "/") {
				found = append(found, name)
			}
		}
	}
	// Folders below this one, too: ./ may be what is wanted.
	return append(found, entries(".", word, folder)...)
}

// home replaces ~ and ~user at the beginning of a path.
func (w *Words) home(path string) string {
	if !strings.HasPrefix(path, "~") {
		return path
	}
	user, rest, _ := strings.Cut(path[1:], "/")
	dir := w.Get("HOME")
	if user != "" {
		dir = ""
		if u := users.ByName(user); u != nil {
			dir = u.Home
		}
	}
	if dir == "" {
		return path
	}
	return applet.Join(dir, rest)
}

func usersWith(beginning string) []string {
	var found []string
	users.Users(func(u *users.User) bool {
		if strings.HasPrefix(u.Name, beginning) {
			found = append(found, u.Name+"/")
		}
		return true
	})
	return found
}

// entries are the names in a folder with the beginning; those of folders end with a slash.
func entries(dir, beginning string, k kind) []string {
	all, err := applet.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range all {
		if !strings.HasPrefix(e.Name, beginning) {
			continue
		}
		if isFolder(dir, e) {
			found = append(found, e.Name+"/")
		} else if k != folder {
			found = append(found, e.Name)
		}
	}
	return found
}

func isFolder(dir string, e applet.Dirent) bool {
	if e.Type != syscall.DT_LNK && e.Type != syscall.DT_UNKNOWN {
		return e.Type == syscall.DT_DIR
	}
	var st syscall.Stat_t
	return syscall.Stat(applet.Join(dir, e.Name), &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
}
