// Package chmod is the applets chmod, chown and chgrp.
package chmod

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Chmod is chmod. A mode may look like an option (-w), so it reads its arguments itself.
var Chmod = applet.Applet{
	Names: "chmod",
	Usage: "[-Rcvf] MODE[,MODE]... FILE...",
	About: "Change the mode of each FILE.\nMODE is an octal number (bits sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]",
	Options: `
-R	also of what is in folders
-c	tell what is changed
-v	tell everything
-f	don't tell errors
`,
	Form:  applet.Plain,
	Quick: true,
	Min:   true,
	Run:   runChmod,
}

// change is what chmod was told to do.
type change struct {
	c                       *applet.Call
	recurse, verbose, quiet bool
	changed                 bool
	text                    string
	octal                   bool
	mode                    uint32
	mask                    uint32
	status                  int
}

func runChmod(c *applet.Call) int {
	m := change{c: c, mask: ^uint32(0)}
	files, wrong := m.parse(c.Args)
	if wrong != "" || len(files) < 1 {
		return c.UsageError(wrong)
	}
	m.octal = m.text != "" && m.text[0] >= '0' && m.text[0] <= '7'
	mode, ok := modes.Parse(m.text, 0, m.umask)
	if !ok {
		return c.Complain("invalid mode '" + m.text + "'")
	}
	m.mode = mode
	w := tree.Walk{Visit: m.visit, Failed: m.failed}
	for _, file := range files {
		w.Run(file)
	}
	return m.status
}

// parse reads the options and the mode, which may begin with "-" if it comes first.
func (m *change) parse(args []string) (files []string, wrong string) {
	hasMode, ended := false, false
	for _, arg := range args {
		switch {
		case ended || len(arg) < 2 || arg[0] != '-':
			if !hasMode {
				m.text, hasMode = arg, true
			} else {
				files = append(files, arg)
			}
		case arg == "--":
			ended = true
		case !hasMode && strings.IndexByte("Rcvf-", arg[1]) < 0:
			m.text, hasMode = arg, true
		default:
			if wrong := m.letters(arg[1:]); wrong != "" {
				return nil, wrong
			}
		}
	}
	return files, ""
}

func (m *change) letters(letters string) (wrong string) {
	for i := range len(letters) {
		switch letters[i] {
		case 'R':
			m.recurse = true
		case 'v':
			m.verbose = true
		case 'c':
			m.changed = true
		case 'f':
			m.quiet = true
		default:
			return "invalid option -- '" + letters[i:i+1] + "'"
		}
	}
	return ""
}

func (m *change) umask() uint32 {
	if m.mask == ^uint32(0) {
		m.mask = modes.Umask()
	}
	return m.mask
}

func (m *change) failed(n *tree.Node, err error) {
	m.status = 1
	if !m.quiet {
		m.c.Warn(n.Path(), err)
	}
}

func (m *change) visit(n *tree.Node) tree.Next {
	if err := m.one(n); err != nil {
		m.failed(n, err)
	}
	if m.recurse {
		return tree.Into
	}
	return tree.Over
}

// one changes the mode of one file. Links among the operands are followed, links in
// the tree have no mode of their own and are left alone.
func (m *change) one(n *tree.Node) error {
	link := n.Type == syscall.DT_LNK
	if link && n.Depth > 0 {
		return nil
	}
	mode, old := m.mode, uint32(0)
	if !m.octal || m.changed {
		st, err := n.Stat()
		if link {
			err = unix.Stat(n.Name, st)
		}
		if err != nil {
			return err
		}
		old = st.Mode & modes.All
		if !m.octal {
			mode, _ = modes.Parse(m.text, st.Mode, m.umask)
			mode &= modes.All
		}
	}
	var err error
	if link {
		err = syscall.Chmod(n.Name, mode)
	} else {
		err = tree.Chmod(n.Dir, n.Name, mode)
		if err == syscall.ELOOP {
			err = tree.ErrMoved
		}
	}
	if err == nil && (m.verbose || m.changed && mode != old) {
		digits := "0000" + strconv.FormatUint(uint64(mode), 8)
		m.c.Out.Print("mode of '", n.Path(), "' changed to ", digits[len(digits)-4:], " (", modes.String(mode)[1:], ")\n")
	}
	return err
}
