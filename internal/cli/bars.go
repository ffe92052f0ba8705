package cli

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"bantam/internal/engine"
)

// bars shows how far layers are, a line each, on a terminal; elsewhere nothing, as docker.
type bars struct {
	mu    sync.Mutex
	out   io.Writer // nil: nothing is shown
	what  string
	lines []string
	at    map[string]int
	next  time.Time
}

func (c *call) bars(quiet bool) *bars {
	b := &bars{what: "Loading layer", at: map[string]int{}}
	if !quiet && isTerminal(1) {
		b.out = c.out
	}
	return b
}

const barWidth = 50

// layer is an engine's progress: it is called by several goroutines.
func (b *bars) layer(id string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out == nil {
		return
	}
	i, known := b.at[id]
	if !known {
		i = len(b.lines)
		b.at[id] = i
		b.lines = append(b.lines, "")
		_, _ = io.WriteString(b.out, "\n")
	}
	n := 0
	if total > 0 {
		n = int(done * barWidth / total)
	}
	text := id + ": " + b.what + " [" + strings.Repeat("=", n) + ">" + strings.Repeat(" ", max(barWidth-n, 0)) + "]  " + engine.HumanSize(done)
	if total > 0 {
		text += "/" + engine.HumanSize(total)
	}
	b.lines[i] = text
	if now := time.Now(); now.After(b.next) || done == total {
		b.next = now.Add(100 * time.Millisecond)
		b.draw(i)
	}
}

// draw goes up to a line, writes it and comes back.
func (b *bars) draw(i int) {
	up := strconv.Itoa(len(b.lines) - i)
	_, _ = io.WriteString(b.out, "\x1b["+up+"A\r\x1b[2K"+b.lines[i]+"\x1b["+up+"B\r")
}

func (b *bars) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.lines {
		b.draw(i)
	}
	b.out = nil
}
