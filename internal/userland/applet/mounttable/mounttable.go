// Package mounttable reads fstab(5) and /proc/mounts.
package mounttable

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Mounts is the table of what is mounted.
const Mounts = "/proc/mounts"

// Entry is a line of the table.
type Entry struct {
	Source, Dir, Type, Options string
	// Freq and Pass are fs_freq and fs_passno, "0" where they are left out.
	Freq, Pass string
}

// Read reads a table.
func Read(path string) ([]Entry, error) {
	data, err := applet.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(string(data)), nil
}

// Parse reads a table's text. Comments and lines without a type are passed over.
func Parse(text string) []Entry {
	var entries []Entry
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		f := strings.Fields(line)
		if len(f) < 3 || f[0][0] == '#' {
			continue
		}
		e := Entry{Source: Unescape(f[0]), Dir: Unescape(f[1]), Type: Unescape(f[2]), Options: "defaults", Freq: "0", Pass: "0"}
		if len(f) > 3 {
			e.Options = Unescape(f[3])
		}
		if len(f) > 4 {
			e.Freq = f[4]
		}
		if len(f) > 5 {
			e.Pass = f[5]
		}
		entries = append(entries, e)
	}
	return entries
}

// Unescape replaces the octal escapes that the kernel writes for space, tab, newline
// and backslash.
func Unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1]) && octal(s[i+2]) && octal(s[i+3]) {
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func octal(b byte) bool { return b >= '0' && b <= '7' }

// TypeMatches says whether a type is in the list that mount -t takes: "ext4,xfs", or
// "noproc,sysfs" for all but these. An empty list matches everything.
func TypeMatches(fstype, list string) bool {
	if list == "" {
		return true
	}
	match := true
	if rest, negated := strings.CutPrefix(list, "no"); negated {
		list, match = rest, false
	}
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if one == fstype {
			return match
		}
	}
	return !match
}

// At returns the last entry that is mounted at the folder.
func At(entries []Entry, dir string) (Entry, bool) {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Dir == dir {
			return entries[i], true
		}
	}
	return Entry{}, false
}
