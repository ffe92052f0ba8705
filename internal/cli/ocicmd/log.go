package ocicmd

import (
	"errors"
	"os"
	"strconv"
	"time"
	"unicode/utf8"
)

// logger writes what went wrong: to standard error for people, and to the file of
// --log, which containerd and Podman read.
type logger struct {
	file    *os.File
	json    bool
	verbose bool
}

func (l *logger) open(path, format string, verbose bool) (err error) {
	l.verbose = verbose
	switch format {
	case "", "text":
	case "json":
		l.json = true
	default:
		return errors.New("unknown log format " + strconv.Quote(format) + ": it must be text or json")
	}
	if path != "" {
		l.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	}
	return err
}

// fatal reports the error that ends the program.
func (l *logger) fatal(err error) {
	if l.file != nil {
		_, _ = l.file.Write(l.line("error", err.Error()))
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return
	}
	_, _ = os.Stderr.Write(l.line("error", err.Error()))
}

func (l *logger) warn(text string) { l.write("warning", text) }

func (l *logger) debug(text string) {
	if l.verbose {
		l.write("debug", text)
	}
}

func (l *logger) write(level, text string) {
	to := l.file
	if to == nil {
		to = os.Stderr
	}
	_, _ = to.Write(l.line(level, text))
}

// line is one line as logrus writes it: callers parse it.
func (l *logger) line(level, text string) []byte {
	now := time.Now().Format(time.RFC3339)
	if l.json {
		b := append([]byte(`{"level":"`+level+`","msg":`), quote(text)...)
		return append(b, `,"time":"`+now+"\"}\n"...)
	}
	return []byte("time=\"" + now + "\" level=" + level + " msg=" + strconv.Quote(text) + "\n")
}

// quote is text as a JSON string.
func quote(s string) []byte {
	b := []byte{'"'}
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < ' ':
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}
