// Package kernel is the applets about the kernel's messages and parameters.
package kernel

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Dmesg is dmesg.
var Dmesg = applet.Applet{
	Names: "dmesg",
	Usage: "[-cr] [-n LEVEL] [-s SIZE]",
	About: "Print the kernel's messages.",
	Options: `
-c	clear them after printing
-n LEVEL	set the level of messages that the console shows
-s SIZE	the size of the buffer
-r	with the levels in front of the lines
`,
	Run: dmesg,
}

// Operations of syslog(2).
const (
	readAll      = 3
	readClear    = 4
	consoleLevel = 8
	bufferSize   = 10
)

func dmesg(c *applet.Call) int {
	size, _ := unix.Klogctl(bufferSize, nil)
	if word, given := c.Given("s"); given {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + word + "'")
		}
		size = int(n)
	}
	if word, given := c.Given("n"); given {
		return setLevel(c, word)
	}
	buf := make([]byte, min(max(size, 16<<10), 16<<20))
	operation := readAll
	if c.Has("c") {
		operation = readClear
	}
	n, err := unix.Klogctl(operation, buf)
	if err != nil {
		return c.Warn("klogctl", err)
	}
	text := buf[:n]
	if !c.Has("r") {
		text = withoutLevels(text)
	}
	c.Out.Write(text)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		c.Out.Print("\n")
	}
	return 0
}

func setLevel(c *applet.Call, word string) int {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return c.Complain("invalid number '" + word + "'")
	}
	// The level is given as the length of a buffer that isn't there.
	_, _, e := unix.Syscall(unix.SYS_SYSLOG, consoleLevel, 0, uintptr(n))
	if e != 0 {
		return c.Warn("klogctl", e)
	}
	return 0
}

// withoutLevels takes <6> off the beginnings of lines.
func withoutLevels(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line = text[:i+1]
		}
		text = text[len(line):]
		if line[0] == '<' {
			if i := bytes.IndexByte(line, '>'); i >= 0 {
				line = line[i+1:]
			}
		}
		out = append(out, line...)
	}
	return out
}
