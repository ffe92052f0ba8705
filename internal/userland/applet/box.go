package applet

import (
	"strings"
	"syscall"
)

const boxAbout = `A userland in one program: it is the applet that it is called as.

Usage: box APPLET [ARGUMENT]...
   or: box --list[-full]
   or: box --install [-s] [DIR]
   or: APPLET [ARGUMENT]... through a link of that name

	--list		the names of all applets
	--list-full	and the folders that --install puts them into
	--install [-s] [DIR]	make hard links (-s: symbolic ones) for all
			applets in DIR, or in /bin, /sbin, /usr/bin and /usr/sbin
`

// box is the program under its own name: its first argument is the applet or an option.
func (c *Call) box(name string, argv []string) int {
	c.Name, c.Applet = "box", &Applet{}
	// Scripts and suites made for BusyBox call it by that name.
	if !strings.HasPrefix(name, "box") && !strings.HasPrefix(name, "busybox") {
		return c.notFound(name)
	}
	args := argv[min(1, len(argv)):]
	own := len(args) == 2 && (args[1] == "box" || args[1] == "busybox")
	if len(args) == 0 || args[0] == "--help" && (len(args) == 1 || own) {
		c.Out.Print("box ", c.Version, "\n", boxAbout, "\nCurrently defined functions:\n")
		c.columns()
		return c.finish(0)
	}
	switch args[0] {
	case "--list":
		for _, e := range c.Table {
			c.Out.Print(e.Name, "\n")
		}
		return c.finish(0)
	case "--list-full":
		for _, e := range c.Table {
			c.Out.Print(e.folder()[1:], "/", e.Name, "\n")
		}
		return c.finish(0)
	case "--version":
		c.Out.Print("box ", c.Version, "\n")
		return c.finish(0)
	case "--install":
		return c.install(args[1:])
	case "--help":
		args = []string{args[1], "--help"}
	}
	name = Base(args[0])
	a := c.Table.Find(name)
	if a == nil {
		return c.notFound(args[0])
	}
	c.Applet, c.Name, c.Path = a, name, args[0]
	return c.run(args[1:])
}

func (c *Call) notFound(name string) int {
	c.Err.Print(name, ": applet not found\n")
	return 127
}

// columns prints the names filled into lines, as busybox does.
func (c *Call) columns() {
	line := "\t"
	for i, e := range c.Table {
		word := e.Name
		if i < len(c.Table)-1 {
			word += ", "
		}
		if len(line)+len(word) > 72 {
			c.Out.Print(line, "\n")
			line = "\t"
		}
		line += word
	}
	c.Out.Print(line, "\n")
}

// folder is where --install puts the applet's link.
func (e Entry) folder() string {
	if e.Applet.Dir == "" {
		return "/bin"
	}
	return e.Applet.Dir
}

// install makes the links. Names that exist already are told and left alone.
func (c *Call) install(args []string) int {
	link := syscall.Link
	if len(args) > 0 && args[0] == "-s" {
		link, args = syscall.Symlink, args[1:]
	}
	self, err := Readlink(Self)
	if err != nil {
		return c.Warn("can't read '"+Self+"'", err)
	}
	status := 0
	for _, e := range c.Table {
		dir := e.folder()
		if len(args) > 0 {
			dir = args[0]
		}
		err := link(self, Join(dir, e.Name))
		if err == syscall.ENOENT && len(args) == 0 {
			syscall.Mkdir("/usr", 0o755)
			syscall.Mkdir(dir, 0o755)
			err = link(self, Join(dir, e.Name))
		}
		if err != nil {
			status = c.Warn(Join(dir, e.Name), err)
		}
	}
	return c.finish(status)
}
