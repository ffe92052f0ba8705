package kernel

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Sysctl is sysctl.
var Sysctl = applet.Applet{
	Names: "sysctl",
	Usage: "[-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }",
	About: "Show or set the kernel's parameters.",
	Options: `
-e	say nothing about unknown keys
-n	without the keys
-q	say nothing about what was set
-a	show all of them
-A	the same
-p	set them from FILEs (/etc/sysctl.conf)
-w	set them
`,
	Form: applet.Leading,
	Dir:  "/sbin",
	Run:  sysctl,
}

const sysctlRoot = "/proc/sys/"

func sysctl(c *applet.Call) int {
	status := 0
	switch {
	case c.Has("p"):
		files := c.Args
		if len(files) == 0 {
			files = []string{"/etc/sysctl.conf"}
		}
		for _, file := range files {
			status |= preload(c, file)
		}
		return status
	case c.Has("a") || c.Has("A"):
		return tree(c, "")
	}
	for _, arg := range c.Args {
		key, value, assign := strings.Cut(arg, "=")
		key = path(key)
		if assign {
			status |= set(c, key, value)
		} else {
			status |= tree(c, key)
		}
	}
	return status
}

// path turns a key into a path below /proc/sys. If a dot comes before the first slash
// the two are exchanged, as procps does for names with dots in them (eth0/100).
// Otherwise as few dots as possible become slashes, from the end on, so that names with
// dots are found without that.
func path(key string) string {
	slash, dot := strings.IndexByte(key, '/'), strings.IndexByte(key, '.')
	if slash >= 0 {
		if dot < 0 || slash < dot {
			return key
		}
		return swap(key)
	}
	p := []byte(key)
	for good := -1; ; {
		i := len(p)
		for ; i > good; i-- {
			if (i == len(p) || p[i] == '.') && applet.Exists(sysctlRoot+string(p[:i])) {
				break
			}
		}
		if i <= good || i == len(p) {
			return string(p)
		}
		p[i] = '/'
		good = i
	}
}

// swap exchanges dots and slashes.
func swap(key string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, key)
}

// tree shows what is below a path.
func tree(c *applet.Call, key string) int {
	if c.Has("w") {
		return c.Complain("error: '" + swap(key) + "' must be of the form name=value")
	}
	var st syscall.Stat_t
	if syscall.Stat(sysctlRoot+key, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return show(c, key)
	}
	entries, err := applet.ReadDir(sysctlRoot + key)
	if err != nil {
		return 1
	}
	status := 0
	for _, e := range entries {
		status |= tree(c, applet.Join(key, e.Name))
	}
	return status
}

func show(c *applet.Call, key string) int {
	name := swap(key)
	data, err := applet.ReadFile(sysctlRoot + key)
	switch {
	case err == syscall.ENOENT:
		if !c.Has("e") {
			c.Complain("error: '" + name + "' is an unknown key")
		}
		return 1
	case err == syscall.EACCES: // those that can only be written
		return 0
	case err != nil:
		return c.Warn("error reading key '"+name+"'", err)
	}
	for rest := string(data); rest != ""; {
		line := rest
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		rest = rest[len(line):]
		if !c.Has("n") {
			c.Out.Print(name, " = ")
		}
		c.Out.Print(line)
	}
	return 0
}

func set(c *applet.Call, key, value string) int {
	name := swap(key)
	if key == "" {
		return c.Complain("error: malformed setting '=" + value + "'")
	}
	fd, err := applet.OpenFile(sysctlRoot+key, syscall.O_WRONLY|syscall.O_TRUNC, 0)
	if err == syscall.ENOENT {
		if !c.Has("e") {
			c.Complain("error: '" + name + "' is an unknown key")
		}
		return 1
	}
	if err == nil {
		err = applet.WriteFd(fd, []byte(value))
		syscall.Close(fd)
	}
	if err != nil {
		return c.Warn("error setting key '"+name+"'", err)
	}
	if !c.Has("q") {
		if !c.Has("n") {
			c.Out.Print(name, " = ")
		}
		c.Out.Print(value, "\n")
	}
	return 0
}

// preload sets what a file says. Its errors are told, but are no failure, as in procps.
func preload(c *applet.Call, file string) int {
	in, err := applet.Open(file)
	if err != nil {
		c.Warn(file, err)
		return 0
	}
	defer in.Close()
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		key, value, found := strings.Cut(text, "=")
		if !found {
			continue
		}
		set(c, path(strings.TrimSpace(key)), strings.TrimSpace(value))
	}
	return 0
}
