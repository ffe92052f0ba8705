package engine

import (
	"io"
	"os"
)

// Streams are what somebody attaches to a container or to a further process in it.
// The outputs are descriptors, because the container's monitor writes to them itself.
type Streams struct {
	In       io.Reader // nil: nothing goes in
	Out, Err int       // -1: not wanted; with a terminal everything comes through Out
	// Pipes says that Out and Err are write ends of pipes made for this, which a process
	// in a container may get. Other files are never given away (CVE-2024-21626).
	Pipes bool
	// Leave detaches when it is closed; nil is never.
	Leave <-chan struct{}
}

// standard are the standard files of this process.
func standard() Streams { return Streams{In: os.Stdin, Out: 1, Err: 2} }

// none are no streams: who only waits.
func none() Streams { return Streams{Out: -1, Err: -1} }

// or are the streams, or those of this process where there are none.
func (s *Streams) or() Streams {
	if s == nil {
		return standard()
	}
	return *s
}

// only leaves the outputs that are wanted.
func (s Streams) only(stdout, stderr bool) Streams {
	if !stdout {
		s.Out = -1
	}
	if !stderr {
		s.Err = -1
	}
	return s
}

// outputs are the descriptors that go to the monitor.
func (s Streams) outputs() []int {
	var fds []int
	for _, fd := range [...]int{s.Out, s.Err} {
		if fd >= 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}
