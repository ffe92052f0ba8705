package httpd

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

const (
	// headerTime is for all of a request's headers, however slowly they drip.
	headerTime = 60 * time.Second
	// stallTime is for a client that doesn't take what it is sent.
	stallTime = 60 * time.Second
	mostLine  = 8191
	mostTotal = 32 << 10
)

// request is one connection and what it asks for.
type request struct {
	*server
	in, out int
	from    socket.Addr
	config  *config
	who     string // for messages

	buf      []byte // read and not yet taken
	deadline time.Time

	method   string
	path     string // decoded and clean, from the root
	query    string
	hasQuery bool
	headers  []pair

	user     string
	length   int64 // of the body
	first    int64 // of a range, -1 for none
	last     int64
	gzip     bool
	noneOf   string // If-None-Match
	location string
	// Of the file:
	size     int64
	modified int64
	etag     string
	kind     string
}

// serve answers the request of one connection. What goes wrong in it must not end
// the others.
func (s *server) serve(in, out int, from socket.Addr) {
	r := &request{server: s, in: in, out: out, from: from, config: s.config, first: -1, size: -1, who: s.Name}
	defer func() {
		if recover() != nil {
			s.log(r.who, "internal error")
		}
	}()
	// A client that takes nothing must not hold its thread for ever.
	limit := syscall.NsecToTimeval(int64(stallTime))
	syscall.SetsockoptTimeval(out, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit)
	if s.verbose > 0 {
		r.who = from.String()
	}
	if s.verbose > 2 {
		s.log(r.who, "connected")
	}
	r.answer()
	r.finish()
	if s.verbose > 2 {
		s.log(r.who, "closed")
	}
}

// finish ends the connection so that the client still reads the answer: closing with
// unread input would reset it.
func (r *request) finish() {
	syscall.Shutdown(r.out, syscall.SHUT_WR)
	buf := make([]byte, 4096)
	for range 16 {
		if socket.Wait(r.in, unix.POLLIN, 200*time.Millisecond) != nil {
			return
		}
		if n, err := applet.ReadFd(r.in, buf); n == 0 || err != nil {
			return
		}
	}
}

// fill reads more. The error is ETIMEDOUT when the time for headers is over.
func (r *request) fill() error {
	if err := socket.Wait(r.in, unix.POLLIN, max(0, time.Until(r.deadline))); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	n, err := applet.ReadFd(r.in, buf)
	if err == nil && n == 0 {
		err = io.EOF
	}
	r.buf = append(r.buf, buf[:n]...)
	return err
}

// line reads a line without its end. What is too long is cut off.
func (r *request) line() (string, error) {
	var line []byte
	for {
		i := bytes.IndexByte(r.buf, '\n')
		part := r.buf
		if i >= 0 {
			part = r.buf[:i]
		}
		line = append(line, part[:min(len(part), mostLine-len(line))]...)
		if i >= 0 {
			r.buf = r.buf[i+1:]
			return strings.ReplaceAll(string(line), "\r", ""), nil
		}
		r.buf = nil
		if err := r.fill(); err != nil {
			return strings.ReplaceAll(string(line), "\r", ""), err
		}
	}
}

// answer reads the request and answers it.
func (r *request) answer() {
	if !r.config.allows(r.from.IP) {
		r.fail(403)
		return
	}
	r.deadline = time.Now().Add(headerTime)
	line, err := r.line()
	switch {
	case err == syscall.ETIMEDOUT:
		r.fail(408)
		return
	case line == "":
		if r.verbose > 2 {
			r.log(r.who, "eof on read, closing")
		}
		return
	}
	method, rest, _ := strings.Cut(line, " ")
	url, version, found := strings.Cut(rest, " ")
	if !found || !strings.HasPrefix(url, "/") || !strings.HasPrefix(version, "HTTP/") {
		r.fail(400)
		return
	}
	for _, p := range r.config.proxies {
		if suffix, found := strings.CutPrefix(url, p.from); found {
			r.forward(p, method+" "+p.to+suffix+" "+version+"\r\n", url)
			return
		}
	}
	r.method = method
	for _, m := range [3]string{"GET", "HEAD", "POST"} {
		if strings.EqualFold(m, method) {
			r.method = m
		}
	}
	r.method = r.method[:min(len(r.method), 15)]
	if code := r.locate(url); code != 0 {
		r.fail(code)
		return
	}
	if code := r.readHeaders(); code != 0 {
		r.fail(code)
		return
	}
	r.respond()
}

