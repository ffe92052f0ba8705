package proc

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// Times are what a processor, or all of them, did since the machine started, in ticks.
type Times struct {
	Name string // "cpu" for all of them, "cpu0"...
	// User, nice, system, idle, waiting, interrupts, soft ones, stolen, guest, its nice.
	Part [10]uint64
}

// The parts of the time.
const (
	CPUUser = iota
	CPUNice
	CPUSystem
	CPUIdle
	CPUWait
	CPUInterrupts
	CPUSoft
	CPUStolen
	CPUGuest
	CPUGuestNice
)

// Total is all of it. The time of guests is in that of user and nice.
func (t *Times) Total() uint64 {
	n := uint64(0)
	for _, p := range t.Part[:CPUGuest] {
		n += p
	}
	return n
}

// Busy is the time in which something was done.
func (t *Times) Busy() uint64 { return t.Total() - t.Part[CPUIdle] - t.Part[CPUWait] }

// Since is the difference to an earlier time. Waiting may go backwards: see proc(5).
func (t *Times) Since(old *Times) Times {
	d := *t
	for i := range d.Part {
		if d.Part[i] -= min(old.Part[i], d.Part[i]); t.Part[i] < old.Part[i] {
			d.Part[i] = 0
		}
	}
	return d
}

// Processors reads /proc/stat: all of them together first, then each.
func Processors() []Times {
	in, err := applet.Open("/proc/stat")
	if err != nil {
		return nil
	}
	defer in.Close()
	var all []Times
	for line, ok := in.Line(); ok && bytes.HasPrefix(line, []byte("cpu")); line, ok = in.Line() {
		name, rest, _ := bytes.Cut(line, []byte(" "))
		t := Times{Name: string(name)}
		f := fields(bytes.TrimLeft(rest, " "))
		for i := range t.Part {
			t.Part[i] = uint64(f.next())
		}
		all = append(all, t)
	}
	return all
}
