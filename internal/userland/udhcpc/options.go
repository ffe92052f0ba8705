package udhcpc

import (
	"math/bits"
	"strconv"
	"strings"

	"bantam/internal/userland/applet/socket"
)

// environment is what a script is told of a message.
func (m message) environment() (env []string) {
	all, overload := m.options()
	for _, o := range all {
		_, name, kind := lookup(int(o.code), "")
		if name == "" {
			env = append(env, "opt"+strconv.Itoa(int(o.code))+"="+hexOf(o.value))
			continue
		}
		env = append(env, name+"="+text(kind, o.value))
		if o.code == optSubnet && len(o.value) == 4 {
			n := 0
			for _, b := range o.value {
				n += bits.OnesCount8(b)
			}
			env = append(env, "mask="+strconv.Itoa(n))
		}
	}
	env = append(env, "ip="+m.address(atYours).String())
	if a := m.address(atServer); !a.IsZero() {
		env = append(env, "siaddr="+a.String())
	}
	if a := m.address(atGateway); !a.IsZero() {
		env = append(env, "giaddr="+a.String())
	}
	if s := field(m[atFile:atCookie]); overload&1 == 0 && s != "" {
		env = append(env, "boot_file="+s)
	}
	if s := field(m[atSname:atFile]); overload&2 == 0 && s != "" {
		env = append(env, "sname="+s)
	}
	return env
}

// field is the text of a field, to its first NUL.
func field(p []byte) string {
	s, _, _ := strings.Cut(string(p), "\x00")
	return s
}

func hexOf(p []byte) string {
	const digits = "0123456789abcdef"
	var b []byte
	for _, n := range p {
		b = append(b, digits[n>>4], digits[n&15])
	}
	return string(b)
}

// text writes an option's value: a stranger's word, which goes to a shell script.
func text(kind string, p []byte) string {
	switch kind {
	case "s":
		return field(p)
	case "h":
		if s := field(p); goodHost(s) {
			return s
		}
		return "bad"
	case "r":
		return strings.Join(routesOf(p), " ")
	case "d":
		return strings.Join(domains(p), " ")
	case "v":
		switch {
		case len(p) > 0 && p[0] == 0:
			return strings.Join(domains(p[1:]), " ")
		case len(p) > 0 && p[0] == 1:
			return text("i", p[1:])
		}
		return ""
	case "6":
		if len(p) < 22 || p[0] > 32 || int(p[1])+32-int(p[0]) > 128 {
			return ""
		}
		return strconv.Itoa(int(p[0])) + " " + strconv.Itoa(int(p[1])) + " " + socket.From(p[2:18]).String() + " " + text("i", p[18:])
	}
	return list(kind, p)
}

// list writes values of one size, separated by spaces.
func list(kind string, p []byte) string {
	size := map4(kind)
	var words []string
	for ; len(p) >= size; p = p[size:] {
		n := uint64(0)
		for _, b := range p[:size] {
			n = n<<8 | uint64(b)
		}
		switch kind {
		case "i":
			words = append(words, socket.From(p[:4]).String())
		case "p":
			words = append(words, socket.From(p[:4]).String()+"/"+socket.From(p[4:8]).String())
		case "-4":
			words = append(words, strconv.Itoa(int(int32(n))))
		default:
			words = append(words, strconv.FormatUint(n, 10))
		}
	}
	return strings.Join(words, " ")
}

func map4(kind string) int {
	switch kind {
	case "1":
		return 1
	case "2":
		return 2
	case "p":
		return 8
	}
	return 4
}

// goodHost says whether a text can be a host's name: nothing that a script could take for
// an option or more than a word.
func goodHost(s string) bool {
	if strings.HasPrefix(s, "-") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			continue
		}
		return false
	}
	return true
}

// routesOf reads the routes of RFC 3442: length, as many bytes as it needs, router.
func routesOf(p []byte) (words []string) {
	for len(p) >= 5 && p[0] <= 32 {
		n := (int(p[0]) + 7) / 8
		if len(p) < 1+n+4 {
			break
		}
		var to [4]byte
		copy(to[:], p[1:1+n])
		words = append(words, socket.From(to[:]).String()+"/"+strconv.Itoa(int(p[0])), socket.From(p[1+n:1+n+4]).String())
		p = p[1+n+4:]
	}
	return words
}

// domains reads names of RFC 1035, whose pointers lead back within the option: RFC
// 3397. Any that isn't a good host's name ends it.
func domains(p []byte) (names []string) {
	for at := 0; at < len(p); {
		var labels []string
		next, limit := 0, at
		for i := at; ; {
			if i >= len(p) || len(labels) > 127 {
				return names
			}
			n := int(p[i])
			if n == 0 {
				if next == 0 {
					next = i + 1
				}
				break
			}
			if n >= 0xc0 {
				if i+1 >= len(p) {
					return names
				}
				if next == 0 {
					next = i + 2
				}
				to := n&0x3f<<8 | int(p[i+1])
				if to >= limit {
					return names
				}
				i, limit = to, to
				continue
			}
			if n > 63 || i+1+n > len(p) || !goodHost(string(p[i+1:i+1+n])) {
				return names
			}
			labels = append(labels, string(p[i+1:i+1+n]))
			i += 1 + n
		}
		names = append(names, strings.Join(labels, "."))
		at = next
	}
	return names
}

// encode reads what -x says: NAME:VALUE or CODE:VALUE. A value of an option without a
// name is hexadecimal, or a text in quotes.
func encode(word string) (code byte, value []byte, ok bool) {
	name, text, found := strings.Cut(word, ":")
	n, err := strconv.ParseUint(name, 0, 8)
	number, kind := int(n), "x"
	if err == nil {
		_, _, k := lookup(number, "")
		if k != "" {
			kind = k
		}
	} else {
		number, _, kind = lookup(-1, name)
	}
	if !found || number <= 0 || number >= optEnd {
		return 0, nil, false
	}
	switch kind {
	case "s", "h":
		return byte(number), []byte(text), text != ""
	case "i", "p":
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' || r == '/' }) {
			ip, ok := socket.Parse4(part)
			if !ok {
				return 0, nil, false
			}
			value = append(value, ip.Bytes()...)
		}
		return byte(number), value, len(value) > 0
	case "1", "2", "4", "-4":
		size := map4(kind)
		v, err := strconv.ParseInt(text, 0, 64)
		for i := size - 1; i >= 0; i-- {
			value = append(value, byte(v>>(8*i)))
		}
		return byte(number), value, err == nil && v < 1<<(8*size)
	}
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return byte(number), []byte(text[1 : len(text)-1]), true
	}
	digits := strings.ReplaceAll(text, ":", "")
	for i := 0; i+1 < len(digits); i += 2 {
		b, err := strconv.ParseUint(digits[i:i+2], 16, 8)
		if err != nil {
			return 0, nil, false
		}
		value = append(value, byte(b))
	}
	return byte(number), value, len(digits)%2 == 0 && len(value) > 0 && len(value) < 256
}
