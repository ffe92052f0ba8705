package registry

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ConnectError says that a registry can't be reached.
type ConnectError struct {
	Host string
	Err  error
}

func (e *ConnectError) Error() string {
	text := "reach registry " + e.Host + ": " + e.Err.Error()
	switch cause := e.Err.Error(); {
	case strings.Contains(cause, "server gave HTTP response to HTTPS client"):
		text += " (it has no TLS: give --insecure or put it into registries.json)"
	case strings.Contains(cause, "x509:"):
		text += " (give its authority with --ca or in /etc/docker/certs.d/" + e.Host + ", or give --insecure)"
	}
	return text
}

func (e *ConnectError) Unwrap() error { return e.Err }

// Code is one error in a registry's answer (distribution-spec, "Error Codes").
type Code struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// StatusError is an answer that says no.
type StatusError struct {
	Method, URL string
	Status      int
	Errors      []Code
}

func (e *StatusError) Error() string {
	var parts []string
	for _, c := range e.Errors {
		text := strings.ToLower(strings.ReplaceAll(c.Code, "_", " "))
		if c.Message != "" {
			text += ": " + printable(c.Message)
		}
		parts = append(parts, text)
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case e.Status == http.StatusUnauthorized: // HEAD has no body
		return "unauthorized: authentication required"
	case e.Status == http.StatusForbidden:
		return "denied: requested access to the resource is denied"
	}
	return "unexpected status from " + e.Method + " request to " + redacted(e.URL) + ": " + strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
}

// Has says whether the registry gave the error code.
func (e *StatusError) Has(code string) bool {
	for _, c := range e.Errors {
		if c.Code == code {
			return true
		}
	}
	return false
}

// IsNotFound says whether a registry has not got what it was asked for.
func IsNotFound(err error) bool {
	var s *StatusError
	return errors.As(err, &s) && s.Status == http.StatusNotFound
}

// IsDenied says whether a registry wants other credentials.
func IsDenied(err error) bool {
	var s *StatusError
	return errors.As(err, &s) && (s.Status == http.StatusUnauthorized || s.Status == http.StatusForbidden)
}

// readErrors reads the errors of an answer's body; what is not as the specification has
// it is no error of ours.
func readErrors(a *http.Response) []Code {
	b, _ := io.ReadAll(io.LimitReader(a.Body, 64<<10))
	var body struct {
		Errors []Code `json:"errors"`
	}
	if isHTML(a.Header) || json.Unmarshal(b, &body) != nil {
		return nil
	}
	if len(body.Errors) > 8 {
		body.Errors = body.Errors[:8]
	}
	return body.Errors
}

func isHTML(h http.Header) bool {
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return t == "text/html"
}

// printable cuts a stranger's text short and leaves out what a terminal would obey.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if len(s) > 512 {
		s = s[:512] + "..."
	}
	return s
}

// redacted leaves out what signs a URL of a store of blobs.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an invalid URL"
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}

// plainError takes off the URL that net/http puts before a cause.
func plainError(err error) error {
	var already *url.Error
	if errors.As(err, &already) {
		return already.Err
	}
	return err
}

func isRefused(err error) bool { return errors.Is(err, unix.ECONNREFUSED) }

// discard reads a little of a body, so that its connection can be used again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	body.Close()
}
