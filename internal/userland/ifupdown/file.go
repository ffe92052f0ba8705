package ifupdown

import (
	"strings"

	"bantam/internal/userland/applet"
)

// option is a line of a definition.
type option struct{ name, value string }

// definition is a stanza "iface".
type definition struct {
	name, family, method string
	options              []option
}

func (d *definition) get(name string) (string, bool) {
	if name == "iface" || name == "label" {
		return d.name, true
	}
	for _, o := range d.options {
		if o.name == name {
			return o.value, true
		}
	}
	return "", false
}

// mapping is a stanza "mapping".
type mapping struct {
	patterns []string
	script   string
	lines    []string
}

// file is what the file interfaces(5) and those that it names say.
type file struct {
	auto       []string
	interfaces []definition
	mappings   []mapping
}

// mostNested bounds files that name each other.
const mostNested = 10

// methods are the known methods of the families.
func known(family, method string) bool {
	list := ""
	switch family {
	case "inet":
		list = " manual wvdial ppp static bootp dhcp loopback "
	case "inet6":
		list = " v4tunnel static manual loopback "
	case "link":
		list = " none "
	}
	return strings.Contains(list, " "+method+" ")
}

// read reads a file. It complains and returns false if something is wrong.
func (f *file) read(c *applet.Call, path string, depth int) bool {
	in, err := applet.Open(path)
	if err != nil {
		c.CantOpen(path, err)
		return false
	}
	defer in.Close()
	within := ""
	for {
		p, ok := in.Line()
		if !ok {
			return true
		}
		line := string(p)
		for strings.HasSuffix(line, "\\") {
			line = line[:len(line)-1]
			next, more := in.Line()
			if !more {
				break
			}
			line += string(next)
		}
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		wrong := ""
		switch word := words[0]; {
		case word == "mapping":
			f.mappings = append(f.mappings, mapping{patterns: words[1:]})
			within = word
		case word == "iface":
			within, wrong = word, f.newInterface(words[1:], line)
		case word == "auto":
			within, wrong = "", f.addAuto(words[1:], line)
		case word == "source" || strings.HasPrefix(word, "source-dir"):
			if len(words) < 2 || depth == mostNested {
				wrong = `misplaced option "` + line + `"`
			} else if !f.include(c, words[1], word != "source", depth+1) {
				return false
			}
		default:
			wrong = f.option(within, words, line)
		}
		if wrong != "" {
			c.Complain(wrong)
			return false
		}
	}
}

// include reads a file, or all of a folder's that aren't hidden.
func (f *file) include(c *applet.Call, path string, dir bool, depth int) bool {
	if !dir {
		return f.read(c, path, depth)
	}
	entries, err := applet.ReadDir(path)
	if err != nil {
		c.CantOpen(path, err)
		return false
	}
	for _, e := range entries {
		if e.Name[0] != '.' && !f.read(c, applet.Join(path, e.Name), depth) {
			return false
		}
	}
	return true
}

func (f *file) newInterface(words []string, line string) (wrong string) {
	switch {
	case len(words) < 3:
		return `too few parameters for line "` + line + `"`
	case len(words) > 3:
		return `too many parameters "` + line + `"`
	case !strings.Contains(" inet inet6 link ", " "+words[1]+" "):
		return `unknown address type "` + words[1] + `"`
	case !known(words[1], words[2]):
		return `unknown method "` + words[2] + `"`
	}
	f.interfaces = append(f.interfaces, definition{name: words[0], family: words[1], method: words[2]})
	return ""
}

func (f *file) addAuto(words []string, line string) (wrong string) {
	for _, w := range words {
		for _, a := range f.auto {
			if a == w {
				return `interface declared auto twice "` + line + `"`
			}
		}
		f.auto = append(f.auto, w)
	}
	return ""
}

// option takes a line within a stanza.
func (f *file) option(within string, words []string, line string) (wrong string) {
	switch within {
	case "iface":
		name := words[0]
		if len(words) < 2 {
			return `option with empty value "` + line + `"`
		}
		switch name {
		case "post-up":
			name = "up"
		case "pre-down":
			name = "down"
		}
		d := &f.interfaces[len(f.interfaces)-1]
		for _, o := range d.options {
			if o.name == name && !isHook(name) {
				return `duplicate option "` + line + `"`
			}
		}
		_, value, _ := strings.Cut(strings.TrimLeft(line, " \t"), words[0])
		d.options = append(d.options, option{name, strings.TrimLeft(value, " \t")})
		return ""
	case "mapping":
		m := &f.mappings[len(f.mappings)-1]
		value := ""
		if len(words) > 1 {
			value = words[1]
		}
		switch {
		case words[0] == "script" && m.script != "":
			return `duplicate script in mapping "` + line + `"`
		case words[0] == "script":
			m.script = value
			return ""
		case words[0] == "map":
			m.lines = append(m.lines, value)
			return ""
		}
	}
	return `misplaced option "` + line + `"`
}
