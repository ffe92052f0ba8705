// Package xargs is the applet xargs.
package xargs

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is xargs.
var Applet = applet.Applet{
	Names: "xargs",
	Usage: "[OPTIONS] [PROG ARGS]",
	About: "Run PROG with the words of standard input as further arguments",
	Options: `
-0	words end with a zero byte
-a FILE	read FILE in place of standard input
-o	standard input of PROG is /dev/tty
-r, --no-run-if-empty	don't run PROG without words
-t	print each command on stderr first
-p	ask before each command
-E STR	the word STR ends the input
-e[STR]	the same, or no such word
-I STR	replace STR in PROG ARGS by an input line
-i[STR]	the same; STR is {} if not given
-n N	at most N words for one PROG
-s N	at most N bytes for one command line
-P N	up to N PROGs at the same time
-x	exit if what -n wants is larger than -s
`,
	Form: applet.Leading,
	Min:  true,
	Dir:  "/usr/bin",
	Run:  run,
}

// usualBytes is how long a command line may be: as in BusyBox.
const usualBytes = 32<<10 - 2048

// runner runs the commands.
type runner struct {
	c       *applet.Call
	in      *applet.In
	argv    []string // PROG ARGS
	replace string   // -I
	inserts bool
	zero    bool
	end     string // -E
	ends    bool
	words   int // at most
	bytes   int // at most, for the words
	tty     int // -o, or -1
	limit   int // -P
	running []int
	held    string // a word that didn't fit any more
	holds   bool
	done    bool
	status  int
}

func run(c *applet.Call) int {
	r := runner{c: c, in: c.In, argv: c.Args, zero: c.Has("0"), tty: -1, limit: 1}
	if len(r.argv) == 0 {
		r.argv = []string{"echo"}
	}
	if wrong := r.options(); wrong != "" {
		return c.Complain(wrong)
	}
	if file, given := c.Given("a"); given {
		in, err := applet.Open(file)
		if err != nil {
			return c.CantOpen(file, err)
		}
		defer in.Close()
		r.in = in
	}
	if c.Has("o") {
		fd, err := applet.OpenFile("/dev/tty", syscall.O_RDONLY, 0)
		if err != nil {
			return c.CantOpen("/dev/tty", err)
		}
		defer syscall.Close(fd)
		r.tty = fd
	}
	r.loop()
	for len(r.running) > 0 {
		r.reap(0)
	}
	return r.status
}

func (r *runner) options() (wrong string) {
	c := r.c
	r.words, r.bytes, r.limit = 1<<30, usualBytes, 1
	for _, o := range [3]struct {
		key string
		to  *int
		low int64
	}{{"n", &r.words, 1}, {"s", &r.bytes, 1}, {"P", &r.limit, 0}} {
		if text, given := c.Given(o.key); given {
			n, wrong := number.Signed(text, o.low, 1<<31-1)
			if wrong != "" {
				return wrong
			}
			*o.to = int(n)
		}
	}
	if r.limit == 0 {
		r.limit = 100 // "as many as possible"
	}
	for _, arg := range r.argv {
		r.bytes -= len(arg) + 1
	}
	if r.bytes <= 0 {
		return "can't fit single argument within argument list size limit"
	}
	if key := c.Last("I", "i"); key != "" {
		r.inserts = true
		if r.replace = c.Value(key); r.replace == "" {
			r.replace = "{}"
		}
	}
	if key := c.Last("E", "e"); key != "" && !r.zero {
		r.end = c.Value(key)
		r.ends = r.end != ""
	}
	return ""
}

// loop reads words and runs commands until the input or a command ends it.
func (r *runner) loop() {
	ran := r.c.Has("r") || r.inserts
	for !r.done {
		argv, wrong := r.command()
		switch {
		case wrong != "":
			r.status = r.c.Complain(wrong)
			return
		case len(argv) == 0 && ran:
			return
		case len(argv) == 0:
			argv = r.argv
		}
		ran = true
		if r.tells(argv) && !r.start(argv) {
			return
		}
	}
}

