// Package test is the applets test, [ and [[, which are also the shell's builtins.
package test

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/regex"
)

// Applet is test under its names.
var Applet = applet.Applet{
	Names:   "[ [[ test",
	Usage:   "EXPRESSION",
	About:   "Check file types, compare values etc. Return a 0/1 exit code\ndepending on logical value of EXPRESSION",
	Form:    applet.Literal,
	Dir:     "/usr/bin",
	Trouble: 2,
	Quick:   true,
	Min:     true,
	Run:     run,
}

// run evaluates POSIX's special cases for few arguments and then what the
// grammar says.
func run(c *applet.Call) int {
	args := c.Args
	if c.Name != "test" {
		end := "]"
		if c.Name == "[[" {
			end = "]]"
		}
		if len(args) == 0 || args[len(args)-1] != end {
			c.Complain("missing " + end)
			return 2
		}
		args = args[:len(args)-1]
	}
	e := expression{c: c, double: c.Name == "[["}
	return e.status(args)
}

// expression is being evaluated. failed is set when it is wrong, which was told.
type expression struct {
	c      *applet.Call
	double bool // [[ ]]: patterns, && and ||
	args   []string
	at     int
	depth  int
	failed bool
}

func status(yes bool) int {
	if yes {
		return 0
	}
	return 1
}

func (e *expression) status(args []string) int {
	negate, all := false, args
	for {
		switch {
		case len(args) == 0:
			return status(negate)
		case len(args) == 1:
			return status((args[0] != "") != negate)
		case len(args) == 3 && e.binary(args[1]):
			yes := e.compare(args[0], args[1], args[2])
			if e.failed {
				return 2
			}
			return status(yes != negate)
		case len(args) == 4 && args[0] == "(" && args[3] == ")":
			args = args[1:3]
		}
		if args[0] != "!" {
			break
		}
		args, negate = args[1:], !negate
	}
	e.args = all
	yes := e.or()
	switch {
	case e.failed:
		return 2
	case e.at < len(all):
		e.c.Complain(all[e.at] + ": unknown operand")
		return 2
	}
	return status(yes)
}

func (e *expression) fail(text string) bool {
	if !e.failed {
		e.c.Complain(text)
	}
	e.failed = true
	return false
}

func (e *expression) peek(i int) string {
	if e.at+i < len(e.args) {
		return e.args[e.at+i]
	}
	return ""
}

func (e *expression) take(word, double string) bool {
	if e.double {
		word = double
	}
	if e.at < len(e.args) && e.args[e.at] == word {
		e.at++
		return true
	}
	return false
}

func (e *expression) or() bool {
	yes := e.and()
	if !e.failed && e.take("-o", "||") {
		return e.or() || yes
	}
	return yes
}

func (e *expression) and() bool {
	yes := e.not()
	if !e.failed && e.take("-a", "&&") {
		return e.and() && yes
	}
	return yes
}

const maxDepth = 1000

func (e *expression) not() bool {
	if e.depth++; e.depth > maxDepth {
		return e.fail("expression nested too deeply")
	}
	defer func() { e.depth-- }()
	if e.peek(0) == "!" && e.at < len(e.args) {
		if e.at+1 == len(e.args) {
			e.at++
			return true // "! " alone is a string
		}
		if !(e.at+2 < len(e.args) && e.binary(e.args[e.at+1])) {
			e.at++
			return !e.not()
		}
	}
	return e.primary()
}

func (e *expression) primary() bool {
	left := len(e.args) - e.at
	if left == 0 {
		return e.fail("argument expected")
	}
	word := e.args[e.at]
	if word == "(" && !(left > 2 && e.binary(e.args[e.at+1])) {
		e.at++
		yes := e.or()
		if !e.failed && !e.take(")", ")") {
			return e.fail("closing paren expected")
		}
		return yes
	}
	if left > 2 && e.binary(e.args[e.at+1]) {
		e.at += 3
		return e.compare(e.args[e.at-3], e.args[e.at-2], e.args[e.at-1])
	}
	if len(word) == 2 && word[0] == '-' && strings.IndexByte(unary, word[1]) >= 0 && left > 1 {
		e.at += 2
		return e.file(word[1], e.args[e.at-1])
	}
	if left == 2 && e.binary(e.args[e.at+1]) {
		return e.fail(e.args[e.at+1] + ": argument expected")
	}
	e.at++
	return word != ""
}

// unary are the letters of the operators with one operand.
const unary = "abcdefghknprstuwxzLOGS"

