// Package inplace replaces files by their compressed or decompressed form, as gzip
// and its relatives do: the operands, the names, the modes and times are the same for
// all of them.
package inplace

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/transfer"
	"golang.org/x/sys/unix"
)

// Options are the options of the family, which an applet declares as -c -f -k -v -q.
const Options = `
-c, --stdout, --to-stdout	write to standard output
-f, --force	overwrite, and read from terminals
-k	keep the input files
-v, --verbose	say what was done
-q, --quiet	be quiet (ignored)
`

// Work is what is done with each operand.
type Work struct {
	// Stdout and Test write to standard output and to nowhere. The options -c and -t
	// set them, too.
	Stdout, Test bool
	// Keep leaves the input where it is, as -k does.
	Keep bool
	// Output is the name of the result; false for a name with a suffix that isn't known.
	Output func(name string) (string, bool)
	// Run does it; an error of out it may leave there. modified is the time that the result gets, 0 for that of the input.
	Run func(in *applet.In, out *applet.Out) (modified int64, err error)
}

// Strip returns an Output that takes the suffix off.
func Strip(suffix string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		rest, found := strings.CutSuffix(name, suffix)
		return rest, found && rest != "" && !strings.HasSuffix(rest, "/")
	}
}

// Append returns an Output that adds the suffix.
func Append(suffix string) func(string) (string, bool) {
	return func(name string) (string, bool) { return name + suffix, true }
}

// Each does the work for all operands, standard input if there are none.
func (w *Work) Each(c *applet.Call) int {
	w.Stdout = w.Stdout || c.Has("c")
	w.Test = w.Test || c.Has("t")
	w.Keep = w.Keep || c.Has("k")
	names := c.Args
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		s := 0
		if name == "-" {
			s = w.stream(c, c.In, "")
		} else {
			s = w.file(c, name)
		}
		status = max(status, s)
		if c.Out.Err() != nil {
			break
		}
	}
	return status
}

// terminal says no to compressed data from a terminal.
func (w *Work) terminal(c *applet.Call, in *applet.In) bool {
	if c.Has("f") || !applet.IsTerminal(in.Fd()) {
		return false
	}
	c.Complain("compressed data not read from terminal, use -f to force it")
	return true
}

// stream works from in to standard output.
func (w *Work) stream(c *applet.Call, in *applet.In, name string) int {
	if w.terminal(c, in) {
		return 1
	}
	out := c.Out
	if w.Test {
		out = Nowhere()
	}
	_, err := w.Run(in, out)
	if err == nil || out.Err() != nil {
		return 0 // the frame tells what is wrong with the output
	}
	return c.Complain(named(name, applet.Reason(err)))
}

// named puts the name before the text if there is one.
func named(name, text string) string {
	if name == "" {
		return text
	}
	return name + ": " + text
}

// Nowhere is an output that forgets what is written.
func Nowhere() *applet.Out {
	out, err := applet.Create("/dev/null", 0)
	if err != nil {
		return applet.Capture()
	}
	return out
}

// file works on one file.
func (w *Work) file(c *applet.Call, name string) int {
	in, err := applet.Open(name)
	if err != nil {
		return c.Warn(name, err)
	}
	defer in.Close()
	if w.Stdout || w.Test {
		return w.stream(c, in, name)
	}
	to, ok := w.Output(name)
	if !ok {
		return c.Complain(name + ": unknown suffix - ignored")
	}
	var st unix.Stat_t
	if err := unix.Fstat(in.Fd(), &st); err != nil {
		return c.Warn(name, err)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return c.Warn(name, syscall.EISDIR)
	}
	if w.terminal(c, in) {
		return 1
	}
	if c.Has("f") {
		syscall.Unlink(to)
	}
	fd, err := applet.OpenFile(to, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	if err != nil {
		return c.CantOpen(to, err)
	}
	return w.replace(c, name, to, in, fd, &st)
}

// replace fills the new file and removes the old one, or if it fails the new one.
func (w *Work) replace(c *applet.Call, name, to string, in *applet.In, fd int, st *unix.Stat_t) int {
	out := applet.NewOut(fd)
	out.Unbuffered()
	modified, err := w.Run(in, out)
	if err == nil {
		err = out.Flush()
	}
	keep(fd, st, modified)
	var made unix.Stat_t
	unix.Fstat(fd, &made)
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err != nil {
		syscall.Unlink(to)
		return c.Warn(name, err)
	}
	if c.Has("v") {
		c.Err.Print(name, ": ", percent(st.Size, made.Size), "% - replaced with ", to, "\n")
	}
	if w.Keep {
		return 0
	}
	if err := syscall.Unlink(name); err != nil {
		return c.Warn("can't remove file '"+name+"'", err)
	}
	return 0
}

// percent is how much smaller the smaller one is.
func percent(a, b int64) string {
	a, b = min(a, b), max(a, b)
	if b == 0 {
		return "0"
	}
	return strconv.FormatInt(100-a*100/b, 10)
}

// keep gives the new file the owner, mode and times of the old one. Who can't give
// files away gives no set-id bits away, either.
func keep(fd int, st *unix.Stat_t, modified int64) {
	mode := st.Mode & 0o7777
	if unix.Fchown(fd, int(st.Uid), int(st.Gid)) != nil {
		mode &= 0o777
	}
	unix.Fchmod(fd, mode)
	if modified != 0 {
		st.Mtim = unix.Timespec{Sec: modified}
		st.Atim = st.Mtim
	}
	transfer.SetTimes(fd, st)
}

// A Decoder decompresses: Chunk returns the next bytes, nil at the end.
type Decoder interface {
	Chunk() ([]byte, error)
}

// Copy writes all that d gives to out. An error of out ends it, too.
func Copy(out *applet.Out, d Decoder) error {
	for {
		p, err := d.Chunk()
		out.Write(p)
		if err != nil || p == nil || out.Err() != nil {
			return err
		}
	}
}
