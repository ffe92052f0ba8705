// Package wget is the applet wget.
package wget

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is wget.
var Applet = applet.Applet{
	Names: "wget",
	Usage: "[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n" +
		"wget [--post-data STR | --post-file FILE] [-Y on/off]\n" +
		"wget [--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...",
	About: "Retrieve files via HTTP or FTP.",
	Options: `
--spider	Only check URL existence: $? is 0 if exists
--header STR	Add STR (of form 'header: value') to headers
--post-data STR	Send STR using POST method
--post-file FILE	Send FILE using POST method
--no-check-certificate	Don't validate the server's certificate
-c, --continue	Continue retrieval of aborted transfer
-q, --quiet	Quiet
-P, --directory-prefix DIR	Save to DIR (default .)
-S, --server-response	Show server response
-T, --timeout SEC	Network read timeout is SEC seconds
-O, --output-document FILE	Save to FILE ('-' for stdout)
-o, --output-file LOGFILE	Log messages to FILE
-U, --user-agent STR	Use STR for User-Agent header
-Y, --proxy on/off	Use proxy
-t, --tries N	(ignored)
-n[ARG]	(-nv -nc -nH -np: ignored)
--passive-ftp, --no-cache, --no-verbose, --no-clobber, --no-host-directories, --no-parent	(ignored)
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     run,
}

// wget is one use of the applet.
type wget struct {
	*applet.Call
	log      *applet.Out // for messages: standard error, or -o's file
	logged   bool        // to a file
	quiet    bool
	limit    time.Duration
	agent    string
	post     []byte
	hasPost  bool
	userHas  string // the names of the user's headers, in small letters, each with ":"
	fd       int    // the output, -1 if it isn't open yet
	fixed    bool   // fd is for all URLs
	toStdout bool

	// Of the current URL:
	name      string // of the output
	begin     int64  // where -c goes on
	length    int64  // what is still to come, if known
	hasLength bool
	chunked   bool
	done      int64
	bar       progress
}

func run(c *applet.Call) int {
	w := &wget{Call: c, log: c.Err, quiet: c.Has("q"), limit: 900 * time.Second, agent: "Wget", fd: -1}
	if text, given := c.Given("T"); given {
		n, wrong := number.Signed(text, 0, 1<<31-1)
		if wrong != "" {
			return c.Complain(wrong)
		}
		if w.limit = time.Duration(n) * time.Second; n == 0 {
			w.limit = socket.Forever
		}
	}
	if text, given := c.Given("U"); given {
		w.agent = text
	}
	if !w.setPost() || !w.setOutput() {
		return 1
	}
	for _, h := range c.Values("header") {
		name, _, _ := strings.Cut(h, ":")
		w.userHas += strings.ToLower(name) + ":"
	}
	for _, text := range c.Args {
		if !w.fetch(text) {
			return 1
		}
	}
	return 0
}

// setPost reads what is to be sent.
func (w *wget) setPost() bool {
	text, given := w.Given("post-data")
	path, file := w.Given("post-file")
	if given && file || len(w.Values("post-data"))+len(w.Values("post-file")) > 1 {
		w.UsageError("")
		return false
	}
	w.post, w.hasPost = []byte(text), given || file
	if file {
		in := w.In
		if path != "-" {
			var err error
			if in, err = applet.Open(path); err != nil {
				w.CantOpen(path, err)
				return false
			}
			defer in.Close()
		}
		w.post = nil
		for {
			p, err := in.Chunk()
			if err != nil {
				w.Warn(path, err)
				return false
			}
			if p == nil {
				break
			}
			w.post = append(w.post, p...)
		}
	}
	return true
}

// setOutput opens what -O and -o name.
func (w *wget) setOutput() bool {
	if path, given := w.Given("O"); given {
		w.name, w.fixed = path, true
		if path == "-" {
			w.fd, w.toStdout = w.Out.Fd(), true
		}
	}
	if path, given := w.Given("o"); given && path != "-" {
		out, err := applet.Create(path, 0o666)
		if err != nil {
			w.CantOpen(path, err)
			return false
		}
		out.LineBuffered()
		w.log, w.logged = out, true
	}
	return true
}

// fail tells why nothing more can be done.
func (w *wget) fail(text string, err error) bool {
	if err == syscall.ETIMEDOUT {
		text, err = "download timed out", nil
	}
	if err != nil {
		text += ": " + applet.Reason(err)
	}
	w.log.Print(w.Name, ": ", text, "\n")
	return false
}

// say tells what goes on.
func (w *wget) say(parts ...string) {
	if !w.quiet {
		w.log.Print(parts...)
	}
}

// fetch downloads one URL.
func (w *wget) fetch(text string) bool {
	u, ok := w.parse(text)
	if !ok {
		return false
	}
	w.outputName(u)
	w.begin, w.done = 0, 0
	if w.Has("c") && !w.toStdout {
		fd, err := applet.OpenFile(w.name, syscall.O_WRONLY, 0)
		if err == nil {
			w.fd = fd
			w.begin, _ = syscall.Seek(fd, 0, 2)
		}
	}
	proxy, ok := w.proxyFor(u)
	if !ok {
		return false
	}
	if proxy == nil && u.scheme == "ftp" {
		return w.ftp(u)
	}
	return w.http(u, proxy)
}

// outputName finds out where to save to.
func (w *wget) outputName(u *address) {
	if w.fixed {
		return
	}
	name := u.path
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	// What is left of "..": a name, but no way out of the folder.
	if name == "" || name == "." || name == ".." {
		name = "index.html"
	}
	if dir := w.Value("P"); dir != "" {
		name = applet.Join(dir, name)
	}
	w.name = name
}

// proxyFor returns the proxy that the environment names for a URL.
func (w *wget) proxyFor(u *address) (*address, bool) {
	if w.Value("Y") == "off" {
		return nil, true
	}
	text := w.Getenv(u.scheme + "_proxy")
	if text == "" && u.scheme == "https" {
		text = w.Getenv("http_proxy")
	}
	if text == "" {
		return nil, true
	}
	return w.parse(text)
}

// openOutput opens the file to save to, if it isn't open. One that exists isn't
// overwritten unless -O names it.
func (w *wget) openOutput() bool {
	if w.fd >= 0 {
		return true
	}
	flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
	if !w.fixed {
		flags |= syscall.O_EXCL
	}
	fd, err := applet.OpenFile(w.name, flags, 0o666)
	if err != nil {
		return w.fail("can't open '"+w.name+"'", err)
	}
	w.fd = fd
	return true
}

// restart begins at the beginning, because the server can't go on where -c wants it.
func (w *wget) restart() {
	w.log.Print(w.Name, ": restart failed\n")
	w.begin = 0
	syscall.Seek(w.fd, 0, 0)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
