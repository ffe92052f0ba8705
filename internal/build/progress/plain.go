package progress

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// Plain writes BuildKit's --progress=plain:
//
//	#5 [2/3] RUN make
//	#5 0.104 cc -o x x.c
//	#5 DONE 0.3s
//
// A step whose lines are interrupted by another one's is named again when it goes on.
type Plain struct {
	w    io.Writer
	last *Step            // whose line was written last
	half map[*Step][]byte // lines that have no end yet
	err  error
}

// NewPlain writes to w.
func NewPlain(w io.Writer) *Plain { return &Plain{w: w, half: map[*Step][]byte{}} }

func (p *Plain) line(s *Step, text string) {
	if p.last != s {
		if p.last != nil {
			p.write("\n")
		}
		if text != s.Name {
			p.write(fmt.Sprintf("#%d %s\n", s.Number, s.Name))
		}
		p.last = s
	}
	p.write(fmt.Sprintf("#%d %s\n", s.Number, text))
}

func (p *Plain) write(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, text)
	}
}

// Event writes one event.
func (p *Plain) Event(e *Event) {
	s := e.Step
	switch e.Kind {
	case Started:
		p.line(s, s.Name)
	case Output:
		p.output(e)
	case Noted:
		if e.Finished {
			p.line(s, string(e.Text)+" done")
		}
	case Warned:
		p.line(s, "WARN: "+string(e.Text))
	default:
		p.flush(e)
		p.line(s, ending(e))
	}
}

// ending is a step's last line.
func ending(e *Event) string {
	switch e.Kind {
	case Cached:
		return "CACHED"
	case Canceled:
		return "CANCELED"
	case Failed:
		return "ERROR: " + string(e.Text)
	}
	return fmt.Sprintf("DONE %.1fs", e.Time.Sub(e.Step.Begin).Seconds())
}

func (p *Plain) output(e *Event) {
	text := append(p.half[e.Step], e.Text...)
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			break
		}
		p.line(e.Step, since(e)+" "+string(bytes.TrimSuffix(text[:i], []byte("\r"))))
		text = text[i+1:]
	}
	if p.half[e.Step] = text; len(text) == 0 {
		delete(p.half, e.Step)
	}
}

// flush writes a last line that has no end.
func (p *Plain) flush(e *Event) {
	if text := p.half[e.Step]; len(text) > 0 {
		p.line(e.Step, since(e)+" "+string(text))
		delete(p.half, e.Step)
	}
}

// since is the time since the step's begin in five characters.
func since(e *Event) string {
	d := e.Time.Sub(e.Step.Begin)
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.3f", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.2f", d.Seconds())
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// Close ends the last block with an empty line.
func (p *Plain) Close() {}
