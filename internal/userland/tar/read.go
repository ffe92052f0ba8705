package tar

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/compress/inflate"
	"bantam/internal/compress/lzma"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/bzip2"
	"bantam/internal/userland/applet/compressed"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/inplace"
	"bantam/internal/userland/applet/lzw"

	"golang.org/x/sys/unix"
)

// extraction is a run that reads an archive.
type extraction struct {
	*work
	reader
	extractor *archive.Extractor // nil if nothing is made
	prefix    archive.Prefix
	zone      *time.Location
	found     []bool // per name of accept
	status    int
}

// read extracts or lists.
func (w *work) read() int {
	in := w.c.In
	if w.file != "-" {
		var err error
		if in, err = applet.Open(w.file); err != nil {
			return w.c.CantOpen(w.file, err)
		}
		defer in.Close()
	}
	if !w.chdir() {
		return 1
	}
	x := &extraction{work: w, zone: dates.Local(w.c), found: make([]bool, len(w.accept))}
	x.source = archive.NewSource(w.decoder(in))
	x.warn = func(text string) { w.c.Complain(text) }
	if w.c.Has("x") && !w.c.Has("O") && !w.c.Has("to-command") {
		x.extractor = w.extractor()
		if err := x.extractor.Open("."); err != nil {
			return w.c.Warn(".", err)
		}
	}
	err := x.members()
	if err != nil {
		x.status = w.c.Complain(applet.Reason(err))
	}
	if x.extractor != nil {
		x.status = max(x.status, x.extractor.Close())
	}
	if err == nil && !x.any {
		x.status = 1
	}
	if err == nil {
		x.missing()
	}
	return x.status
}

// extractor is set up as the options say.
func (w *work) extractor() *archive.Extractor {
	c := w.c
	return &archive.Extractor{
		Call: c, Keep: c.Has("k"), Truncate: c.Has("overwrite"), NoOwner: c.Has("o"),
		NoMode: c.Has("no-same-permissions") || syscall.Getuid() != 0 && !c.Has("p"),
		NoTime: c.Has("m"), Numbers: c.Has("numeric-owner"),
	}
}

// decoder is what reads the archive: as the options say, or as the content looks.
func (w *work) decoder(in *applet.In) inplace.Decoder {
	switch {
	case w.c.Has("z"):
		return inflate.NewReader(in)
	case w.c.Has("j"):
		return bzip2.NewReader(in)
	case w.c.Has("J"):
		return lzma.NewXZ(in)
	case w.c.Has("Z"):
		return lzw.NewReader(in)
	case w.c.Has("lzma") || strings.HasSuffix(w.file, ".lzma"): // which has no magic number
		return lzma.NewReader(in)
	}
	p := compressed.Peek(in, blockSize)
	if len(p) >= blockSize && (looksLike(p) && checksum(p) == nil || strings.Trim(string(p[:blockSize]), "\x00") == "") {
		return in
	}
	if d := compressed.Detect(in); d != nil {
		return d
	}
	return in
}

// members goes through the archive.
func (x *extraction) members() error {
	for x.c.Out.Err() == nil {
		e, end, err := x.member()
		if end || err != nil {
			return err
		}
		if e == nil {
			continue
		}
		e.Name = x.prefix.Strip(x.c, e.Name)
		if e.Hard {
			e.Target = archive.Safe(e.Target)
		}
		if listed(x.reject, e.Name) >= 0 || !x.wanted(e.Name) {
			continue
		}
		x.tell(e)
		e.Name = trim(e.Name)
		if err := x.content(e); err != nil {
			return err
		}
	}
	return nil
}

// wanted says whether the name is one of those that were asked for.
func (x *extraction) wanted(name string) bool {
	if len(x.accept) == 0 {
		return true
	}
	i := listed(x.accept, name)
	if i >= 0 {
		x.found[i] = true
		for j, a := range x.accept {
			if a == x.accept[i] || a == trim(name) {
				x.found[j] = true
			}
		}
	}
	return i >= 0
}

// missing tells which names weren't found.
func (x *extraction) missing() {
	for i, name := range x.accept {
		if !x.found[i] && listed(x.reject, name) < 0 {
			x.status = x.c.Complain(name + ": not found in archive")
			return
		}
	}
}

// tell lists the member.
func (x *extraction) tell(e *archive.Entry) {
	switch {
	case x.verbose > 1:
		e.List(x.c.Out, x.zone)
	case x.verbose == 1:
		x.c.Out.Print(e.Name, "\n")
	}
}

// content does with the member's data what was asked for.
func (x *extraction) content(e *archive.Entry) error {
	switch {
	case x.c.Has("to-command"):
		if e.Type() == unix.S_IFREG && !e.Hard {
			return x.command(e)
		}
	case x.c.Has("O"):
		_, err := x.source.Copy(e.Size, func(p []byte) error {
			x.c.Out.Write(p)
			return nil
		})
		return err
	case x.extractor != nil && stripped(e, x.strip):
		var fatal error
		x.extractor.Put(e, func(write func([]byte) error) {
			_, fatal = x.source.Copy(e.Size, write)
		})
		return fatal
	}
	return nil
}

// stripped takes components off the name, and off that of a hard link's target. It
// returns false if nothing is left.
func stripped(e *archive.Entry, n int) bool {
	for range n {
		if !cut(&e.Name) || e.Hard && !cut(&e.Target) {
			return false
		}
	}
	return true
}

func cut(name *string) bool {
	_, rest, found := strings.Cut(*name, "/")
	*name = rest
	return found && rest != ""
}

// command pipes the member to a command, as --to-command wants.
func (x *extraction) command(e *archive.Entry) error {
	c, command := x.c, x.c.Value("to-command")
	env := c.Environ()
	defer c.SetEnviron(env)
	c.SetEnviron(append(env[:len(env):len(env)],
		"TAR_FILETYPE=f", "TAR_MODE="+strconv.FormatUint(uint64(e.Mode), 8), "TAR_FILENAME="+e.Name,
		"TAR_REALNAME="+e.Name, "TAR_UNAME="+e.Owner, "TAR_GNAME="+e.Group, "TAR_SIZE="+strconv.FormatInt(e.Size, 10),
		"TAR_UID="+strconv.FormatUint(uint64(e.UID), 10), "TAR_GID="+strconv.FormatUint(uint64(e.GID), 10)))
	shell := c.Getenv("SHELL")
	if shell == "" {
		shell = "/bin/sh"
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	pid, err := c.Start([]string{shell, "-c", command}, [3]int{pipe[0], c.Out.Fd(), c.Err.Fd()}, nil)
	syscall.Close(pipe[0])
	if err != nil {
		syscall.Close(pipe[1])
		c.Warn("can't execute '"+shell+"'", err)
		x.status = 1
		return nil
	}
	out := applet.NewOut(pipe[1])
	_, fatal := x.source.Copy(e.Size, func(p []byte) error {
		out.Write(p)
		return out.Err()
	})
	out.Flush()
	syscall.Close(pipe[1])
	if status := applet.Wait(pid); status > 128 {
		x.status = c.Complain("'" + command + "' terminated by signal " + strconv.Itoa(status-128))
	} else if status != 0 {
		x.status = c.Complain("'" + command + "' returned status " + strconv.Itoa(status))
	}
	return fatal
}
