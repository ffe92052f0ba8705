package testenv

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Terminal is a pseudo-terminal with a program in it and somebody who looks at its
// screen: an ECMA-48 terminal as far as full-screen programs need one.
type Terminal struct {
	Cmd *exec.Cmd

	t      testing.TB
	master *os.File
	done   chan struct{}

	mu     sync.Mutex
	screen [][]rune
	x, y   int
	wrap   bool // the cursor stands behind the last column
	all    strings.Builder
	saved  [2]int
	keep   string // the beginning of a sequence
}

// NewTerminal starts a program in a terminal of its own. It is killed when the test ends.
func NewTerminal(t testing.TB, columns, rows int, cmd *exec.Cmd) *Terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		Skip(t, "pty", err.Error())
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		Skip(t, "pty", err.Error())
	}
	p := &Terminal{Cmd: cmd, t: t, master: master, done: make(chan struct{})}
	p.size(columns, rows)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	go p.read()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		<-p.done
		master.Close()
	})
	return p
}

func (p *Terminal) size(columns, rows int) {
	unix.IoctlSetWinsize(int(p.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)})
	screen := make([][]rune, rows)
	for i := range screen {
		screen[i] = []rune(strings.Repeat(" ", columns))
		if i < len(p.screen) {
			copy(screen[i], p.screen[i])
		}
	}
	p.screen = screen
	p.x, p.y = min(p.x, columns-1), min(p.y, rows-1)
}

// Resize changes the size of the terminal: the program gets SIGWINCH.
func (p *Terminal) Resize(columns, rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size(columns, rows)
}

// Modes are the terminal's settings.
func (p *Terminal) Modes() *unix.Termios {
	m, err := unix.IoctlGetTermios(int(p.master.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *Terminal) read() {
	defer close(p.done)
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.all.Write(buf[:n])
		p.print(p.keep + string(buf[:n]))
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Type types keys.
func (p *Terminal) Type(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Error(err)
	}
}

// Wait waits until the screen has the text. Lines end with \n, without the spaces at
// their ends, also not those of the text's last one.
func (p *Terminal) Wait(text string) {
	p.t.Helper()
	text = strings.TrimRight(text, " ")
	p.Until("the screen to have "+strconv.Quote(text), func(screen string) bool { return strings.Contains(screen, text) })
}

// Until waits until the screen is as it should be.
func (p *Terminal) Until(what string, good func(screen string) bool) {
	p.t.Helper()
	for until := time.Now().Add(10 * time.Second); !good(p.Screen()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			p.t.Fatalf("waited for %s; it is:\n%s\nall output: %q", what, p.Screen(), p.Output())
		}
	}
}

// Screen is what can be seen: lines with \n behind them, without the spaces at their
// ends and without empty lines at the end.
func (p *Terminal) Screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, line := range p.screen {
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(line), string(behind), ""), " "))
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Cursor is where the cursor stands, from 0 and 0 on.
func (p *Terminal) Cursor() (x, y int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.x, p.y
}

// Output is everything that was written to the terminal.
func (p *Terminal) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}

// Exit waits for the program's end and returns its exit status.
func (p *Terminal) Exit() int {
	p.t.Helper()
	kill := time.AfterFunc(10*time.Second, func() {
		p.t.Errorf("the program didn't end; the screen:\n%s", p.Screen())
		p.Cmd.Process.Kill()
	})
	defer kill.Stop()
	p.Cmd.Wait()
	<-p.done
	return p.Cmd.ProcessState.ExitCode()
}

// print shows output on the screen.
func (p *Terminal) print(s string) {
	p.keep = ""
	for s != "" {
		if s[0] == 27 {
			n := sequence(s)
			if n == 0 {
				p.keep = s
				return
			}
			p.control(s[1:n])
			s = s[n:]
			continue
		}
		if !utf8.FullRuneInString(s) {
			p.keep = s
			return
		}
		r, size := utf8.DecodeRuneInString(s)
		p.put(r)
		s = s[size:]
	}
}

// sequence is the length of the control sequence at the start of s, 0 if it isn't whole.
func sequence(s string) int {
	if len(s) < 2 {
		return 0
	}
	if s[1] == '(' {
		if len(s) < 3 {
			return 0
		}
		return 3
	}
	if s[1] != '[' {
		return 2
	}
	for i := 2; i < len(s); i++ {
		if s[i] >= '@' {
			return i + 1
		}
	}
	return 0
}

func (p *Terminal) put(r rune) {
	width, height := len(p.screen[0]), len(p.screen)
	switch r {
	case '\r':
		p.x, p.wrap = 0, false
	case '\n':
		p.wrap = false
		if p.y++; p.y == height {
			p.y--
			p.scroll()
		}
	case '\b':
		p.x, p.wrap = max(p.x-1, 0), false
	case '\t':
		p.x = min((p.x/8+1)*8, width-1)
	case 7:
	default:
		if p.wrap {
			p.put('\r')
			p.put('\n')
		}
		columns := 1
		if r >= 0x2e80 && r < 0xfff0 { // good enough for tests
			columns = 2
		}
		if p.x+columns > width {
			p.put('\r')
			p.put('\n')
		}
		for i := range columns {
			p.screen[p.y][p.x+i] = r
			r = behind
		}
		if p.x += columns; p.x >= width {
			p.x, p.wrap = width-1, true
		}
	}
}

// behind is in the second column of a wide character.
const behind = '\uffff'

func (p *Terminal) scroll() {
	copy(p.screen, p.screen[1:])
	p.screen[len(p.screen)-1] = []rune(strings.Repeat(" ", len(p.screen[0])))
}

func (p *Terminal) control(s string) {
	switch {
	case s == "M" && p.y > 0:
		p.y--
	case s == "7":
		p.saved = [2]int{p.x, p.y}
	case s == "8":
		p.x, p.y, p.wrap = p.saved[0], p.saved[1], false
	}
	if s[0] != '[' {
		return
	}
	final, numbers := s[len(s)-1], strings.Split(s[1:len(s)-1], ";")
	n, err := strconv.Atoi(numbers[0])
	count := max(n, 1)
	width, height := len(p.screen[0]), len(p.screen)
	if err != nil && numbers[0] != "" {
		return // a private mode
	}
	p.wrap = false
	switch final {
	case 'A':
		p.y = max(p.y-count, 0)
	case 'B':
		p.y = min(p.y+count, height-1)
	case 'C':
		p.x = min(p.x+count, width-1)
	case 'D':
		p.x = max(p.x-count, 0)
	case 'H':
		column := 1
		if len(numbers) > 1 {
			column, _ = strconv.Atoi(numbers[1])
		}
		p.y, p.x = min(count, height)-1, min(max(column, 1), width)-1
	case 'K':
		from, to := p.x, width
		if n == 1 {
			from, to = 0, p.x+1
		} else if n == 2 {
			from = 0
		}
		p.clear(p.y, from, to)
	case 'J':
		if n == 2 {
			for y := range p.screen {
				p.clear(y, 0, width)
			}
			return
		}
		p.clear(p.y, p.x, width)
		for y := p.y + 1; y < height; y++ {
			p.clear(y, 0, width)
		}
	case 'n':
		if n == 6 {
			go p.master.WriteString("\x1b[" + strconv.Itoa(p.y+1) + ";" + strconv.Itoa(p.x+1) + "R")
		}
	}
}

func (p *Terminal) clear(y, from, to int) {
	for x := from; x < to; x++ {
		p.screen[y][x] = ' '
	}
}
