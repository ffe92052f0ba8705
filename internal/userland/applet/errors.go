package applet

import (
	"io"
	"syscall"
)

// Reason is the text of an error as strerror(3) words it: Go's table has the same
// words in lower case.
func Reason(err error) string {
	switch err {
	case nil:
		return "Success"
	case io.ErrUnexpectedEOF:
		return "short read"
	}
	text := err.Error()
	if _, errno := err.(syscall.Errno); errno && text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}
