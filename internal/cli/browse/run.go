package browse

import (
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Run shows the model in a terminal until the user leaves.
func Run(m *Model, in, out *os.File) error {
	fd := int(in.Fd())
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return fmt.Errorf("browse: standard input is no terminal: %w", err)
	}
	raw := *old
	raw.Iflag &^= unix.ICRNL | unix.IXON
	raw.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return err
	}
	defer unix.IoctlSetTermios(fd, unix.TCSETS, old)
	_, _ = io.WriteString(out, "\x1b[?1049h\x1b[?25l") // the other screen, without a cursor
	defer io.WriteString(out, "\x1b[?25h\x1b[?1049l")
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, unix.SIGWINCH, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(changed)
	keys := make(chan string)
	go read(in, keys)
	for {
		columns, rows := size(out)
		_, _ = io.WriteString(out, "\x1b[H"+m.Draw(columns, rows))
		select {
		case s := <-changed:
			if s != unix.SIGWINCH {
				return nil
			}
			_, _ = io.WriteString(out, "\x1b[2J")
		case k, ok := <-keys:
			if !ok || m.Key(k) {
				return nil
			}
		}
	}
}

func size(f *os.File) (columns, rows int) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 || ws.Row == 0 {
		return 80, 24
	}
	return int(ws.Col), int(ws.Row)
}

// read turns bytes into the names of keys.
func read(in io.Reader, keys chan<- string) {
	defer close(keys)
	b := make([]byte, 64)
	for {
		n, err := in.Read(b)
		if err != nil {
			return
		}
		for rest := b[:n]; len(rest) > 0; {
			var key string
			key, rest = next(rest)
			keys <- key
		}
	}
}

// next takes a key off; sequences are those of xterm and of the Linux console.
func next(b []byte) (key string, rest []byte) {
	for _, s := range [...]struct{ bytes, key string }{
		{"\x1b[A", KeyUp}, {"\x1bOA", KeyUp}, {"\x1b[B", KeyDown}, {"\x1bOB", KeyDown},
		{"\x1b[C", KeyRight}, {"\x1bOC", KeyRight}, {"\x1b[D", KeyLeft}, {"\x1bOD", KeyLeft},
		{"\x1b[5~", KeyPageUp}, {"\x1b[6~", KeyPageDown}, {"\x1b[H", KeyHome}, {"\x1b[F", KeyEnd}, {"\x1b[1~", KeyHome}, {"\x1b[4~", KeyEnd},
		{"\t", KeyTab}, {"\r", KeyEnter}, {"\n", KeyEnter}, {"\x03", KeyQuit}, {"g", KeyHome}, {"G", KeyEnd},
	} {
		if len(b) >= len(s.bytes) && string(b[:len(s.bytes)]) == s.bytes {
			return s.key, b[len(s.bytes):]
		}
	}
	if b[0] == 0x1b {
		return KeyQuit, nil // escape, or a sequence that means nothing here
	}
	return string(b[:1]), b[1:]
}
