package wget

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/socket"
)

// address is a URL in its parts.
type address struct {
	scheme string
	host   string // with brackets and port, as it stood
	name   string // without them
	port   int
	path   string // without the first slash
	user   string // "user:password"
}

// parse reads a URL; without a scheme it is one of HTTP.
func (w *wget) parse(text string) (*address, bool) {
	u := &address{scheme: "http"}
	rest := text
	if scheme, after, found := strings.Cut(text, "://"); found {
		u.scheme, rest = scheme, after
	}
	switch u.scheme {
	case "http":
		u.port = 80
	case "https":
		u.port = 443
	case "ftp":
		u.port = 21
	default:
		return nil, w.fail("not an http or ftp url: "+text, nil)
	}
	// Spaces and control characters would let a URL add lines to the request.
	for i := range len(rest) {
		if rest[i] < ' ' || rest[i] == 0x7f {
			return nil, w.fail("not an http or ftp url: "+clean(text), nil)
		}
	}
	u.host = rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		u.host, u.path = rest[:i], strings.TrimPrefix(rest[i:], "/")
		u.path, _, _ = strings.Cut(u.path, "#")
	}
	if i := strings.LastIndexByte(u.host, '@'); i >= 0 {
		u.user, u.host = unescape(u.host[:i]), u.host[i+1:]
	}
	name, port := socket.SplitPort(u.host)
	u.name = name
	if port != "" {
		n, ok := socket.Port(port, "tcp")
		if !ok {
			return nil, w.fail("bad port '"+port+"'", nil)
		}
		u.port = n
	}
	// The zone of an address means nothing to others: RFC 4007.
	if before, after, found := strings.Cut(u.host, "%"); found && strings.HasPrefix(u.host, "[") {
		if i := strings.IndexByte(after, ']'); i >= 0 {
			u.host = before + after[i:]
		}
	}
	return u, true
}

// clean cuts a text off before its first control character.
func clean(s string) string {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return s[:i]
		}
	}
	return s
}

// unescape resolves %41.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// connect opens a connection to a host, telling of it.
func (w *wget) connect(u *address) (*stream, bool) {
	ips, err := dns.Load().Lookup(u.name, 0)
	if err != nil {
		return nil, w.fail("bad address '"+u.host+"'", nil)
	}
	to := socket.Addr{IP: ips[0], Port: u.port}
	w.say("Connecting to ", u.host, " (", to.String(), ")\n")
	return w.dial(to)
}

// dial connects to an address.
func (w *wget) dial(to socket.Addr) (*stream, bool) {
	fd, err := socket.Dial(to, 1, w.limit)
	if err != nil {
		text := "can't connect to remote host"
		if to.IP.Is4() {
			text += " (" + to.IP.String() + ")"
		}
		return nil, w.fail(text, err)
	}
	return newStream(w, fd), true
}

// base64 encodes a user's name and password.
func base64(s string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b []byte
	for i := 0; i < len(s); i += 3 {
		n, k := uint32(0), min(3, len(s)-i)
		for j := range 3 {
			n <<= 8
			if j < k {
				n |= uint32(s[i+j])
			}
		}
		for j := range 4 {
			if j > k {
				b = append(b, '=')
				continue
			}
			b = append(b, digits[n>>(18-6*j)&63])
		}
	}
	return string(b)
}
