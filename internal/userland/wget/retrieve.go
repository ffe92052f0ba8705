package wget

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// retrieve copies the data to the output.
func (w *wget) retrieve(s *stream) bool {
	if w.toStdout {
		w.say("writing to stdout\n")
	} else {
		w.say("saving to '", w.name, "'\n")
	}
	w.bar = progress{start: time.Now(), last: time.Now(), changed: time.Now()}
	s.link.tick = w.update
	ok := w.copyAll(s)
	s.link.tick = nil
	if !ok {
		return false
	}
	if !w.toStdout {
		// After a failed restart the rest of the old file is still there.
		if end, err := syscall.Seek(w.fd, 0, 1); err == nil {
			syscall.Ftruncate(w.fd, end)
		}
	}
	if !w.fixed {
		syscall.Close(w.fd)
		w.fd = -1
	}
	if w.toStdout {
		w.say("written to stdout\n")
	} else {
		w.say("'", w.name, "' saved\n")
	}
	return true
}

// copyAll copies to the end of the data: one piece, or chunks.
func (w *wget) copyAll(s *stream) bool {
	for {
		if w.chunked {
			if !w.chunkLength(s) {
				return false
			}
			if w.length == 0 {
				break
			}
		}
		if !w.copyPiece(s) {
			return false
		}
		if !w.chunked {
			break
		}
		if _, ok := w.response(s, "-"); !ok { // the end of the line after a chunk
			return false
		}
	}
	missing := w.hasLength && w.length != 0
	w.chunked = false
	if !w.hasLength {
		w.length, w.hasLength = 0, true // so that the bar is full
	}
	w.endBar()
	if missing {
		return w.fail("connection closed prematurely", nil)
	}
	return true
}

// chunkLength reads "HEXNUM[;name=value]".
func (w *wget) chunkLength(s *stream) bool {
	line, ok := w.response(s, "-")
	if !ok {
		return false
	}
	digits, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 63)
	if err != nil {
		return w.fail("bad chunk length '"+line+"'", nil)
	}
	w.length, w.hasLength = int64(n), true
	return true
}

func (w *wget) copyPiece(s *stream) bool {
	for !w.hasLength || w.length > 0 {
		limit := int64(bufferSize)
		if w.hasLength {
			limit = min(limit, w.length)
		}
		p, err := s.chunk(limit)
		if err != nil {
			w.endBar()
			return w.fail("read error", err)
		}
		if p == nil {
			return true
		}
		if err := applet.WriteFd(w.fd, p); err != nil {
			return w.fail("write error", err)
		}
		w.done += int64(len(p))
		if w.hasLength {
			w.length -= int64(len(p))
		}
		w.update()
	}
	return true
}

// progress is the state of the bar.
type progress struct {
	start   time.Time
	last    time.Time // drawn
	changed time.Time // grew
	size    int64
}

func (w *wget) endBar() {
	w.bar.last = time.Time{}
	w.update()
	if w.shows() && applet.IsTerminal(2) {
		w.log.Print("\n")
	}
}

func (w *wget) shows() bool { return !w.quiet && !w.logged }

// update draws the bar, at most once a second.
func (w *wget) update() {
	now, b := time.Now(), &w.bar
	if !w.shows() || now.Sub(b.last) < time.Second {
		return
	}
	b.last = now
	name := w.name[strings.LastIndexByte(w.name, '/')+1:]
	for len(name) < 20 {
		name += " "
	}
	terminal := applet.IsTerminal(2)
	line := name[:20] + " "
	if terminal {
		line = "\r" + line
	}
	total := int64(0)
	if w.hasLength && !w.chunked {
		total = w.begin + w.done + w.length
	}
	if total > 0 {
		line += w.share(total)
	}
	line += size(w.begin+w.done) + w.eta(now, total)
	if !terminal {
		line += "\n"
	}
	w.log.Print(line)
}

// share draws how much of the whole is there.
func (w *wget) share(total int64) string {
	part := float64(w.begin+w.done) / float64(total)
	line := pad(strconv.Itoa(int(100*part)), 3) + "% "
	columns, _ := term.Size(w.Call, 2)
	if width := min(columns-48, 999); width > 2 {
		stars := int(float64(width) * part)
		line += "|" + strings.Repeat("*", stars) + strings.Repeat(" ", width-stars) + "| "
	}
	return line
}

// eta is the time that is left. Those in which nothing came don't count.
func (w *wget) eta(now time.Time, total int64) string {
	const stall = 5 * time.Second
	b := &w.bar
	idle := now.Sub(b.changed)
	if w.done != b.size {
		b.changed, b.size = now, w.done
		if idle >= stall {
			b.start = b.start.Add(idle)
		}
		idle = 0
	}
	elapsed := now.Sub(b.start).Seconds()
	switch {
	case idle >= stall:
		return "  - stalled -"
	case total == 0 || w.done == 0 || elapsed < 0:
		return " --:--:-- ETA"
	}
	left := int(min(elapsed*float64(w.length)/float64(w.done), 1000*3600-1))
	two := func(n int) string { return strconv.Itoa(100 + n)[1:] }
	return pad(strconv.Itoa(left/3600), 3) + ":" + two(left/60%60) + ":" + two(left%60) + " ETA"
}

func pad(s string, width int) string {
	for len(s) < width {
		s = " " + s
	}
	return s
}

// size writes a number of bytes in five columns.
func size(n int64) string {
	const units = "kMGTPE"
	unit, rest := 0, int64(0)
	for n >= 10000 {
		rest = n % 1024
		n /= 1024
		unit++
	}
	if unit > 0 && n < 100 {
		return pad(itoa(n)+"."+itoa(rest*10/1024), 4) + units[unit-1:unit]
	}
	if unit == 0 {
		return pad(itoa(n), 5)
	}
	return pad(itoa(n), 4) + units[unit-1:unit]
}
