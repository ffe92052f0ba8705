package monitor

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
)

// A monitor at rest has no collector that wakes it every two minutes, and yet collects its garbage.
func TestRestHeap(t *testing.T) {
	if os.Getenv("BANTAM_REST_HEAP") == "" { // the heap of this process is the other tests', too
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestRestHeap$", "-test.v")
		cmd.Env = append(os.Environ(), "BANTAM_REST_HEAP=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for _, room := range []int{0, 8 << 20} {
		keep := make([]byte, 1<<20)
		restHeap(int64(room))
		if old := debug.SetGCPercent(-1); old != -1 {
			t.Errorf("the collector is on (%d)", old)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 64 << 20 >> 14 {
			garbage = make([]byte, 16<<10)
		}
		runtime.ReadMemStats(&after)
		n, most := int(after.NumGC-before.NumGC), 64<<20/(heapRoom/8+room/2)
		if n == 0 || n > most {
			t.Errorf("64 MiB of garbage took %d collections, of at most %d", n, most)
		}
		runtime.KeepAlive(keep)
	}
}

var garbage []byte // on the heap
