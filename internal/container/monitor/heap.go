package monitor

import (
	"runtime"
	"runtime/debug"
	"time"

	"bantam/internal/parallel"

	"golang.org/x/sys/unix"
)

// settleAfter is when, in milliseconds, a container counts as one that stays, and a command's visit as over.
const settleAfter = 1000

// stir says that a command came, whose memory is to be given back when it has gone.
func (m *monitor) stir() {
	m.visited = time.Now()
	if m.stirred.IsZero() {
		m.stirred = m.visited
	}
}

// patience is how long the loop may sleep, in milliseconds: to the next health check or until the monitor is to settle; -1 is for good.
func (m *monitor) patience() int {
	p := m.health.patience()
	if !m.stirred.IsZero() && (p < 0 || p > settleAfter) {
		return settleAfter
	}
	return p
}

// settle brings a monitor to rest that has been stirred for long enough.
func (m *monitor) settle() {
	if m.stirred.IsZero() || time.Since(m.stirred) < settleAfter*time.Millisecond {
		return
	}
	m.closeProgram()
	m.watchMemory() // a limit may have come by update
	if time.Since(m.visited) < settleAfter*time.Millisecond {
		m.stirred = m.visited // one command after the other: the next would only take the memory again
		return
	}
	m.stirred = time.Time{}
	restHeap(m.record.Host.LogConfig.BufferSize)
}

// closeProgram closes the mount that this program was executed from, once the container counts as one that stays: that, too, waits for
// a grace period, and a container that ends at once would have to wait for this one.
func (m *monitor) closeProgram() {
	if m.program >= 0 {
		unix.Close(m.program)
		m.program = -1
	}
}

// heapRoom is how much garbage a monitor at rest may have, and the megabyte by which the runtime begins earlier
// (memoryLimitMinHeapGoalHeadroom in runtime/mgcpacer.go).
const heapRoom = 4 << 20

// heapGrowth keeps the heap small, in per cent, while it is measured what a monitor needs.
const heapGrowth = 25

// restHeap gives the memory back that is not needed and lets the Go runtime sleep. Its collector runs every two minutes,
// unless it is off (gcTriggerTime in runtime/mgc.go), and a thousand monitors would keep a tenth of a CPU busy with that.
// So it is off, and begins when there is so much more than now: room is for what waits, heapRoom for garbage. No
// collection may end while there is neither: the runtime would take it for a big heap, and huge pages for its tables.
func restHeap(room int64) {
	debug.SetGCPercent(heapGrowth)
	parallel.Alone(debug.FreeOSMemory)
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	debug.SetMemoryLimit(int64(s.Sys-s.HeapSys+s.HeapInuse) + heapRoom + room)
	debug.SetGCPercent(-1)
}
