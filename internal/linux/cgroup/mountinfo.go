package cgroup

import "strings"

// mountTable is what /proc/self/mountinfo says of cgroup file systems (proc_pid_mountinfo(5)).
type mountTable struct{ lines []string }

func readMounts() *mountTable {
	text, err := readFile("/proc/self/mountinfo")
	if err != nil {
		return &mountTable{}
	}
	return parseMounts(text)
}

func parseMounts(text string) *mountTable {
	t := &mountTable{}
	eachLine(text, func(line string) {
		if strings.Contains(line, " - cgroup") {
			t.lines = append(t.lines, line)
		}
	})
	return t
}

// locate finds the mount of a hierarchy and rewrites its own group to what it
// is called below that mount: a container without a cgroup namespace has its
// own group mounted as if it were the root.
func (t *mountTable) locate(h *Hierarchy, names string) bool {
	for _, line := range t.lines {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 3 || !holds(kind[0], kind[2], names) {
			continue
		}
		h.Mount = unescape(fields[4])
		h.Own = below(clean(unescape(fields[3])), h.Own)
		return true
	}
	return false
}

// holds tells whether a mount with these super options is the hierarchy of names.
func holds(fstype, options, names string) bool {
	if names == "" {
		return fstype == "cgroup2"
	}
	if fstype != "cgroup" {
		return false
	}
	first, _, _ := strings.Cut(names, ",")
	for o := range strings.SplitSeq(options, ",") {
		if o == first {
			return true
		}
	}
	return false
}

// below returns path as seen from root, and "/" where it is not below it.
func below(root, path string) string {
	if root == "/" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, root); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return "/"
}

// unescape undoes the octal escapes of mountinfo: blank, tab, newline, backslash.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1:i+4]) {
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func octal(s string) bool {
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7'
}