// binary says whether a word is an operator between two operands.
func (e *expression) binary(word string) bool {
	switch word {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-ge", "-gt", "-le", "-lt", "-nt", "-ot", "-ef":
		return true
	case "=~":
		return e.double
	}
	return false
}

func (e *expression) compare(a, op, b string) bool {
	switch op {
	case "=", "==":
		if e.double {
			return glob.Match(b, a, 0)
		}
		return a == b
	case "!=":
		if e.double {
			return !glob.Match(b, a, 0)
		}
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	case "=~":
		re, err := regex.Compile(b, regex.Extended)
		if err != nil {
			e.failed = true // without a word, as in BusyBox
			return false
		}
		return re.Match([]byte(a), 0)
	case "-nt", "-ot", "-ef":
		return files(a, op, b)
	}
	x, ok := e.number(a)
	if !ok {
		return false
	}
	y, ok := e.number(b)
	if !ok {
		return false
	}
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-ge":
		return x >= y
	case "-gt":
		return x > y
	case "-le":
		return x <= y
	}
	return x < y
}

func (e *expression) number(s string) (int64, bool) {
	digits := strings.Trim(s, " \t\n\v\f\r")
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err == nil:
		return n, true
	case err.(*strconv.NumError).Err == strconv.ErrRange:
		return 0, e.fail(s + ": out of range")
	}
	return 0, e.fail(s + ": bad number")
}

// files compares two files: newer, older, the same.
func files(a, op, b string) bool {
	var x, y syscall.Stat_t
	if syscall.Stat(a, &x) != nil || syscall.Stat(b, &y) != nil {
		return false
	}
	switch op {
	case "-nt":
		return x.Mtim.Sec > y.Mtim.Sec
	case "-ot":
		return x.Mtim.Sec < y.Mtim.Sec
	}
	return x.Dev == y.Dev && x.Ino == y.Ino
}

// file evaluates an operator with one operand.
func (e *expression) file(op byte, s string) bool {
	switch op {
	case 'n':
		return s != ""
	case 'z':
		return s == ""
	case 't':
		n, ok := e.number(s)
		return ok && e.terminal(n)
	}
	var st syscall.Stat_t
	if op == 'h' || op == 'L' {
		return syscall.Lstat(s, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFLNK
	}
	if syscall.Stat(s, &st) != nil {
		return false
	}
	kind := st.Mode & syscall.S_IFMT
	switch op {
	case 'a', 'e':
		return true
	case 'b':
		return kind == syscall.S_IFBLK
	case 'c':
		return kind == syscall.S_IFCHR
	case 'd':
		return kind == syscall.S_IFDIR
	case 'f':
		return kind == syscall.S_IFREG
	case 'p':
		return kind == syscall.S_IFIFO
	case 'S':
		return kind == syscall.S_IFSOCK
	case 'g':
		return st.Mode&syscall.S_ISGID != 0
	case 'u':
		return st.Mode&syscall.S_ISUID != 0
	case 'k':
		return st.Mode&syscall.S_ISVTX != 0
	case 's':
		return st.Size > 0
	case 'O':
		return int(st.Uid) == syscall.Geteuid()
	case 'G':
		return int(st.Gid) == syscall.Getegid()
	case 'r':
		return allowed(&st, 4)
	case 'w':
		return allowed(&st, 2)
	}
	return allowed(&st, 1)
}

// terminal says whether a descriptor, as the caller numbers it, is a terminal.
func (e *expression) terminal(n int64) bool {
	fd := int(n)
	switch n {
	case 0:
		fd = e.c.In.Fd()
	case 1:
		fd = e.c.Out.Fd()
	case 2:
		fd = e.c.Err.Fd()
	}
	return fd >= 0 && applet.IsTerminal(fd)
}

// allowed is access(2) for the effective user, as the mode says.
func allowed(st *syscall.Stat_t, bit uint32) bool {
	uid := syscall.Geteuid()
	if uid == 0 && (bit != 1 || st.Mode&0o111 != 0) {
		return true
	}
	switch {
	case int(st.Uid) == uid:
		bit <<= 6
	case member(int(st.Gid)):
		bit <<= 3
	}
	return st.Mode&bit != 0
}

func member(gid int) bool {
	if gid == syscall.Getegid() || gid == syscall.Getgid() {
		return true
	}
	groups, _ := syscall.Getgroups()
	for _, g := range groups {
		if g == gid {
			return true
		}
	}
	return false
}
