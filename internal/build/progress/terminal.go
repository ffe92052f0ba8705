package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Terminal draws the steps over and over, as BuildKit's --progress=tty: those that have
// ended, those that run with the last lines of their output.
type Terminal struct {
	w     io.Writer
	size  func() (rows, cols int)
	mu    sync.Mutex
	steps []*shown
	by    map[*Step]*shown
	lines int // drawn, to be drawn over
	begin time.Time
	// resting: something else has the terminal.
	resting bool
	stop    chan struct{}
	ended   chan struct{}
}

// shown is what is known of a step.
type shown struct {
	step  *Step
	end   *Event
	lines [][]byte
	half  []byte
}

// NewTerminal draws on w; size says how large it is.
func NewTerminal(w io.Writer, size func() (rows, cols int)) *Terminal {
	t := &Terminal{w: w, size: size, by: map[*Step]*shown{}, begin: time.Now(), stop: make(chan struct{}), ended: make(chan struct{})}
	go t.run()
	return t
}

// frame is the time between two drawings.
const frame = 150 * time.Millisecond

// tailLines of a step that runs are shown.
const tailLines = 6

func (t *Terminal) run() {
	defer close(t.ended)
	tick := time.NewTicker(frame)
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			t.draw(true)
			return
		case <-tick.C:
			t.draw(false)
		}
	}
}

// Event takes an event in; it is seen with the next drawing.
func (t *Terminal) Event(e *Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.by[e.Step]
	switch e.Kind {
	case Started:
		s = &shown{step: e.Step}
		t.by[e.Step] = s
		t.steps = append(t.steps, s)
	case Output:
		s.take(e.Text)
	case Noted:
		if e.Finished {
			s.lines = append(s.lines, append([]byte("=> "), e.Text...))
		}
	case Warned:
		s.lines = append(s.lines, append([]byte("WARN: "), e.Text...))
	default:
		s.end = e
	}
	if s != nil && len(s.lines) > tailLines {
		s.lines = s.lines[len(s.lines)-tailLines:]
	}
}

func (s *shown) take(text []byte) {
	parts := bytes.Split(append(s.half, text...), []byte("\n"))
	s.lines = append(s.lines, parts[:len(parts)-1]...)
	s.half = append([]byte(nil), parts[len(parts)-1]...)
}

// Suspend leaves the terminal to something else for a while.
func (t *Terminal) Suspend(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resting, t.lines = on, 0
}

func (t *Terminal) draw(last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting {
		return
	}
	rows, cols := t.size()
	var lines []string
	done := 0
	for _, s := range t.steps {
		if s.end != nil {
			done++
		}
		lines = append(lines, s.draw(cols, last)...)
	}
	if keep := rows - 2; !last && keep > 0 && len(lines) > keep {
		lines = lines[len(lines)-keep:]
	}
	state := ""
	if last && done == len(t.steps) {
		state = " FINISHED"
	}
	head := fmt.Sprintf("[+] Building %.1fs (%d/%d)%s", time.Since(t.begin).Seconds(), done, len(t.steps), state)
	var b strings.Builder
	if t.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.lines)
	}
	for _, l := range append([]string{head}, lines...) {
		b.WriteString("\x1b[2K" + l + "\r\n")
	}
	b.WriteString("\x1b[J")
	t.lines = len(lines) + 1
	_, _ = io.WriteString(t.w, b.String())
}

func (s *shown) draw(cols int, last bool) []string {
	end := time.Now()
	word := ""
	if s.end != nil {
		end = s.end.Time
		switch s.end.Kind {
		case Cached:
			word = "CACHED "
		case Failed:
			word = "ERROR "
		case Canceled:
			word = "CANCELED "
		}
	}
	text, clock := " => "+word+s.step.Name, fmt.Sprintf("%.1fs", end.Sub(s.step.Begin).Seconds())
	list := []string{aligned(text, clock, cols)}
	if s.end != nil || last {
		return list
	}
	for _, l := range s.lines {
		list = append(list, aligned(" => => # "+printable(l), "", cols))
	}
	return list
}

// aligned puts the time at the right margin and cuts what is too long.
func aligned(text, clock string, cols int) string {
	runes := []rune(text)
	room := max(cols-len(clock)-1, 10)
	if len(runes) > room {
		runes = runes[:room]
	}
	return string(runes) + strings.Repeat(" ", room-len(runes)) + clock
}

// printable keeps a step's output from moving the cursor.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, string(b))
}

// Close draws a last time.
func (t *Terminal) Close() {
	close(t.stop)
	<-t.ended
}
