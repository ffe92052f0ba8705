package httpd

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// rule allows or denies addresses.
type rule struct {
	ip, mask uint32
	allow    bool
}

// pair is a line "KEY:VALUE".
type pair struct{ key, value string }

// proxy is a line "P:FROM:HOST/TO".
type proxy struct{ from, host, to string }

// config is what httpd.conf says.
type config struct {
	rules   []rule
	denyAll bool
	index   string
	types   []pair // ".ext" and its type; the last is asked first
	scripts []pair // ".ext" and the interpreter
	auth    []pair // a path and "user:password", the longest path first
	errors  []pair // a status and the page for it
	proxies []proxy
}

const confName = "httpd.conf"

// configure reads the main configuration.
func (s *server) configure(first bool) bool {
	next := &config{index: "index.html"}
	if !first {
		// What only the first reading may set stays.
		next.index, next.errors, next.proxies = s.config.index, s.config.errors, s.config.proxies
	}
	path, given := s.Given("c")
	if !given {
		path = "/etc/" + confName
	}
	in, err := applet.Open(path)
	if err != nil && given && first {
		s.Warn(path, err)
		return false
	}
	if err != nil {
		path = confName
		in, err = applet.Open(path)
	}
	if err == nil {
		next.read(s, in, path, "", first)
		in.Close()
	}
	s.config = next
	return true
}

// inFolder returns the configuration with that of a folder added, and whether there
// is one. Rules of the folder replace those before.
func (k *config) inFolder(s *server, dir string) (*config, bool) {
	path := applet.Join(dir, confName)
	in, err := applet.Open(path)
	if err != nil {
		return k, false
	}
	defer in.Close()
	next := *k
	next.rules, next.denyAll = nil, false
	next.types, next.scripts, next.auth = slices.Clone(k.types), slices.Clone(k.scripts), slices.Clone(k.auth)
	next.read(s, in, path, dir, false)
	return &next, true
}

// read reads a configuration. Errors are told and passed over.
func (k *config) read(s *server, in *applet.In, path, dir string, first bool) {
	for {
		line, ok := in.Line()
		if !ok {
			return
		}
		text, _, _ := strings.Cut(string(line), "#")
		text = strings.Map(func(r rune) rune {
			if r == ' ' || r == '\t' || r == '\r' {
				return -1
			}
			return r
		}, text)
		if text == "" {
			continue
		}
		key, value, found := strings.Cut(text, ":")
		if !found || key == "" || value == "" || !k.line(s, key, value, dir, first) {
			s.Complain("config error '" + text + "' in '" + path + "'")
		}
	}
}

// line takes one line. Of the words only the first letter counts.
func (k *config) line(s *server, key, value, dir string, first bool) bool {
	switch key[0] {
	case 'i', 'I':
		k.index = value
	case 'a', 'A', 'd', 'D':
		k.addRule(key[0]|0x20 == 'a', value)
	case '.':
		k.types = append(k.types, pair{key, value})
	case '*':
		if !strings.HasPrefix(key, "*.") {
			return false
		}
		k.scripts = append(k.scripts, pair{key[1:], value})
	case '/':
		k.addAuth(clean("/"+dir+key), value)
	case 'h', 'H', 'e', 'E', 'p', 'P':
		return first && k.firstLine(s, key, value)
	default:
		return false
	}
	return true
}

// firstLine takes the lines that only the main configuration may have, when it is
// read first.
func (k *config) firstLine(s *server, key, value string) bool {
	switch key[0] | 0x20 {
	case 'h':
		s.home = value
		return s.enter()
	case 'e':
		if n, err := strconv.Atoi(key[1:]); err != nil || n < 100 {
			return false
		}
		k.errors = append(k.errors, pair{key[1:], value})
	case 'p':
		from, rest, found := strings.Cut(value, ":")
		rest = strings.TrimPrefix(rest, "http://")
		i := strings.IndexByte(rest, '/')
		if !found || i <= 0 {
			return false
		}
		// The last one that fits counts.
		k.proxies = append([]proxy{{from, rest[:i], rest[i:]}}, k.proxies...)
	}
	return true
}

