package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"time"

	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Download is a file that was fetched.
type Download struct {
	Path string // in the build's folder
	Name string // what ADD calls it
	Sum  digest.Digest
	// Modified is the server's time of it, the epoch where it says none.
	Modified time.Time
}

// HTTP fetches with a client; agent is its User-Agent. Files go into temp.
func HTTP(client *http.Client, agent, temp string) func(ctx context.Context, address string) (*Download, error) {
	return func(ctx context.Context, address string) (*Download, error) {
		d, err := get(ctx, client, agent, temp, address)
		if err != nil {
			var u *url.Error // it repeats the address, and a password may be in it
			if errors.As(err, &u) {
				err = u.Err
			}
			return nil, fmt.Errorf("fetch %s: %w", Shown(address), err)
		}
		return d, nil
	}
}

func get(ctx context.Context, client *http.Client, agent, temp, address string) (*Download, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("invalid response status %d", resp.StatusCode)
	}
	f, err := os.CreateTemp(temp, "download-")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := digest.New()
	if _, err := io.CopyBuffer(io.MultiWriter(f, h), resp.Body, make([]byte, 128<<10)); err != nil {
		return nil, err
	}
	d := &Download{Path: f.Name(), Name: nameOf(resp, address), Sum: digest.From(h), Modified: time.Unix(0, 0)}
	if t, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		d.Modified = t
	}
	when := []unix.Timespec{unix.NsecToTimespec(d.Modified.UnixNano()), unix.NsecToTimespec(d.Modified.UnixNano())}
	return d, unix.UtimesNanoAt(unix.AT_FDCWD, d.Path, when, 0)
}

// nameOf is the last part of the path, or what the server calls the file.
func nameOf(resp *http.Response, address string) string {
	if u, err := url.Parse(address); err == nil {
		if base := path.Base(u.Path); base != "." && base != "/" && base != ".." {
			return base
		}
	}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		if base := path.Base(params["filename"]); base != "." && base != "/" && base != ".." {
			return base
		}
	}
	return "__unnamed__"
}

// Shown is an address without its password.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the URL"
	}
	return u.Redacted()
}

// url is a tar file or a Dockerfile from a server.
func (o *Opener) url(ctx context.Context, address string) (*Source, error) {
	d, err := o.Fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(d.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := o.stream(ctx, f, Shown(address))
	if err != nil {
		return nil, err
	}
	s.Remote = Shown(address)
	return s, nil
}
