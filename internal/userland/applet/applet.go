// Package applet is the frame of the userland: what an applet is, how its options
// are parsed and its help is printed, and the standard files that it works on.
//
// An applet is a function of its Call. It never reads os.Args, never calls exit,
// never changes the directory, the umask, the environment, the signal handlers or
// the limits of its process unless it is about to replace that process with Exec:
// the shell runs applets inside itself, and there they would be the shell's.
// A Quick applet may use paths relative to the current directory on the goroutine
// that called it, and only there: directory and umask belong to the thread
// (unshare(CLONE_FS)) when the shell runs a subshell inside itself.
package applet

import "strings"

// Applet is one declared command of the userland. It is a package-level value made
// of constants, so that it costs nothing at start.
type Applet struct {
	// Names are the names that it answers to, separated by spaces: "egrep fgrep grep".
	Names string
	// Usage is what follows the name in the first line of the help: "[-n N] [FILE]...".
	Usage string
	// About says in a line or a few what it does.
	About string
	// Options declares the options and is their help at the same time; see options.go.
	Options string
	// Notes is the rest of the help, after the options.
	Notes string
	// AtLeast and AtMost bound the number of operands. AtMost 0 is no bound, None is none.
	AtLeast, AtMost int
	// Trouble is the exit status for a wrong option and for a failed write, if it is not 1.
	Trouble int
	// Form says how the arguments are read.
	Form Form
	// Quick marks an applet that the shell may run inside its own process: it keeps the
	// rules of the package's comment, leaves no goroutine or descriptor behind and
	// waits for nothing but its input.
	Quick bool
	// Min puts it into the profile min as well.
	Min bool
	// Dir is the folder that --install puts its link in: "/bin" if empty.
	Dir string
	// Run does the work and returns the exit status.
	Run func(*Call) int
}

// None as AtMost: no operands at all.
const None = -1

// Form says how an applet's arguments are read.
type Form uint8

const (
	// Permuted takes options anywhere before "--", as getopt_long does.
	Permuted Form = iota
	// Leading ends the options at the first operand: commands that run other commands.
	Leading
	// Plain leaves all arguments to the applet, but for a lone --help.
	Plain
	// Literal leaves all arguments to the applet, even --help: echo, test, true.
	Literal
)

// Entry is a line of the generated table of a profile.
type Entry struct {
	Name   string
	Applet *Applet
}

// Table is a profile's applets, sorted by name.
type Table []Entry

// Find returns the applet of that name, or nil.
func (t Table) Find(name string) *Applet {
	low, high := 0, len(t)
	for low < high {
		middle := (low + high) / 2
		switch c := strings.Compare(t[middle].Name, name); {
		case c == 0:
			return t[middle].Applet
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil
}
