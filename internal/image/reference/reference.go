// Package reference reads and prints the names of images, by docker's rules:
// "busybox" is docker.io/library/busybox:latest, and is printed as "busybox".
//
// distribution/reference does the same with regular expressions, which cost
// 0.9 ms at every start of the program; this is a scanner of the same grammar.
package reference

import (
	"errors"
	"strings"

	"bantam/internal/image/digest"
)

// ErrInvalid is docker's message for a name that does not follow the grammar.
var ErrInvalid = errors.New("invalid reference format")

const (
	defaultDomain = "docker.io"
	officialRepo  = "library/"
	legacyDomain  = "index.docker.io"

	// DefaultTag is the tag of a name that has neither tag nor digest.
	DefaultTag = "latest"

	maxName = 255
	maxTag  = 128
)

// Reference is a parsed name. Domain and Path are never empty.
type Reference struct {
	Domain string
	Path   string
	Tag    string
	Digest digest.Digest
}

// Parse reads a name, with docker's short forms. It does not add a tag: see Tagged.
func Parse(s string) (Reference, error) {
	if len(s) == 64 && digest.IsHex(s) {
		return Reference{}, errors.New("invalid repository name (" + s + "), cannot specify 64-byte hexadecimal strings")
	}
	rest, dgst, hasDigest := strings.Cut(s, "@")
	name, tag, hasTag := cutTag(rest)
	var r Reference
	r.Domain, r.Path = splitDomain(name)
	if strings.ToLower(r.Path) != r.Path {
		if lower := strings.ToLower(r.Path); validPath(lower) {
			return Reference{}, errors.New("invalid reference format: repository name (" + r.Path + ") must be lowercase")
		}
		return Reference{}, ErrInvalid
	}
	if !validDomain(r.Domain) || !validPath(r.Path) || hasTag && !validTag(tag) {
		return Reference{}, ErrInvalid
	}
	if len(r.Domain)+1+len(r.Path) > maxName {
		return Reference{}, errors.New("invalid reference format: repository name must not be more than 255 characters")
	}
	r.Tag = tag
	if hasDigest {
		d, err := digest.Parse(dgst)
		if err != nil {
			return Reference{}, ErrInvalid
		}
		r.Digest = d
	}
	return r, nil
}

// cutTag splits "name:tag"; a colon before the last slash is a port's.
func cutTag(s string) (name, tag string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s[i:], '/') >= 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// splitDomain decides whether the first part of a name is a registry's address:
// it is if it has a dot, a colon or an upper-case letter, or is localhost.
func splitDomain(name string) (domain, path string) {
	first, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(first, ".:") && first != "localhost" && strings.ToLower(first) == first {
		domain, path = defaultDomain, name
	} else {
		domain, path = first, rest
	}
	if domain == legacyDomain {
		domain = defaultDomain
	}
	if domain == defaultDomain && !strings.Contains(path, "/") {
		path = officialRepo + path
	}
	return domain, path
}

// validDomain accepts host[:port], where host is dot-separated labels or an IPv6
// address in brackets.
func validDomain(s string) bool {
	if strings.HasPrefix(s, "[") {
		host, port, ok := strings.Cut(s[1:], "]")
		return ok && host != "" && strings.Trim(host, "0123456789abcdefABCDEF:") == "" &&
			(port == "" || port[0] == ':' && isDigits(port[1:]))
	}
	host, port, hasPort := strings.Cut(s, ":")
	if hasPort && !isDigits(port) {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if !validLabel(label) {
			return false
		}
	}
	return true
}

func validLabel(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetterOrDigit(s[i]) && (s[i] != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != ""
}

// validPath accepts components of lower-case letters and digits, separated by
// one dot, one or two underscores or any number of dashes.
func validPath(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if !validComponent(part) {
			return false
		}
	}
	return true
}

func validComponent(s string) bool {
	for i := 0; i < len(s); {
		if isAlnum(s[i]) {
			i++
			continue
		}
		n := separator(s[i:])
		if n == 0 || i == 0 || i+n == len(s) || !isAlnum(s[i+n]) {
			return false
		}
		i += n
	}
	return s != ""
}

// separator is the length of the separator that s begins with.
func separator(s string) int {
	n := 1
	for n < len(s) && s[n] == s[0] {
		n++
	}
	if s[0] == '-' || s[0] == '.' && n == 1 || s[0] == '_' && n <= 2 {
		return n
	}
	return 0
}

func validTag(s string) bool {
	if s == "" || len(s) > maxTag {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetterOrDigit(c) && c != '_' && (i == 0 || c != '.' && c != '-') {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func isLetterOrDigit(c byte) bool { return isAlnum(c) || c >= 'A' && c <= 'Z' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Tagged gives a name without tag and digest the default tag.
func (r Reference) Tagged() Reference {
	if r.Tag == "" && r.Digest == "" {
		r.Tag = DefaultTag
	}
	return r
}

// Name is the full repository name, "docker.io/library/busybox".
func (r Reference) Name() string { return r.Domain + "/" + r.Path }

// FamiliarName is the short repository name, "busybox".
func (r Reference) FamiliarName() string {
	if r.Domain != defaultDomain {
		return r.Name()
	}
	if short, ok := strings.CutPrefix(r.Path, officialRepo); ok && !strings.Contains(short, "/") {
		return short
	}
	return r.Path
}

func (r Reference) suffix() string {
	s := ""
	if r.Tag != "" {
		s = ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + string(r.Digest)
	}
	return s
}

// String is the full name with tag and digest.
func (r Reference) String() string { return r.Name() + r.suffix() }

// Familiar is the short name with tag and digest, as docker prints it.
func (r Reference) Familiar() string { return r.FamiliarName() + r.suffix() }
