// Package fetch downloads a file. It links net/http, whose start-up costs more than
// the whole of a short command, so that only bantamd has it.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// answer is how long a server may think before it answers; a body may take any time.
const answer = 2 * time.Minute

// Get copies what an http or https URL names to w. A body that ends before its
// announced length is an error.
func Get(ctx context.Context, address, agent string, w io.Writer) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("get %q: want http://HOST/PATH or https://HOST/PATH", address)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("get %s: %w", u.Redacted(), err)
	}
	request.Header.Set("User-Agent", agent)
	response, err := client().Do(request)
	if err != nil {
		var already *url.Error // says the address in front of the cause
		if errors.As(err, &already) {
			err = already.Err
		}
		return fmt.Errorf("get %s: %w", u.Redacted(), err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: the server answers %s", u.Redacted(), response.Status)
	}
	n, err := io.Copy(w, response.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("get %s: the download was cut short after %d bytes", u.Redacted(), n)
	}
	if err != nil {
		return fmt.Errorf("get %s: after %d bytes: %w", u.Redacted(), n, err)
	}
	return nil
}

// client leaves compressed files as they are: undone on the way, their length
// would not be checked.
func client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	t.ResponseHeaderTimeout = answer
	return &http.Client{Transport: t}
}
