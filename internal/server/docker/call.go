package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// call is one request with its answer.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	minor   int      // of the API's version, 1.minor
	vars    []string // of the route's pattern
	pattern string
	query   url.Values
	begun   bool // the answer has begun: it is too late for a status
}

// maxBody bounds a request's JSON.
const maxBody = 16 << 20

func (c *call) parse() (err error) {
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return badRequest("invalid query: " + err.Error())
	}
	return nil
}

// name is the first variable of the path.
func (c *call) name() string { return c.vars[0] }

func (c *call) str(key string) string { return c.query.Get(key) }

// flag is docker's reading of a boolean: anything but "", 0, no, false and none is true.
func (c *call) flag(key string) bool {
	switch strings.ToLower(strings.TrimSpace(c.query.Get(key))) {
	case "", "0", "no", "false", "none":
		return false
	}
	return true
}

// flagOr is flag with a value for an absent key.
func (c *call) flagOr(key string, absent bool) bool {
	if !c.query.Has(key) {
		return absent
	}
	return c.flag(key)
}

// number is a whole number of the query, nil where it is absent.
func (c *call) number(key string) (*int64, error) {
	text := c.query.Get(key)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badRequest("invalid value for " + key + ": " + strconv.Quote(text) + " is not a whole number")
	}
	return &n, nil
}

// decode reads the request's JSON. Unknown fields are passed over; a value of the wrong
// type is refused with its field's name.
func (c *call) decode(to any) error {
	some, err := c.decodeAny(to)
	if err == nil && !some {
		err = badRequest("invalid JSON: got EOF while reading request body")
	}
	return err
}

// decodeAny is decode for a request that may be empty.
func (c *call) decodeAny(to any) (some bool, err error) {
	if c.r.ContentLength == 0 {
		return false, nil
	}
	if kind := c.r.Header.Get("Content-Type"); kind != "" || c.r.ContentLength > 0 {
		if t, _, err := mime.ParseMediaType(kind); err != nil || t != "application/json" {
			return false, badRequest("unsupported Content-Type header (" + kind + "): must be 'application/json'")
		}
	}
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch err := d.Decode(to); {
	case err == io.EOF:
		return false, nil
	case errors.As(err, &tooLarge):
		return false, &statusError{http.StatusRequestEntityTooLarge, "the request's body is larger than 16 MiB"}
	case err != nil:
		return false, badRequest("invalid JSON: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return true, badRequest("unexpected content after JSON")
	}
	return true, nil
}

// reply answers with JSON.
func (c *call) reply(status int, v any) error {
	return c.replyText(status, append(text(v), '\n'))
}

// replyText answers with JSON that is made already.
func (c *call) replyText(status int, b []byte) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	c.begun = true
	_, _ = c.w.Write(b) // the client may have gone
	return nil
}

// text is a value of ours as JSON, with <, > and & as they are.
func text(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nothing of ours can't be encoded
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// empty answers without a body.
func (c *call) empty(status int) error {
	c.begun = true
	c.w.WriteHeader(status)
	return nil
}

// done answers 204, or passes an error on.
func (c *call) done(err error) error {
	if err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}

// stream begins an answer of unknown length, each write of which goes out at once.
func (c *call) stream(contentType string) io.Writer {
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(http.StatusOK)
	c.begun = true
	f := flusher{c.w, http.NewResponseController(c.w)}
	_ = f.control.Flush()
	return f
}

type flusher struct {
	io.Writer
	control *http.ResponseController
}

func (f flusher) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	if err == nil {
		err = f.control.Flush()
	}
	return n, err
}