// locate finds out which path is meant, and takes the configurations on the way there.
func (r *request) locate(url string) (code int) {
	url, r.query, r.hasQuery = strings.Cut(url, "?")
	path, ok := unescape(url, true)
	switch {
	case !ok:
		return 400
	case strings.IndexByte(path, 0) >= 0 || strings.Count(path, "/") != strings.Count(url, "/"):
		return 404 // an encoded slash or NUL
	}
	if r.path = clean(path); r.path == "" {
		return 400
	}
	if r.verbose > 1 {
		r.log(r.who, "url:"+r.path)
	}
	for i := 1; i < len(r.path); i++ {
		if r.path[i] != '/' {
			continue
		}
		next, found := r.config.inFolder(r.server, r.path[1:i])
		if found {
			if r.config = next; !next.allows(r.from.IP) {
				return 403
			}
		}
	}
	return 0
}

// readHeaders reads to the empty line.
func (r *request) readHeaders() (code int) {
	total := 0
	for {
		line, err := r.line()
		if err == syscall.ETIMEDOUT {
			return 408
		}
		if line == "" {
			return 0
		}
		if total += len(line); total >= mostTotal {
			return 413
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		if code := r.header(name, value); code != 0 {
			return code
		}
	}
}

func (r *request) header(name, value string) (code int) {
	switch strings.ToLower(name) {
	case "content-length":
		if r.method != "POST" {
			break
		}
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return 400
		}
		r.length = int64(n)
		return 0
	case "authorization":
		scheme, credentials, _ := strings.Cut(value, " ")
		if strings.EqualFold(scheme, "Basic") {
			r.user = decode64(credentials)
			return 0
		}
	case "range":
		r.readRange(value)
		return 0
	case "accept-encoding":
		r.gzip = r.gzip || strings.Contains(value, "gzip")
		return 0
	case "if-none-match":
		r.noneOf = value
		return 0
	}
	r.headers = append(r.headers, pair{name, value})
	return 0
}

// readRange reads "bytes=N-[M]".
func (r *request) readRange(value string) {
	r.first, r.last = -1, -1
	text, found := strings.CutPrefix(value, "bytes=")
	first, last, dash := strings.Cut(text, "-")
	n, err := strconv.ParseUint(first, 10, 63)
	if !found || !dash || err != nil {
		return
	}
	if last != "" {
		m, err := strconv.ParseUint(last, 10, 63)
		if err != nil || m < n {
			return
		}
		r.last = int64(m)
	}
	r.first = int64(n)
}

// decode64 decodes base64, passing over what isn't of it.
func decode64(s string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b []byte
	value, bits := uint32(0), 0
	for i := range len(s) {
		if s[i] == '=' {
			break
		}
		n := strings.IndexByte(digits, s[i])
		if n < 0 {
			continue
		}
		value, bits = value<<6|uint32(n), bits+6
		if bits >= 8 {
			bits -= 8
			b = append(b, byte(value>>bits))
		}
	}
	return string(b)
}

// respond answers when all headers are read.
func (r *request) respond() {
	var st syscall.Stat_t
	run := ""
	folder := strings.HasSuffix(r.path, "/")
	file := r.path
	switch {
	case r.path == "/cgi-bin/":
		r.fail(403)
		return
	case strings.HasPrefix(r.path, "/cgi-bin/"):
		run = r.path
	default:
		if folder {
			file += r.config.index
		}
		err := syscall.Stat(file[1:], &st)
		switch {
		case err == nil && !folder && st.Mode&syscall.S_IFMT == syscall.S_IFDIR:
			r.location = r.path
		case err == nil:
			if _, found := find(r.config.scripts, suffix(file)); found {
				run = file
			}
		case folder:
			if syscall.Access("cgi-bin/index.cgi", 1) != nil {
				r.fail(404)
				return
			}
			run = "/cgi-bin/index.cgi"
		}
	}
	r.checked(file, run)
}

// checked answers if the user may see the path.
func (r *request) checked(file, run string) {
	name, ok := r.config.user(r.path, r.user)
	switch {
	case applet.Base(r.path) == confName:
		r.fail(403)
	case !ok:
		r.fail(401)
	case r.location != "":
		r.fail(302)
	case run != "":
		r.user = name
		r.cgi(run)
	case r.method != "GET" && r.method != "HEAD":
		r.fail(501)
	default:
		r.file(file[1:])
	}
}

// suffix is what follows the last dot, with the dot.
func suffix(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[i:]
	}
	return ""
}
