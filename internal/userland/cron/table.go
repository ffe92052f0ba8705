package cron

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/users"
)

// rescan reads all crontabs. What runs of the old ones is still waited for.
func (x *cron) rescan() {
	syscall.Unlink(applet.Join(x.dir, updates))
	for _, t := range x.tables {
		t.gone = true
	}
	entries, err := applet.ReadDir(x.dir)
	if err != nil {
		x.fail("can't open '" + x.dir + "': " + applet.Reason(err))
		return
	}
	for _, e := range entries {
		if strings.IndexByte(e.Name, '.') < 0 {
			x.load(e.Name)
		}
	}
	x.running()
}

// update reads the crontabs again that crontab(1) names.
func (x *cron) update() {
	path := applet.Join(x.dir, updates)
	data, err := applet.ReadFile(path)
	if err != nil {
		return
	}
	syscall.Unlink(path)
	for _, line := range strings.Split(string(data), "\n") {
		// Names are names of files in this folder, and nothing else.
		if name := strings.Fields(line); len(name) > 0 && strings.IndexByte(name[0], '/') < 0 && name[0][0] != '.' {
			x.load(name[0])
		}
	}
}

// load reads a user's crontab in the place of the one before, if the file is root's.
func (x *cron) load(name string) {
	for _, t := range x.tables {
		if t.user == name {
			t.gone = true
		}
	}
	if users.ByName(name) == nil {
		x.log(7, "ignoring file '"+name+"' (no such user)")
		return
	}
	fd, err := applet.OpenFile(applet.Join(x.dir, name), syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if err != syscall.ENOENT {
			x.fail("can't open '" + name + "': " + applet.Reason(err))
		}
		return
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || st.Uid != 0 {
		return
	}
	data, _ := applet.ReadAll(fd)
	x.tables = append(x.tables, x.parse(name, string(data)))
}

// parse reads a crontab.
func (x *cron) parse(user, text string) *table {
	t := &table{user: user}
	const most = 256 // lines of anybody but root
	shell, path := "", ""
	lines := 0
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		if lines++; lines >= most && user != "root" {
			x.fail("user " + user + ": too many lines")
			break
		}
		x.log(5, "user:"+user+" entry:"+line)
		if value, ok := strings.CutPrefix(line, "SHELL="); ok {
			shell = value
			continue
		}
		if value, ok := strings.CutPrefix(line, "PATH="); ok {
			path = value
			continue
		}
		if j := x.line(user, line); j != nil {
			j.shell, j.path = shell, path
			t.jobs = append(t.jobs, j)
		}
	}
	return t
}

// line reads a line with times and a command, or returns nil.
func (x *cron) line(user, line string) *job {
	if line[0] == '@' {
		name, command := cutField(line[1:])
		s, ok := special(name)
		if !ok || command == "" {
			return nil
		}
		return &job{schedule: s, command: command}
	}
	var f [5]string
	for i := range f {
		f[i], line = cutField(line)
	}
	if line == "" {
		return nil
	}
	s, bad, ok := parseSchedule(f[:])
	if !ok {
		x.fail("user " + user + ": parse error at " + bad)
		return nil
	}
	return &job{schedule: s, command: line}
}

func cutField(line string) (field, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], " \t")
}
