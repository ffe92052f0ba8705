package term_test

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// TestMain shows the keys of the terminal that it runs in if it is told to.
func TestMain(m *testing.M) {
	if os.Getenv("SHOW_KEYS") == "" {
		os.Exit(m.Run())
	}
	winch, _ := signals.Pipe(syscall.SIGWINCH)
	old, err := term.Raw(0)
	if err != nil {
		os.Exit(1)
	}
	defer term.Set(0, old)
	r := term.Reader{Fd: 0, Signals: winch, Watch: true}
	r.Cursor = func(row, column int) {
		os.Stdout.WriteString("at " + strconv.Itoa(row) + "," + strconv.Itoa(column) + "\r\n")
	}
	os.Stdout.WriteString("ready\r\n\x1b[6n")
	for {
		key, err := r.Key(5000)
		if err == io.EOF || key == 'q' || key == term.Timeout {
			return
		}
		if key == term.Signal {
			var b [1]byte
			syscall.Read(winch, b[:])
		}
		os.Stdout.WriteString(strconv.Itoa(int(key)) + "\r\n")
	}
}

func TestKeys(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SHOW_KEYS=1")
	p := testenv.NewTerminal(t, 80, 50, cmd)
	p.Wait("ready\nat 2,1\n" + strconv.Itoa(term.Position) + "\n")
	if p.Modes().Lflag&syscall.ICANON != 0 {
		t.Error("the terminal is not raw")
	}
	for keys, want := range map[string]rune{
		"a": 'a', "\x03": 3, "\r": 13, "ä": 'ä', "\xe2\x82\xac": '€', "\xff": term.Byte + 0xff, "\x1b[A": term.Up, "\x1bOB": term.Down,
		"\x1b[1~": term.Home, "\x1b[3~": term.Delete, "\x1b[1;5C": term.CtrlRight, "\x1bf": term.AltRight, "\x1bd": term.AltD,
		"\x1b[200~": term.PasteStart, "\x1b\x7f": term.AltBackspace,
	} {
		p.Type(keys)
		p.Wait("\n" + strconv.Itoa(int(want)) + "\n")
	}
	p.Type("\x1b") // alone, after a while
	p.Wait("\n27\n")
	p.Type("\x1bz") // alt with something is two keys
	p.Wait("\n27\n122\n")
	p.Type("\x1b[99;99zk") // an unknown sequence is none
	p.Wait("122\n107\n")
	p.Resize(70, 50)
	p.Wait("107\n" + strconv.Itoa(term.Signal) + "\n")
	p.Type("q")
	p.Exit()
}
