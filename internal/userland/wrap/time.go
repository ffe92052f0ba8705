package wrap

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
)

// Time is time.
var Time = applet.Applet{
	Names: "time",
	Usage: "[-vpa] [-o FILE] [-f FMT] PROG ARGS",
	About: "Run PROG and print the resources that it used when it ends.",
	Options: `
-v	in detail
-p	as POSIX wants it
-f FMT	as FMT says
-o FILE	write it into FILE
-a	append it to FILE
`,
	Form:    applet.Leading,
	Dir:     "/usr/bin",
	AtLeast: 1,
	Run:     measure,
}

const verbose = `	Command being timed: "%C"
	User time (seconds): %U
	System time (seconds): %S
	Percent of CPU this job got: %P
	Elapsed (wall clock) time (h:mm:ss or m:ss): %E
	Average shared text size (kbytes): %X
	Average unshared data size (kbytes): %D
	Average stack size (kbytes): %p
	Average total size (kbytes): %K
	Maximum resident set size (kbytes): %M
	Average resident set size (kbytes): %t
	Major (requiring I/O) page faults: %F
	Minor (reclaiming a frame) page faults: %R
	Voluntary context switches: %w
	Involuntary context switches: %c
	Swaps: %W
	File system inputs: %I
	File system outputs: %O
	Socket messages sent: %s
	Socket messages received: %r
	Signals delivered: %k
	Page size (bytes): %Z
	Exit status: %x`

// usage is what a program used.
type usage struct {
	syscall.Rusage
	status  syscall.WaitStatus
	elapsed time.Duration
	argv    []string
}

func measure(c *applet.Call) int {
	format, set := c.LookupEnv("TIME")
	if !set {
		format = "real\t%E\nuser\t%u\nsys\t%T"
	}
	if f, given := c.Given("f"); given {
		format = f
	}
	if c.Has("v") {
		format = verbose
	}
	if c.Has("p") {
		format = "real %e\nuser %U\nsys %S"
	}
	out := c.Err
	if name, given := c.Given("o"); given {
		flags := syscall.O_CREAT | syscall.O_WRONLY | syscall.O_TRUNC
		if c.Has("a") {
			flags = syscall.O_CREAT | syscall.O_WRONLY | syscall.O_APPEND
		}
		fd, err := applet.OpenFile(name, flags, 0o666)
		if err != nil {
			return c.CantOpen(name, err)
		}
		defer syscall.Close(fd)
		out = applet.NewOut(fd)
	}
	u := usage{argv: c.Args}
	missing := u.run(c)
	text := applet.Capture()
	u.summary(text, format)
	out.Write(text.Captured())
	if err := out.Flush(); err != nil {
		return c.Warn("write error", err)
	}
	switch {
	case missing != 0:
		return missing
	case u.status.Signaled():
		return int(u.status.Signal())
	}
	return u.status.ExitStatus()
}

// run runs the program. ^C and ^\ are for it, and not for its witness. The result is
// the status if it can't be run.
func (u *usage) run(c *applet.Call) int {
	// A handler is gone in the program, while an ignored signal would stay so.
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if !signals.Ignored(signal) {
			signals.Notify(signal)
		}
	}
	start := time.Now()
	pid, err := c.Start(u.argv, [3]int{0, 1, 2}, nil)
	if err != nil {
		c.Warn("can't execute '"+u.argv[0]+"'", err)
		u.status = syscall.WaitStatus(applet.NotRun(err) << 8)
		return applet.NotRun(err)
	}
	for {
		if _, err := syscall.Wait4(pid, &u.status, 0, &u.Rusage); err != syscall.EINTR {
			break
		}
	}
	u.elapsed = time.Since(start)
	return 0
}

func (u *usage) summary(out *applet.Out, format string) {
	if u.status.Signaled() {
		out.Print("Command terminated by signal ", strconv.Itoa(int(u.status.Signal())), "\n")
	} else if u.status.ExitStatus() != 0 {
		out.Print("Command exited with non-zero status ", strconv.Itoa(u.status.ExitStatus()), "\n")
	}
	for format != "" {
		i := strings.IndexAny(format, "%\\")
		if i < 0 {
			out.Print(format)
			break
		}
		out.Print(format[:i])
		kind := format[i]
		if format = format[i+1:]; format == "" {
			// As GNU time 1.9 does: a lone % or \ at the end has no newline behind it,
			// and a lone \ is followed by the command's name.
			if out.Print("?"); kind == '\\' {
				out.Print("\\", u.argv[0], "\n")
			}
			return
		}
		letter := format[0]
		format = format[1:]
		if kind == '\\' {
			escape(out, letter)
		} else {
			u.field(out, letter)
		}
	}
	out.Print("\n")
}

func escape(out *applet.Out, letter byte) {
	switch letter {
	case 't':
		out.Print("\t")
	case 'n':
		out.Print("\n")
	case '\\':
		out.Print("\\")
	default:
		out.Print("?\\", string(rune(letter)))
	}
}

func (u *usage) field(out *applet.Out, letter byte) {
	if text, ok := u.text(letter); ok {
		out.Print(text)
		return
	}
	n, ok := u.number(letter)
	if !ok {
		out.Print("?", string(rune(letter)))
		return
	}
	out.Int(n)
}

func milliseconds(t syscall.Timeval) int64 { return t.Sec*1000 + int64(t.Usec)/1000 }

// text is a field that is no mere number.
func (u *usage) text(letter byte) (text string, ok bool) {
	user, system, elapsed := milliseconds(u.Utime), milliseconds(u.Stime), u.elapsed.Milliseconds()
	switch letter {
	case '%':
		return "%", true
	case 'C':
		return strings.Join(u.argv, " "), true
	case 'E':
		return clock(elapsed), true
	case 'T':
		return clock(system), true
	case 'u':
		return clock(user), true
	case 'S':
		return seconds(system), true
	case 'U':
		return seconds(user), true
	case 'e':
		return seconds(elapsed), true
	case 'P':
		if elapsed == 0 {
			return "?%", true
		}
		return strconv.FormatInt((user+system)*100/elapsed, 10) + "%", true
	}
	return "", false
}

// number is a field that is one. The averages are 0 on Linux: see getrusage(2).
func (u *usage) number(letter byte) (n int64, ok bool) {
	ticks := max(milliseconds(u.Utime)+milliseconds(u.Stime), 10) / 10
	letters := "DFIKMORWXZckprstwx"
	values := [...]int64{
		int64(u.Idrss+u.Isrss) / ticks, int64(u.Majflt), int64(u.Inblock), int64(u.Idrss+u.Isrss+u.Ixrss) / ticks,
		int64(u.Maxrss), int64(u.Oublock), int64(u.Minflt), int64(u.Nswap), int64(u.Ixrss) / ticks, int64(syscall.Getpagesize()),
		int64(u.Nivcsw), int64(u.Nsignals), int64(u.Isrss) / ticks, int64(u.Msgrcv), int64(u.Msgsnd), int64(u.Idrss) / ticks,
		int64(u.Nvcsw), int64(uint8(u.status >> 8)),
	}
	i := strings.IndexByte(letters, letter)
	if i < 0 {
		return 0, false
	}
	return values[i], true
}
