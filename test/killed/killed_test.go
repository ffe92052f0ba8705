package killed

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bantam/internal/testenv"
)

const workers = 8

func TestKilled(t *testing.T) {
	testenv.Root(t)
	operations, kills := 160, 32
	if os.Getenv("BANTAM_NIGHTLY") == "1" {
		operations, kills = 2000, 200
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("BANTAM_KILL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("BANTAM_KILL_SEED=%s: %v", s, err)
		}
	}
	t.Logf("BANTAM_KILL_SEED=%d", seed)
	r := newRig(t)
	var left atomic.Int64
	left.Store(int64(operations))
	var group sync.WaitGroup
	list := make([]*worker, workers)
	for i := range list {
		w := &worker{rig: r, number: i, random: rand.New(rand.NewPCG(seed, uint64(i))), killed: float64(kills) / float64(operations)}
		list[i] = w
		group.Add(1)
		go func() {
			defer group.Done()
			for left.Add(-1) >= 0 && !t.Failed() {
				w.step()
			}
		}()
	}
	group.Wait()
	t.Logf("killed %d commands, %d monitors; %d of them while they worked on a container", r.commands.Load(), r.monitors.Load(), r.inTime.Load())
	r.readable(list)
	r.removeAll()
	r.nothingLeft()
	if t.Failed() {
		for _, w := range list {
			for _, s := range append(w.past, w.subjects...) {
				t.Logf("%s:\n%s", s.name, strings.Join(s.log, "\n"))
			}
		}
	}
}
