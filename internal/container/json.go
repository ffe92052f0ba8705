package container

import (
	"sort"
	"strconv"
	"time"
	"unicode/utf8"

	"bantam/internal/container/record"
)

// appendState writes the state of runtime.md on one line, for hooks.
func appendState(b []byte, r *record.Record, s record.State, pid int) []byte {
	b = appendMember(append(b, '{'), "ociVersion", r.Version)
	b = appendMember(append(b, ','), "id", r.ID)
	b = appendMember(append(b, ','), "status", s.String())
	if pid > 0 {
		b = strconv.AppendInt(append(b, `,"pid":`...), int64(pid), 10)
	}
	b = appendMember(append(b, ','), "bundle", r.Bundle)
	if len(r.Annotations) > 0 {
		b = appendAnnotations(append(b, `,"annotations":`...), r.Annotations)
	}
	return append(b, '}')
}

// appendProcessState writes the document that goes to the seccomp agent.
func appendProcessState(b []byte, r *record.Record, s record.State, pid, init int, metadata string) []byte {
	b = appendMember(append(b, '{'), "ociVersion", r.Version)
	b = append(b, `,"fds":["seccompFd"],"pid":`...)
	b = strconv.AppendInt(b, int64(pid), 10)
	if metadata != "" {
		b = appendMember(append(b, ','), "metadata", metadata)
	}
	return append(appendState(append(b, `,"state":`...), r, s, init), '}')
}

// appendEntry writes what state and list print of a container, indented as runc's.
func appendEntry(b []byte, e *Entry, indent string) []byte {
	next := "\n" + indent + "  "
	b = appendMember(append(append(b, '{'), next...), "ociVersion", e.Version)
	b = appendMember(append(append(b, ','), next...), "id", e.ID)
	b = strconv.AppendInt(append(append(append(b, ','), next...), `"pid": `...), int64(e.Pid), 10)
	b = appendMember(append(append(b, ','), next...), "status", e.State.String())
	b = appendMember(append(append(b, ','), next...), "bundle", e.Bundle)
	b = appendMember(append(append(b, ','), next...), "rootfs", e.Rootfs)
	b = appendMember(append(append(b, ','), next...), "created", e.created())
	if len(e.Annotations) > 0 {
		b = appendAnnotations(append(append(append(b, ','), next...), `"annotations": `...), e.Annotations)
	}
	b = appendMember(append(append(b, ','), next...), "owner", e.owner())
	return append(b, "\n"+indent+"}"...)
}

func (e *Entry) created() string {
	if e.Record.Created == 0 {
		return "0001-01-01T00:00:00Z"
	}
	return time.Unix(0, e.Record.Created).UTC().Format(time.RFC3339Nano)
}

func appendMember(b []byte, name, value string) []byte {
	b = append(append(append(b, '"'), name...), `": `...)
	return appendString(b, value)
}

func appendAnnotations(b []byte, list []record.Pair) []byte {
	b = append(b, '{')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, list[i].Key), ':')
		b = appendString(b, list[i].Value)
	}
	return append(b, '}')
}

// annotations sorts the spec's map.
func annotations(m map[string]string) []record.Pair {
	if len(m) == 0 {
		return nil
	}
	list := make([]record.Pair, 0, len(m))
	for k, v := range m {
		list = append(list, record.Pair{Key: k, Value: v})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Key < list[j].Key })
	return list
}

// appendString writes a JSON string (RFC 8259); what is no UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"', c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}
