package lines

import (
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/escape"
)

// Paste is paste.
var Paste = applet.Applet{
	Names: "paste",
	Usage: "[-d LIST] [-s] [FILE]...",
	About: "Put lines of several FILEs together into one, with tabs between them.",
	Options: `
-d, --delimiters LIST	one after the other of these bytes, not tabs; \0 is none
-s, --serial	the lines of each FILE after the other
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   paste,
}

// delimiters are used in turn.
type delimiters struct {
	list  string
	none  []bool // \0 at this place
	place int
}

func (d *delimiters) parse(list string) {
	if list == "" {
		list = `\0`
	}
	var bytes []byte
	for i := 0; i < len(list); i++ {
		b, none := list[i], false
		if b == '\\' {
			var n int
			if b, n = escape.Sequence(list[i+1:]); n == 1 && list[i+1] == '0' {
				none = true
			}
			i += n
		}
		bytes, d.none = append(bytes, b), append(d.none, none)
	}
	d.list = string(bytes)
}

func (d *delimiters) write(out *applet.Out) {
	if !d.none[d.place] {
		out.WriteByte(d.list[d.place])
	}
	d.place = (d.place + 1) % len(d.list)
}

func paste(c *applet.Call) int {
	var d delimiters
	list := "\t"
	if text, given := c.Given("d"); given {
		list = text
	}
	d.parse(list)
	if c.Has("s") {
		return c.EachInput(func(_ string, in *applet.In) error {
			d.place = 0
			for first := true; ; first = false {
				line, ok := in.Line()
				if !ok {
					break
				}
				if !first {
					d.write(c.Out)
				}
				c.Out.Write(line)
			}
			c.Out.WriteByte('\n')
			return in.Err()
		})
	}
	return parallel(c, &d)
}

// parallel takes a line of each file.
func parallel(c *applet.Call, d *delimiters) int {
	names := c.Args
	if len(names) == 0 {
		names = []string{"-"}
	}
	var inputs []*applet.In
	status := 0
	for _, name := range names {
		in := c.Open(name)
		if in == nil {
			status = 1
			continue
		}
		inputs = append(inputs, in)
	}
	var line []byte
	for c.Out.Err() == nil {
		// Files that ended are empty lines as long as another hasn't.
		any := false
		line, d.place = line[:0], 0
		joined := applet.Capture()
		for i, in := range inputs {
			text, ok := in.Line()
			any = any || ok
			joined.Write(text)
			if i < len(inputs)-1 {
				d.write(joined)
			}
		}
		if !any {
			break
		}
		c.Out.Write(joined.Captured())
		c.Out.WriteByte('\n')
	}
	for i, in := range inputs {
		if in.Err() != nil {
			status = c.Warn(names[i], in.Err())
		}
		in.Close()
	}
	return status
}
