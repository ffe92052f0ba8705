// Package progress tells what a build is doing: as BuildKit's plain text, on a terminal,
// or as lines of JSON. The words are BuildKit's, because people and scripts read them.
package progress

import (
	"io"
	"sync"
	"time"
)

// Kind says what happened to a step.
type Kind int

// What happens.
const (
	Started Kind = iota
	Output       // the step wrote to standard output or error
	Noted        // part of the step's work: "exporting layers 0.1s done"
	Warned
	Cached // it ended at once
	Done
	Failed
	Canceled // another step failed
)

// Event is one line of the story.
type Event struct {
	Kind Kind
	Step *Step
	Time time.Time
	// Text is the output, the note or the error.
	Text   []byte
	Stream int // 1 or 2, of Output
	// Finished, Current and Total belong to Noted.
	Finished       bool
	Current, Total int64
}

// Sink shows events, one after the other.
type Sink interface {
	Event(e *Event)
	// Close is called at the end, when nothing more comes.
	Close()
}

// Log numbers the steps of one build and passes on what happens to them. It may be used
// by several goroutines.
type Log struct {
	mu    sync.Mutex
	sink  Sink
	count int
	// Steps are all that began, in order.
	Steps []*Step
}

// New is a log that shows its events on the sink; nil shows nothing.
func New(s Sink) *Log { return &Log{sink: s} }

// Step is one unit of work.
type Step struct {
	Number   int
	Name     string
	Begin    time.Time
	End      time.Time
	Cached   bool
	Err      string
	Canceled bool
	Inputs   []*Step // what it waits for

	log  *Log
	tail []byte // the last lines of its output
}

// Start begins a step.
func (l *Log) Start(name string, inputs ...*Step) *Step {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	s := &Step{Number: l.count, Name: name, Begin: time.Now(), Inputs: inputs, log: l}
	l.Steps = append(l.Steps, s)
	l.emit(&Event{Kind: Started, Step: s, Time: s.Begin})
	return s
}

func (l *Log) emit(e *Event) {
	if l.sink != nil {
		l.sink.Event(e)
	}
}

// Suspend stops the drawing while something else has the terminal.
func (l *Log) Suspend(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.sink.(interface{ Suspend(on bool) }); ok {
		t.Suspend(on)
	}
}

// Close ends the log.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sink != nil {
		l.sink.Close()
	}
}

// maxTail of a step's output is shown again when it fails.
const maxTail = 64 << 10

// Output passes on what the step wrote.
func (s *Step) Output(stream int, text []byte) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.tail = append(s.tail, text...)
	if n := len(s.tail) - maxTail; n > maxTail {
		s.tail = append(s.tail[:0], s.tail[n:]...)
	}
	s.log.emit(&Event{Kind: Output, Step: s, Time: time.Now(), Text: text, Stream: stream})
}

// Writer writes to the step's output.
func (s *Step) Writer(stream int) io.Writer { return writer{s, stream} }

type writer struct {
	step   *Step
	stream int
}

func (w writer) Write(b []byte) (int, error) {
	w.step.Output(w.stream, b)
	return len(b), nil
}

// Tail is the end of what the step wrote.
func (s *Step) Tail() []byte {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return append([]byte(nil), s.tail[max(0, len(s.tail)-maxTail):]...)
}

// Note tells of a part of the step's work; bytes are 0 where they say nothing.
func (s *Step) Note(text string, finished bool, current, total int64) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.emit(&Event{Kind: Noted, Step: s, Time: time.Now(), Text: []byte(text), Finished: finished, Current: current, Total: total})
}

// Warn shows a warning.
func (s *Step) Warn(text string) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.emit(&Event{Kind: Warned, Step: s, Time: time.Now(), Text: []byte(text)})
}

// FromCache ends the step: its result was there.
func (s *Step) FromCache() { s.end(Cached, nil) }

// Finish ends the step, with an error or without.
func (s *Step) Finish(err error) {
	if err != nil {
		s.end(Failed, err)
		return
	}
	s.end(Done, nil)
}

// Cancel ends a step that another one's failure made useless.
func (s *Step) Cancel() { s.end(Canceled, nil) }

func (s *Step) end(kind Kind, err error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if !s.End.IsZero() {
		return
	}
	s.End, s.Cached, s.Canceled = time.Now(), kind == Cached, kind == Canceled
	e := &Event{Kind: kind, Step: s, Time: s.End}
	if err != nil {
		s.Err = err.Error()
		e.Text = []byte(s.Err)
	}
	s.log.emit(e)
}
