package cli

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"

	"bantam/internal/cli/option"
	"bantam/internal/image/remote"

	"golang.org/x/sys/unix"
)

// progress shows what a pull or a push tells, as docker does: a terminal has a line for
// each layer, which changes; a file gets a line for each step.
type progress struct {
	out     io.Writer
	json    bool
	columns int            // 0 is no terminal
	line    map[string]int // of an id, from the top
}

// progressModes are the values of --progress.
const progressHelp = `Type of progress output: auto, plain, tty or json (docker's messages, one a line)`

func progressOption(to *string) option.Option {
	o := option.String(to, "progress", 0, progressHelp)
	set := o.Set
	o.Set = func(v string) error {
		switch v {
		case "auto", "plain", "tty", "json":
			return set(v)
		}
		return errors.New("want auto, plain, tty or json")
	}
	return o
}

func newProgress(out io.Writer, mode string) *progress {
	p := &progress{out: out, json: mode == "json", line: map[string]int{}}
	if f, ok := out.(*os.File); ok && mode != "plain" && !p.json {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			p.columns = int(size.Col)
		}
	}
	if p.columns == 0 && mode == "tty" {
		p.columns = 80
	}
	return p
}

func (p *progress) show(e remote.Event) {
	switch {
	case p.json:
		b, _ := json.Marshal(e) // strings and numbers
		p.write(string(b) + "\n")
	case p.columns == 0:
		if e.Total == 0 {
			p.write(text(e, 0) + "\n")
		}
	case e.ID == "":
		p.write(e.Status + "\n")
		clear(p.line)
	default:
		p.update(e)
	}
}

// update writes a layer's line anew: up, erase, write, down.
func (p *progress) update(e remote.Event) {
	n, known := p.line[e.ID]
	if !known {
		n = len(p.line)
		p.line[e.ID] = n
		p.write("\n")
	}
	up := strconv.Itoa(len(p.line) - n)
	p.write("\x1b[" + up + "A\x1b[2K\r" + text(e, p.columns) + "\r\x1b[" + up + "B")
}

func text(e remote.Event, columns int) string {
	s := e.Status
	if e.ID != "" {
		s = e.ID + ": " + s
	}
	if bar := e.Bar(columns); bar != "" && e.Total > 0 {
		s += " " + bar
	}
	return s
}

func (p *progress) write(s string) { _, _ = io.WriteString(p.out, s) }
