package term

import (
	"io"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Keys that are no characters. Alt with a character that isn't here arrives as Escape
// and then the character.
const (
	Up = -iota - 2
	Down
	Right
	Left
	Home
	End
	Insert
	Delete
	PageUp
	PageDown
	CtrlRight
	CtrlLeft
	AltRight // also alt-f
	AltLeft  // also alt-b
	AltBackspace
	AltD
	CtrlDelete
	PasteStart // ESC [ 200 ~
	PasteEnd   // ESC [ 201 ~
	// Signal is no key: the descriptor Signals can be read.
	Signal
	// Timeout is no key: none came in time.
	Timeout
	// Position is no key: the terminal said where the cursor is, and Cursor was called.
	Position
)

// Escape is the key ESC alone.
const Escape = 27

// sequences are what follows ESC and the key that it is, as letters from 'A' = Up on.
// See "Xterm Control Sequences".
const sequences = "\x7fO\nbN\nfM\ndP\n\bO\n" +
	"OAA\nOBB\nOCC\nODD\nOHE\nOFF\n[AA\n[BB\n[CC\n[DD\n[HE\n[FF\n" +
	"[1~E\n[2~G\n[3~H\n[4~F\n[5~I\n[6~J\n[7~E\n[8~F\n" +
	"[1;5CK\n[1;5DL\n[1;3CM\n[1;3DN\n[3;5~Q\nOcK\nOdL\n[200~R\n[201~S\n"

// Reader reads keys from a terminal in raw mode. It never reads further than the key
// that it returns, so that what was typed ahead is there for the next program.
type Reader struct {
	Fd int
	// Signals is watched too if Watch is set: see signals.Pipe.
	Signals int
	Watch   bool
	// NoAlt makes Alt with a letter two keys, Escape first: for vi.
	NoAlt bool
	// back are bytes that were read and not yet understood.
	back []byte
	// Cursor is called for the answer to ESC [ 6 n, if it isn't nil.
	Cursor func(row, column int)
}

// Key waits up to timeout milliseconds, for ever if it is negative, and returns a
// character or one of the keys above. A byte that is no part of UTF-8 is returned as
// Byte plus its value. The error is io.EOF at the
// end.
func (r *Reader) Key(timeout int) (key rune, err error) {
	for {
		b, state, err := r.byte(timeout)
		if state != 0 || err != nil {
			return state, err
		}
		switch {
		case b == Escape:
			key, known, err := r.escape()
			if err != nil || known {
				return key, err
			}
			// An unknown sequence is no key.
			continue
		case b < utf8.RuneSelf:
			return rune(b), nil
		}
		return r.character(b)
	}
}

// Byte is what a byte that is no part of a UTF-8 character is added to.
const Byte = 0x110000

// character reads the rest of a UTF-8 character.
func (r *Reader) character(b byte) (rune, error) {
	seq := []byte{b}
	for len(seq) < utf8.UTFMax && !utf8.FullRune(seq) {
		next, state, err := r.byte(50)
		if state != 0 || err != nil {
			break
		}
		seq = append(seq, next)
	}
	c, size := utf8.DecodeRune(seq)
	if c == utf8.RuneError && size <= 1 {
		r.back = append(seq[1:len(seq):len(seq)], r.back...)
		return Byte + rune(b), nil
	}
	r.back = append(seq[size:len(seq):len(seq)], r.back...)
	return c, nil
}

// byte reads one byte. state is Timeout or Signal if there is none.
func (r *Reader) byte(timeout int) (b byte, state rune, err error) {
	if len(r.back) > 0 {
		b = r.back[0]
		r.back = r.back[1:]
		return b, 0, nil
	}
	fds := []unix.PollFd{{Fd: int32(r.Fd), Events: unix.POLLIN}, {Fd: int32(r.Signals), Events: unix.POLLIN}}
	if !r.Watch {
		fds = fds[:1]
	}
	for {
		n, err := unix.Poll(fds, timeout)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, 0, err
		case n == 0:
			return 0, Timeout, nil
		case r.Watch && fds[1].Revents != 0:
			return 0, Signal, nil
		}
		var p [1]byte
		n, err = syscall.Read(r.Fd, p[:])
		switch {
		case err == syscall.EINTR || err == syscall.EAGAIN:
			continue
		case err != nil:
			return 0, 0, err
		case n == 0:
			return 0, 0, io.EOF
		}
		return p[0], 0, nil
	}
}

// escape reads what follows ESC. A sequence comes as a unit, so only 50 ms are waited
// for its next byte.
func (r *Reader) escape() (key rune, known bool, err error) {
	seq := make([]byte, 0, 16)
	for {
		watch := r.Watch
		r.Watch = false
		b, state, err := r.byte(50)
		r.Watch = watch
		if err != nil && err != io.EOF {
			return 0, false, err
		}
		if state != 0 || err != nil {
			break
		}
		seq = append(seq, b)
		if r.NoAlt && b != '[' && b != 'O' && len(seq) == 1 {
			break
		}
		if key, ok := lookup(seq); ok {
			return key, true, nil
		}
		if !partial(seq) {
			break
		}
	}
	if len(seq) <= 1 || r.NoAlt && seq[0] == 'O' {
		r.back = append(seq, r.back...)
		return Escape, true, nil
	}
	return Position, r.position(seq), nil
}

// lookup finds a complete sequence.
func lookup(seq []byte) (key rune, ok bool) {
	for rest := sequences; rest != ""; {
		var s string
		s, rest, _ = strings.Cut(rest, "\n")
		if s[:len(s)-1] == string(seq) {
			return Up - rune(s[len(s)-1]-'A'), true
		}
	}
	return 0, false
}

// partial says whether a sequence goes on: control sequences end with a byte from
// '@' on (ECMA-48, 5.4).
func partial(seq []byte) bool {
	if seq[0] == 'O' || seq[0] == '[' {
		return len(seq) == 1 || seq[0] == '[' && seq[len(seq)-1] < '@' && len(seq) < cap(seq)
	}
	return false
}

// position understands "[ROW;COLUMNR".
func (r *Reader) position(seq []byte) bool {
	if r.Cursor == nil || seq[len(seq)-1] != 'R' || seq[0] != '[' {
		return false
	}
	row, column, _ := strings.Cut(string(seq[1:len(seq)-1]), ";")
	y, x := digits(row), digits(column)
	if x == 0 || y == 0 {
		return false
	}
	r.Cursor(y, x)
	return true
}

func digits(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 9999 {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// Unread makes the bytes the next that are read.
func (r *Reader) Unread(p string) { r.back = append([]byte(p), r.back...) }

// Waiting says whether a key can be read at once.
func (r *Reader) Waiting() bool {
	if len(r.back) > 0 {
		return true
	}
	fds := []unix.PollFd{{Fd: int32(r.Fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(fds, 0)
	return n > 0
}

// Wait waits some milliseconds, or until a key can be read.
func (r *Reader) Wait(timeout int) {
	if len(r.back) == 0 {
		fds := []unix.PollFd{{Fd: int32(r.Fd), Events: unix.POLLIN}}
		unix.Poll(fds, timeout)
	}
}
