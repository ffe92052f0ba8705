package distribution

import (
	"encoding/json"
	"errors"
	"net/http"
)

// failure is an answer that says no (distribution-spec, "Error Codes").
type failure struct {
	status        int
	code, message string
}

func (f failure) Error() string { return f.message }

func (c *call) fail(err error) {
	var f failure
	if !errors.As(err, &f) {
		f = failure{http.StatusInternalServerError, "UNKNOWN", err.Error()}
	}
	type one struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	b, _ := json.Marshal(map[string][]one{"errors": {{f.code, f.message}}}) // strings can be encoded
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Del("Content-Length")
	c.w.WriteHeader(f.status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(append(b, '\n'))
	}
}

func blobUnknown(d content) error {
	return failure{http.StatusNotFound, "BLOB_UNKNOWN", "blob " + d.String() + " is unknown to the repository"}
}

func manifestUnknown(what string) error {
	return failure{http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest " + what + " is unknown to the repository"}
}

func manifestInvalid(message string) error {
	return failure{http.StatusBadRequest, "MANIFEST_INVALID", message}
}

func digestInvalid(message string) error {
	return failure{http.StatusBadRequest, "DIGEST_INVALID", message}
}