// addRule adds a rule: those that deny stand before those that allow. A rule that
// can't be read denies everything.
func (k *config) addRule(allow bool, text string) {
	if text[0] == '*' {
		k.denyAll = k.denyAll || !allow
		return
	}
	r := rule{allow: allow}
	ok := false
	if r.ip, r.mask, ok = parseRule(text); !ok {
		r = rule{}
	}
	if r.allow {
		k.rules = append(k.rules, r)
	} else {
		k.rules = append([]rule{r}, k.rules...)
	}
}

// parseRule reads 10.1., 10.0.0.0/8 or 10.0.0.0/255.0.0.0.
func parseRule(text string) (ip, mask uint32, ok bool) {
	text, length, masked := strings.Cut(text, "/")
	parts := strings.Split(strings.TrimSuffix(text, "."), ".")
	if len(parts) > 4 {
		return 0, 0, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return 0, 0, false
		}
		ip |= uint32(n) << (24 - 8*i)
	}
	n := 8 * len(parts)
	if masked {
		if m, ok := socket.Parse4(length); ok {
			return ip, m.Uint32(), bits.OnesCount32(^m.Uint32()) == bits.TrailingZeros32(m.Uint32()) || m.IsZero()
		}
		v, err := strconv.ParseUint(length, 10, 8)
		if err != nil || v > 32 {
			return 0, 0, false
		}
		n = int(v)
	}
	return ip, uint32(uint64(0xffffffff) << (32 - n)), true
}

// addAuth keeps the longest paths first, of equal ones the later.
func (k *config) addAuth(path, value string) {
	i := 0
	for i < len(k.auth) && len(path) < len(k.auth[i].key) {
		i++
	}
	k.auth = append(k.auth, pair{})
	copy(k.auth[i+1:], k.auth[i:])
	k.auth[i] = pair{path, value}
}

// allows says whether an address may connect.
func (k *config) allows(from socket.IP) bool {
	n := uint32(0)
	if four := from.Unmap(); four.Is4() {
		n = four.Uint32()
	}
	for _, r := range k.rules {
		if n&r.mask == r.ip {
			return r.allow
		}
	}
	return !k.denyAll
}

// user checks a name and password against the lines for a path. Without any such line
// everyone may see it.
func (k *config) user(path, credentials string) (name string, ok bool) {
	matched := ""
	for _, a := range k.auth {
		if matched != "" && a.key != matched ||
			a.key != "/" && path != a.key && !strings.HasPrefix(path, a.key+"/") {
			continue
		}
		matched = a.key
		who, want, _ := strings.Cut(a.value, ":")
		user, password, given := strings.Cut(credentials, ":")
		if !given || who != "*" && who != user {
			continue
		}
		if want == "*" {
			if want, given = systemPassword(user); !given {
				continue
			}
			if !samePassword(password, want, true) {
				continue
			}
			return user, true
		}
		if samePassword(password, want, false) {
			return user, true
		}
	}
	return "", matched == ""
}

// find returns the value of the last pair with the key.
func find(pairs []pair, key string) (string, bool) {
	for i := len(pairs) - 1; i >= 0; i-- {
		if pairs[i].key == key {
			return pairs[i].value, true
		}
	}
	return "", false
}

// clean resolves "//", "/./" and "/../" of an absolute path; "" if it leads above
// the root. A slash at the end stays.
func clean(path string) string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(parts) == 0 {
				return ""
			}
			parts = parts[:len(parts)-1]
		default:
			parts = append(parts, part)
		}
	}
	result := "/" + strings.Join(parts, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	if len(parts) > 0 && (last == "" || last == "." || last == "..") {
		result += "/"
	}
	return result
}
