package engine

import (
	"fmt"
	"os"
	"os/signal"
	"strings"

	"bantam/internal/container/monitor/wire"
	"bantam/internal/linux/forward"

	"golang.org/x/sys/unix"
)

// terminal is the user's terminal while a container's terminal is shown in it.
type terminal struct {
	fd  int
	old *unix.Termios
}

// rawTerminal turns echo, line editing and signal keys off (termios(3), cfmakeraw).
func rawTerminal(fd int) (*terminal, error) {
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	raw := *old
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	return &terminal{fd, old}, nil
}

func (t *terminal) restore() {
	if t != nil {
		_ = unix.IoctlSetTermios(t.fd, unix.TCSETS, t.old)
	}
}

// follow gives the container's terminal the size of the user's, now and whenever it changes.
func (t *terminal) follow(master int) {
	if master < 0 {
		return
	}
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, unix.SIGWINCH)
	go func() {
		for range changed {
			t.size(master)
		}
	}()
}

// size gives the container's terminal the size of the user's.
func (t *terminal) size(master int) {
	if size, err := unix.IoctlGetWinsize(t.fd, unix.TIOCGWINSZ); err == nil {
		_ = unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, size)
	}
}

// tellSignals has the monitor told of the signals that the command gets from now on, if they are the container's. The terminal's size
// is the command's own affair.
func (s *session) tellSignals() error {
	if !s.view.SigProxy {
		return nil
	}
	var except []unix.Signal
	if s.term != nil {
		except = []unix.Signal{unix.SIGWINCH}
	}
	return forward.Tell(s.conn.FD, byte(wire.KindSignal), except...)
}

// dropSignals lets nobody be told any more, before the number of the descriptor becomes free.
func (s *session) dropSignals() {
	if s.view.SigProxy {
		_ = forward.Tell(-1, byte(wire.KindSignal))
	}
}

// detachKeys recognises the sequence that leaves a container running.
type detachKeys struct {
	seq []byte
	at  int
}

// parseDetachKeys reads docker's notation: "ctrl-p,ctrl-q", "ctrl-@", "a,b".
func parseDetachKeys(text string) (detachKeys, error) {
	if text == "" {
		text = "ctrl-p,ctrl-q"
	}
	var k detachKeys
	for _, key := range strings.Split(text, ",") {
		c, isCtrl := strings.CutPrefix(key, "ctrl-")
		switch {
		case len(c) != 1:
			return k, fmt.Errorf("invalid detach keys (%s): Unknown character: '%s'", text, key)
		case !isCtrl:
			k.seq = append(k.seq, c[0])
		case c[0] >= 'a' && c[0] <= 'z':
			k.seq = append(k.seq, c[0]-'a'+1)
		case c[0] == '@':
			k.seq = append(k.seq, 0)
		case c[0] >= '[' && c[0] <= '_':
			k.seq = append(k.seq, c[0]-'['+27)
		default:
			return k, fmt.Errorf("invalid detach keys (%s): Unknown character: '%s'", text, key)
		}
	}
	return k, nil
}

// filter returns what of b is for the container, and true once the whole sequence was typed.
// A prefix is held back until it is clear what it belongs to.
func (k *detachKeys) filter(b []byte) ([]byte, bool) {
	if len(k.seq) == 0 {
		return b, false
	}
	var out []byte
	for _, c := range b {
		if c == k.seq[k.at] {
			if k.at++; k.at == len(k.seq) {
				return out, true
			}
			continue
		}
		out = append(out, k.seq[:k.at]...)
		k.at = 0
		if c == k.seq[0] && len(k.seq) > 1 {
			k.at = 1
			continue
		}
		out = append(out, c)
	}
	return out, false
}

// Interactive says that a person sits at this process's standard files.
func Interactive() bool { return isTerminal(0) && isTerminal(1) }

// windowSize is that of the terminal at a descriptor, 0 where there is none.
func windowSize(fd int) (rows, cols uint16) {
	size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return size.Row, size.Col
}
