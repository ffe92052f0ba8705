package httpd

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// reasons are the answers: their names, and what is said about them.
const reasons = `200 OK
206 Partial Content
302 Found
304 Not Modified
400 Bad Request|Unsupported method
401 Unauthorized|
403 Forbidden|
404 Not Found|The requested URL was not found
408 Request Timeout|No request appeared within 60 seconds
413 Entity Too Large|Entity Too Large
500 Internal Server Error|Internal Server Error
501 Not Implemented|The requested method is not recognized
`

func reason(code int) (name, info string, hasInfo bool) {
	for line := range strings.Lines(reasons) {
		if rest, found := strings.CutPrefix(line, strconv.Itoa(code)+" "); found {
			return cut(strings.TrimSuffix(rest, "\n"))
		}
	}
	return "", "", false
}

func cut(s string) (before, after string, found bool) { return strings.Cut(s, "|") }

// dateFormat is RFC 1123's.
func date(unix int64) string {
	t := time.Unix(unix, 0).UTC()
	const days, months = "SunMonTueWedThuFriSat", "JanFebMarAprMayJunJulAugSepOctNovDec"
	two := func(n int) string { return strconv.Itoa(100 + n)[1:] }
	w, m := int(t.Weekday())*3, int(t.Month())*3
	return days[w:w+3] + ", " + two(t.Day()) + " " + months[m-3:m] + " " + strconv.Itoa(t.Year()) + " " +
		two(t.Hour()) + ":" + two(t.Minute()) + ":" + two(t.Second()) + " GMT"
}

func (r *request) write(s string) bool {
	return applet.WriteFd(r.out, []byte(s)) == nil
}

// fail sends an answer without a file, or with the page that the configuration
// names for it.
func (r *request) fail(code int) {
	r.gzip, r.size = false, -1
	page, found := find(r.config.errors, strconv.Itoa(code))
	if found && syscall.Access(page, 4) == nil {
		head, _ := r.head(code)
		if r.write(head + "\r\n") {
			r.first = -1
			r.send(page)
		}
		return
	}
	head, info := r.head(code)
	r.write(head + "\r\n" + info)
}

// head makes the answer's headers, and the text for people.
func (r *request) head(code int) (head, info string) {
	name, text, hasInfo := reason(code)
	number := strconv.Itoa(code)
	if r.verbose > 0 {
		r.log(r.who, "response:"+number)
	}
	head = "HTTP/1.1 " + number + " " + name + "\r\nDate: " + date(time.Now().Unix()) + "\r\nConnection: close\r\n"
	if code != 200 {
		head += "Content-type: text/html\r\n"
	} else if r.kind != "" {
		head += "Content-type: " + r.kind + "\r\n"
	}
	if code == 401 {
		head += "WWW-Authenticate: Basic realm=\"" + r.realm + "\"\r\n"
	}
	if code == 302 {
		head += "Location: " + r.redirect() + "\r\n"
	}
	if r.size >= 0 {
		size := r.size
		if code == 206 {
			head += "Content-Range: bytes " + itoa(r.first) + "-" + itoa(r.last) + "/" + itoa(size) + "\r\n"
			size = r.last - r.first + 1
		}
		head += "Accept-Ranges: bytes\r\nLast-Modified: " + date(r.modified) + "\r\nETag: " + r.etag +
			"\r\nContent-Length: " + itoa(size) + "\r\n"
	}
	if r.gzip {
		head += "Content-Encoding: gzip\r\n"
	}
	if hasInfo {
		title := number + " " + name
		info = "<HTML><HEAD><TITLE>" + title + "</TITLE></HEAD>\n<BODY><H1>" + title + "</H1>\n" + text + "\n</BODY></HTML>\n"
	}
	return head, info
}

// redirect is where a folder without its slash is. The path was decoded: what would end
// the header, or lead to another host, is encoded again.
func (r *request) redirect() string {
	const digits = "0123456789ABCDEF"
	var b []byte
	for i := range len(r.location) {
		c := r.location[i]
		if c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#' {
			b = append(b, '%', digits[c>>4], digits[c&15])
		} else {
			b = append(b, c)
		}
	}
	location := string(b) + "/"
	if r.hasQuery {
		location += "?" + r.query
	}
	return location
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// types are the types of files by their suffixes.
const types = `.txt.h.c.cc.cpp text/plain
.htm.html text/html
.jpg.jpeg image/jpeg
.gif image/gif
.png image/png
.svg image/svg+xml
.css text/css
.js application/javascript
.wav audio/wav
.avi video/x-msvideo
.qt.mov video/quicktime
.mpe.mpeg video/mpeg
.mid.midi audio/midi
.mp3 audio/mpeg
`

// typeOf is the type of a file, "" if it is unknown.
func (k *config) typeOf(path string) string {
	want := suffix(path)
	if want == "" || want == "." {
		return ""
	}
	if kind, found := find(k.types, want); found {
		return kind
	}
	for line := range strings.Lines(types) {
		list, kind, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if strings.Contains(list+".", want+".") {
			return kind
		}
	}
	return ""
}

// file sends a file, a part of it, or its packed form.
func (r *request) file(path string) {
	fd := -1
	var st syscall.Stat_t
	if r.gzip {
		fd = open(path+".gz", &st)
	}
	if fd < 0 {
		r.gzip = false
		if fd = open(path, &st); fd < 0 {
			r.fail(404)
			return
		}
	}
	defer syscall.Close(fd)
	r.size, r.modified = st.Size, st.Mtim.Sec
	r.etag = `"` + strconv.FormatInt(r.modified, 16) + "-" + strconv.FormatInt(r.size, 16) + `"`
	if r.noneOf != "" && strings.Contains(r.noneOf, r.etag) {
		r.fail(304)
		return
	}
	r.kind = r.config.typeOf(path)
	code, count := 200, r.size
	if r.first >= 0 && !r.gzip {
		if r.last < 0 || r.last > r.size-1 {
			r.last = r.size - 1
		}
		if r.first <= r.last {
			code, count = 206, r.last-r.first+1
			syscall.Seek(fd, r.first, 0)
		}
	}
	head, _ := r.head(code)
	if !r.write(head + "\r\n") {
		return
	}
	if r.method == "GET" {
		r.copy(fd, count)
	}
}

// open opens a regular file, and never waits for a pipe's other end.
func open(path string, st *syscall.Stat_t) int {
	fd, err := applet.OpenFile(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return -1
	}
	if syscall.Fstat(fd, st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		syscall.Close(fd)
		return -1
	}
	return fd
}

// send sends all of a file.
func (r *request) send(path string) {
	var st syscall.Stat_t
	if fd := open(path, &st); fd >= 0 {
		r.copy(fd, st.Size)
		syscall.Close(fd)
	}
}

// copy sends count bytes of a file. A client that takes nothing for a minute ends it.
func (r *request) copy(fd int, count int64) {
	for count > 0 {
		n, err := syscall.Sendfile(r.out, fd, nil, int(min(count, 1<<20)))
		if err == syscall.EINTR {
			continue
		}
		if err == syscall.EINVAL || err == syscall.ENOSYS {
			buf := make([]byte, min(count, 64<<10))
			if n, err = applet.ReadFd(fd, buf); err == nil && n > 0 {
				err = applet.WriteFd(r.out, buf[:n])
			}
		}
		if err != nil || n <= 0 {
			if err != nil && r.verbose > 1 {
				r.log(r.who, "error: "+applet.Reason(err))
			}
			return
		}
		count -= int64(n)
	}
}
