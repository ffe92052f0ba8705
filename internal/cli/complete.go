package cli

import (
	"slices"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/container/folder"
	"bantam/internal/engine"
)

// filesWanted is what __complete prints where the shell shall complete paths.
const filesWanted = ":files"

// complete is the hidden verb __complete: the last word is the one to be completed,
// what it prints are candidates, one a line, with a tab and an explanation.
func (c *call) complete(words []string) int {
	if len(words) == 0 {
		words = []string{""}
	}
	for _, line := range c.candidates(words[:len(words)-1], words[len(words)-1]) {
		if name, _, _ := strings.Cut(line, "\t"); strings.HasPrefix(name, words[len(words)-1]) || line == filesWanted {
			c.print(line + "\n")
		}
	}
	return 0
}

func (c *call) candidates(before []string, current string) []string {
	var version bool
	globals := c.globals(&version)
	rest, waiting := scan(globals, before)
	switch {
	case waiting != nil:
		return c.values(waiting, current)
	case len(rest) == 0 && strings.HasPrefix(current, "-"):
		return names(globals)
	case len(rest) == 0:
		return c.verbs("")
	}
	if rest[0] == "help" {
		return c.verbs(strings.Join(rest[1:], " "))
	}
	cmd, args := c.find(rest)
	if cmd == nil {
		return c.verbs(rest[0])
	}
	args, waiting = scan(&cmd.options, args)
	switch name, value, has := strings.Cut(current, "="); {
	case waiting != nil:
		return c.values(waiting, current)
	case len(args) > 0 && !cmd.options.Interspersed:
		return c.arguments(cmd, args)
	case has && strings.HasPrefix(name, "--"):
		return c.valuesOf(&cmd.options, name, value)
	case strings.HasPrefix(current, "-"):
		return names(&cmd.options)
	}
	return c.arguments(cmd, args)
}

// scan skips options and their values. The option that waits for a value is returned.
func scan(s *option.Set, words []string) (rest []string, waiting *option.Option) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch o := s.Named(w); {
		case o != nil && o.Type != "":
			if i++; i == len(words) {
				return rest, o
			}
		case strings.HasPrefix(w, "-") && len(w) > 1:
		case s.Interspersed:
			rest = append(rest, w)
		default:
			return append(rest, words[i:]...), nil
		}
	}
	return rest, nil
}

func names(s *option.Set) []string {
	list := []string{"--help\tPrint usage"}
	for _, o := range s.Options {
		help, _, _ := strings.Cut(o.Help, "\n")
		list = append(list, "--"+o.Name+"\t"+help)
	}
	return list
}

// verbs are the commands, or those of a group.
func (c *call) verbs(group string) []string {
	var list []string
	add := func(name, short string) {
		name, ok := strings.CutPrefix(name, strings.TrimPrefix(group+" ", " "))
		if first, _, deeper := strings.Cut(name, " "); ok && !deeper {
			list = append(list, name+"\t"+short)
		} else if ok && group == "" && !slices.Contains(list, first+"\tcommands of this group") {
			list = append(list, first+"\tcommands of this group")
		}
	}
	for _, make := range c.commands() {
		cmd := make()
		for _, n := range append([]string{cmd.name}, cmd.alias...) {
			add(n, cmd.short)
		}
	}
	return list
}

// valuesOf completes --NAME=VALUE.
func (c *call) valuesOf(s *option.Set, name, value string) []string {
	o := s.Named(name)
	if o == nil {
		return nil
	}
	list := c.values(o, value)
	for i, v := range list {
		if v != filesWanted {
			list[i] = name + "=" + v
		}
	}
	return list
}

// choices are the values of options that have few, by name.
var choices = [...]struct {
	option string
	values string
}{
	{"attach", "stdin stdout stderr"},
	{"cgroupns", "host private"},
	{"ipc", "none private shareable host container:"},
	{"isolation", "default"},
	{"log-driver", "json-file local journald syslog none"},
	{"log-opt", "max-size= max-file= compress= mode= max-buffer-size= labels= labels-regex= env= env-regex= tag= syslog-address= syslog-facility= syslog-format="},
	{"mount", "type=bind, type=tmpfs, type=volume,"},
	{"pid", "host container:"},
	{"pull", "always missing never"},
	{"restart", "no on-failure always unless-stopped"},
	{"runtime", "bantam-oci runc crun"},
	{"security-opt", "seccomp= no-new-privileges apparmor= label= systempaths=unconfined"},
	{"signal", "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP"},
	{"stop-signal", "HUP INT QUIT KILL USR1 USR2 TERM RTMIN+3"},
	{"systemd", "true false always auto"},
	{"userns", "host auto private"},
	{"uts", "host container:"},
}

// values are candidates for an option's value.
func (c *call) values(o *option.Option, current string) []string {
	if _, rest, ok := strings.Cut(current, "container:"); ok {
		return prefixed(current[:len(current)-len(rest)], c.containerNames(false))
	}
	for _, k := range choices {
		if k.option == o.Name {
			return strings.Fields(k.values)
		}
	}
	switch {
	case o.Type == "network":
		return []string{"none", "host", "container:"}
	case strings.HasSuffix(o.Name, "-file") || o.Name == "volume" || o.Name == "device" || o.Name == "file" || o.Name == "output" || o.Name == "input":
		return []string{filesWanted}
	case o.Name == "volumes-from":
		return c.containerNames(true)
	}
	return nil
}

func prefixed(prefix string, list []string) []string {
	for i := range list {
		list[i] = prefix + list[i]
	}
	return list
}

// arguments are candidates for the command's next argument, by its usage line.
func (c *call) arguments(cmd *command, args []string) []string {
	words := strings.Fields(strings.TrimPrefix(cmd.args, "[OPTIONS]"))
	if len(words) == 0 {
		return nil
	}
	word := words[min(len(args), len(words)-1)]
	if len(args) >= len(words) && !strings.Contains(word, "...") {
		return nil
	}
	switch {
	case strings.Contains(word, "CONTAINER"), strings.Contains(word, "NAME|ID"):
		stopped := cmd.name != "exec" && cmd.name != "attach" && cmd.name != "stop" && cmd.name != "kill" && cmd.name != "pause" && cmd.name != "top"
		return c.containerNames(stopped)
	case strings.Contains(word, "IMAGE"), strings.Contains(word, "REPOSITORY"):
		return c.imageNames()
	case strings.Contains(word, "|"):
		return strings.Split(strings.TrimSuffix(strings.Trim(word, "[]"), "..."), "|")
	case strings.Contains(word, "FILE"), strings.Contains(word, "PATH"), strings.Contains(word, "file"):
		return []string{filesWanted}
	}
	return nil
}

// containerNames are all containers or the running ones. What can't be read has no candidates.
func (c *call) containerNames(stopped bool) []string {
	list, err := c.engine().List(stopped)
	if err != nil {
		return nil
	}
	var out []string
	for _, k := range list {
		if stopped || k.Status == folder.Running {
			out = append(out, k.Name+"\t"+k.Config.Image)
		}
	}
	return out
}

func (c *call) imageNames() []string {
	list, err := c.engine().Images(&engine.ImagesOptions{})
	if err != nil {
		return nil
	}
	var out []string
	for _, i := range engine.Lines(list, false) {
		switch i.Tag {
		case "":
		case "latest":
			out = append(out, i.Repository)
		default:
			out = append(out, i.Repository+":"+i.Tag)
		}
	}
	return out
}
