// Package signals knows the signals by name and number, and lets a program wait for
// them. It is the only package of the userland that imports os: os/signal's
// channels carry an os.Signal.
package signals

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// names are the signals in the order of their numbers, each with a space behind it:
// Linux's numbers of all architectures that Go knows but mips.
const names = "EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD " +
	"CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS "

const (
	last = 31 // of those with names
	// The C library keeps 32 and 33 for itself, so that RTMIN is 34 everywhere else, too.
	rtMin = 34
	rtMax = 64
)

// Name returns a signal's name without SIG, or its number in decimal if it has no
// name. 0 is EXIT, as in a shell's trap.
func Name(number int) string {
	if number < 0 || number > last {
		return strconv.Itoa(number)
	}
	rest := names
	for range number {
		_, rest, _ = strings.Cut(rest, " ")
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// Number returns the number of a signal given by number or name, in any case and
// with or without SIG: TERM, sigterm, 15, RTMIN+3, RTMAX-1.
func Number(name string) (number int, ok bool) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil && name[0] != '+' {
		return int(n), n <= rtMax
	}
	name = strings.TrimPrefix(strings.ToUpper(name), "SIG")
	switch name {
	case "":
		return 0, false
	case "RTMIN":
		return rtMin, true
	case "IO":
		return int(syscall.SIGIO), true
	case "IOT":
		return int(syscall.SIGIOT), true
	}
	if base, rest, found := strings.Cut(name, "+"); found && base == "RTMIN" {
		n, err := strconv.ParseUint(rest, 10, 31)
		return rtMin + int(n), err == nil && n <= rtMax-rtMin
	}
	if base, rest, _ := strings.Cut(name, "-"); base == "RTMAX" {
		if rest == "" {
			return rtMax, len(name) == len("RTMAX")
		}
		n, err := strconv.ParseUint(rest, 10, 31)
		return rtMax - int(n), err == nil && n <= rtMax-rtMin
	}
	number = 0
	for rest := names; rest != ""; number++ {
		var n string
		if n, rest, _ = strings.Cut(rest, " "); n == name {
			return number, true
		}
	}
	return 0, false
}

// List is the table that kill -l prints: a number and a name a line.
func List() string {
	var b strings.Builder
	for n := 1; n <= last; n++ {
		if n < 10 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(n) + ") " + Name(n) + "\n")
	}
	b.WriteString(strconv.Itoa(rtMin) + ") RTMIN\n" + strconv.Itoa(rtMax) + ") RTMAX\n")
	return b.String()
}

// Notify returns a channel that receives the signals from now on. It has room for
// some, so that none that came at once is lost; receive syscall.Signals with a type
// assertion. Only a process of its own may call it, never a Quick applet.
func Notify(signals ...syscall.Signal) chan os.Signal {
	c := make(chan os.Signal, 16)
	for _, s := range signals {
		signal.Notify(c, s)
	}
	return c
}

// Stop undoes Notify.
func Stop(c chan os.Signal) { signal.Stop(c) }

// Ignore ignores the signals, in this process and in what it executes.
func Ignore(signals ...syscall.Signal) {
	for _, s := range signals {
		signal.Ignore(s)
	}
}

// Default gives the signals their default actions back.
func Default(signals ...syscall.Signal) {
	for _, s := range signals {
		signal.Reset(s)
	}
}

// Ignored says whether the signal is ignored.
func Ignored(s syscall.Signal) bool { return signal.Ignored(s) }

// Pipe returns a descriptor from which the numbers of the signals can be read as
// bytes when they arrive, for programs that wait in poll(2). It doesn't block.
func Pipe(signals ...syscall.Signal) (fd int, err error) {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return -1, err
	}
	c := Notify(signals...)
	go func() {
		for s := range c {
			b := [1]byte{byte(s.(syscall.Signal))}
			syscall.Write(p[1], b[:])
		}
	}()
	return p[0], nil
}
