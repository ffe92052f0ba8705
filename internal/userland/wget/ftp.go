package wget

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/socket"
)

// ask sends a command of FTP and returns the code and the last line of the reply.
func (w *wget) ask(s *stream, command string) (code int, line string, ok bool) {
	if command != "" {
		if _, err := s.Write([]byte(command + "\r\n")); err != nil {
			return 0, "", w.fail("write error", err)
		}
		if w.Has("S") {
			w.log.Print("--> ", command, "\n\n")
		}
	}
	for {
		line, ok := w.response(s, "")
		if !ok {
			return 0, "", false
		}
		if n, err := strconv.Atoi(line[:min(3, len(line))]); err == nil && n >= 100 && len(line) > 3 && line[3] == ' ' {
			return n, line, true
		}
	}
}

// ftp downloads a URL of FTP.
func (w *wget) ftp(u *address) bool {
	s, ok := w.connect(u)
	if !ok {
		return false
	}
	defer s.Close()
	w.hasLength, w.chunked = false, false
	code, line, ok := w.ask(s, "")
	if !ok || code != 220 {
		return ok && w.fail(line, nil)
	}
	if !w.login(s, u) {
		return false
	}
	path := unescape(u.path)
	if path != clean(path) {
		return w.fail("not an http or ftp url: "+clean(path), nil)
	}
	if code, line, ok = w.ask(s, "SIZE "+path); !ok {
		return false
	}
	if code == 213 {
		n, err := strconv.ParseInt(strings.TrimSpace(line[4:]), 10, 64)
		if err != nil || n < 0 {
			return w.fail("bad SIZE value '"+line[4:]+"'", nil)
		}
		w.length, w.hasLength = n, true
	}
	data, ok := w.dataStream(s)
	if !ok {
		return false
	}
	defer data.Close()
	if w.begin != 0 {
		if code, _, ok = w.ask(s, "REST "+itoa(w.begin)); !ok {
			return false
		}
		if code == 350 {
			w.length -= w.begin
		} else {
			w.restart()
		}
	}
	if code, line, ok = w.ask(s, "RETR "+path); !ok || code > 150 {
		return ok && w.fail("bad response to RETR: "+line, nil)
	}
	if !w.save(data) {
		return false
	}
	data.Close()
	if w.Has("spider") {
		return true
	}
	if code, line, ok = w.ask(s, ""); ok && code != 226 {
		return w.fail("ftp error: "+line, nil)
	}
	return ok
}

func (w *wget) login(s *stream, u *address) bool {
	user, password := "anonymous", "busybox"
	if u.user != "" {
		user, password, _ = strings.Cut(u.user, ":")
	}
	if clean(user+password) != user+password {
		return w.fail("ftp login: bad name", nil)
	}
	code, line, ok := w.ask(s, "USER "+user)
	if ok && code == 331 {
		code, line, ok = w.ask(s, "PASS "+password)
	}
	if !ok || code != 230 {
		return ok && w.fail("ftp login: "+line, nil)
	}
	_, _, ok = w.ask(s, "TYPE I")
	return ok
}

// dataStream asks for a port for the data and connects to it: on the server's own
// address, whatever another one a reply may name.
func (w *wget) dataStream(s *stream) (*stream, bool) {
	code, line, ok := w.ask(s, "EPSV")
	if !ok {
		return nil, false
	}
	if code != 229 {
		if code, line, ok = w.ask(s, "PASV"); !ok {
			return nil, false
		}
	}
	port := dataPort(code, line)
	if port < 0 {
		return nil, w.fail("bad response to PASV: "+line, nil)
	}
	to := socket.Peer(s.link.Fd)
	to.Port = port
	return w.dial(to)
}

// dataPort reads "229 text (|||port|)" or "227 text (N1,N2,N3,N4,P1,P2)".
func dataPort(code int, line string) int {
	i := strings.LastIndexByte(line, ')')
	if i < 0 {
		i = len(line)
	}
	if code == 229 {
		parts := strings.Split(line[:i], "|")
		if len(parts) < 2 {
			return -1
		}
		n, err := strconv.ParseUint(parts[len(parts)-2], 10, 16)
		if err != nil {
			return -1
		}
		return int(n)
	}
	parts := strings.Split(line[:i], ",")
	if code != 227 || len(parts) < 6 {
		return -1
	}
	high, err := strconv.ParseUint(parts[len(parts)-2], 10, 8)
	low, err2 := strconv.ParseUint(parts[len(parts)-1], 10, 8)
	if err != nil || err2 != nil {
		return -1
	}
	return int(high)<<8 | int(low)
}