// command reads the words of one command and returns it, or nothing if there are no
// more words.
func (r *runner) command() (argv []string, wrong string) {
	if r.inserts {
		line, ok := r.line()
		if !ok {
			return nil, ""
		}
		if len(line) >= r.bytes {
			return nil, "argument line too long"
		}
		for _, arg := range r.argv {
			argv = append(argv, strings.ReplaceAll(arg, r.replace, line))
		}
		return argv, ""
	}
	size, words := 0, 0
	for words < r.words {
		word, ok, wrong := r.word()
		if wrong != "" {
			return nil, wrong
		}
		if !ok {
			r.done = true
			break
		}
		if size += len(word) + 1; size > r.bytes {
			if words == 0 || r.c.Has("x") && r.c.Has("n") {
				return nil, "argument line too long"
			}
			r.held, r.holds = word, true
			break
		}
		if words == 0 {
			argv = append(make([]string, 0, len(r.argv)+16), r.argv...)
		}
		argv = append(argv, word)
		words++
	}
	return argv, ""
}

// tells prints the command if that is wanted, and asks; it says whether to go on.
func (r *runner) tells(argv []string) bool {
	asks := r.c.Has("p")
	if asks || r.c.Has("t") {
		r.c.Out.Flush()
		text := strings.Join(argv, " ")
		if !asks {
			text += "\n"
		} else {
			text += " ?..."
		}
		r.c.Err.Print(text)
		r.c.Err.Flush()
	}
	if !asks {
		return true
	}
	tty, err := applet.Open("/dev/tty")
	if err != nil {
		r.status, r.done = r.c.CantOpen("/dev/tty", err), true
		return false
	}
	defer tty.Close()
	return applet.Yes(tty)
}

// start runs a command, or starts it if several may run, and says whether to go on.
func (r *runner) start(argv []string) bool {
	for len(r.running) >= r.limit && r.limit > 1 {
		if !r.reap(0) {
			return false
		}
	}
	var status syscall.WaitStatus
	var err error
	if r.limit == 1 && r.tty < 0 {
		status, err = r.c.Spawn(argv)
		return r.ended(argv[0], status, err)
	}
	files := [3]int{r.c.In.Fd(), r.c.Out.Fd(), r.c.Err.Fd()}
	if r.tty >= 0 {
		files[0] = r.tty
	}
	pid, err := r.c.Start(argv, files, nil)
	if err != nil {
		return r.ended(argv[0], 0, err)
	}
	r.running = append(r.running, pid)
	if r.limit == 1 {
		return r.reap(0)
	}
	for len(r.running) > 0 {
		before := len(r.running)
		if !r.reap(syscall.WNOHANG) {
			return false
		}
		if len(r.running) == before {
			break
		}
	}
	return true
}

// reap waits for one of the commands and says whether to go on.
func (r *runner) reap(flags int) bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, flags, nil)
	switch {
	case err == syscall.EINTR:
		return true
	case err != nil:
		r.running = nil
		return true
	}
	for i, p := range r.running {
		if p == pid {
			r.running = append(r.running[:i], r.running[i+1:]...)
			return r.ended(r.argv[0], status, nil)
		}
	}
	return true // nothing ended, or a child that was here before
}

// ended notes how a command ended and says whether to go on. The numbers are those
// of the manual page: 123 for a failure, 124 for a status of 255, 125 for a signal.
func (r *runner) ended(name string, status syscall.WaitStatus, err error) bool {
	switch {
	case err != nil:
		r.c.Warn(name, err)
		r.status = applet.NotRun(err)
		return false
	case status.Signaled():
		r.c.Complain("'" + name + "' terminated by signal " + strconv.Itoa(int(status.Signal())))
		r.status = 125
		return false
	case status.ExitStatus() == 255:
		r.c.Complain(name + ": exited with status 255; aborting")
		r.status = 124
		return false
	case status != 0:
		r.status = 123
	}
	return true
}
