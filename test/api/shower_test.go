package api

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bantam/internal/server/docker"
)

// A shower of requests that know the routes and the types of their bodies: any status may be the
// answer but an error of the server's that docker has not either. Nothing is left behind.
// BANTAM_SHOWER is how many requests there are (BANTAM_NIGHTLY=1: 100,000), BANTAM_SHOWER_SEED the
// seed of a run that failed: each of the clients at once draws the same requests again.
func TestShower(t *testing.T) {
	n := 1000
	if os.Getenv("BANTAM_NIGHTLY") == "1" {
		n = 100_000
	}
	if v, err := strconv.Atoi(os.Getenv("BANTAM_SHOWER")); err == nil {
		n = v
	}
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // no registry is asked, and none waited for
	s := start(t)
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", s.socket()) }}
	h := &http.Client{Transport: transport, Timeout: patience}
	running := s.goroutines() // asks; afterwards the runtime has opened its own two files of the control group
	before := s.descriptors()
	seed := time.Now().UnixNano()
	if v, err := strconv.ParseInt(os.Getenv("BANTAM_SHOWER_SEED"), 10, 64); err == nil {
		seed = v
	}
	t.Logf("seed %d", seed)
	const inFlight = 8
	var all sync.WaitGroup
	for w := range inFlight {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(seed), uint64(w)))
			for range n / inFlight {
				method, target, body := drop(r)
				if bad := rain(h, method, target, body); bad != "" {
					t.Errorf("%s %s %.200s: %s", method, target, body, bad)
				}
			}
		})
	}
	all.Wait()
	transport.CloseIdleConnections()
	s.settled(before)
	for end := time.Now().Add(patience); s.goroutines() > running; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines run, %d did before", s.goroutines(), running)
		}
	}
}

// rain sends one request and says what is wrong with the answer.
func rain(h *http.Client, method, target, body string) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://bantam"+target, strings.NewReader(body))
	if err != nil {
		return "" // not a request
	}
	r.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(target, "upgrade") {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "tcp")
	}
	a, err := h.Do(r)
	if err != nil {
		return err.Error()
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	switch {
	case err != nil && a.StatusCode < 300:
		return "" // a stream that was cut
	case a.StatusCode >= 500 && !documented(a.StatusCode, string(b)):
		return fmt.Sprintf("%d %.300s", a.StatusCode, b)
	}
	return ""
}

// documented are the errors that docker's API gives for what is no fault of the server's:
// no swarm, nothing to be had from the network, an image that another request removes meanwhile, and whatever
// keeps a container that could be created from starting (a user beyond all numbers), which docker calls the system's.
func documented(status int, text string) bool {
	if status == http.StatusServiceUnavailable || status == http.StatusNotImplemented {
		return true
	}
	for _, own := range []string{"registry", "lookup ", "dial tcp", "load: ", "read tar", "unpack", "login attempt", "build", "content sha256:", "uids and gids must be in range"} {
		if strings.Contains(text, own) {
			return true
		}
	}
	return false
}

// drop makes one request.
func drop(r *rand.Rand) (method, target, body string) {
	route := routes[r.IntN(len(routes))]
	method, pattern, _ := strings.Cut(route, " ")
	shape := pattern
	if r.IntN(50) == 0 {
		method = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"}[r.IntN(6)]
	}
	for _, v := range []string{"{name*}", "{name}", "{id}"} {
		pattern = strings.ReplaceAll(pattern, v, url.PathEscape(pick(r, names)))
	}
	target = []string{"", "/v1.24", "/v1.41", "/v" + docker.MaxVersion}[r.IntN(4)] + pattern
	q := url.Values{}
	for range r.IntN(4) {
		q.Set(pick(r, keys), pick(r, values))
	}
	switch {
	case strings.HasSuffix(pattern, "/stats"), strings.HasSuffix(pattern, "/events"), strings.HasSuffix(pattern, "/logs"):
		q.Set("stream", "0") // these go on for ever
		q.Set("follow", "0")
		q.Set("one-shot", "1")
		q.Set("until", "1")
	case strings.HasSuffix(pattern, "/wait"), strings.HasSuffix(pattern, "/attach"), strings.HasSuffix(pattern, "/ws"):
		target = strings.Replace(target, pattern, "/containers/nope"+pattern[strings.LastIndexByte(pattern, '/'):], 1)
	}
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	if method != "GET" && method != "HEAD" {
		body = bodyFor(r, shape)
	}
	return method, target, body
}

var routes = docker.Routes()

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

var (
	names  = []string{"aa", "bb", "cc", "nope", "box", "box:latest", "a/b/c", "sha256:12", "%00", "..", strings.Repeat("f", 64), strings.Repeat("x", 300), "-", "ä"}
	keys   = []string{"name", "force", "t", "signal", "filters", "all", "limit", "size", "path", "h", "w", "stdout", "stderr", "tail", "since", "until", "tag", "repo", "container", "condition", "platform", "ps_args", "fromImage", "fromSrc", "link", "v", "term", "names", "quiet", "changes"}
	values = []string{"", "0", "1", "true", "x", "-1", "99999999999999999999", "aa", "bb", "box", "/", "/etc", "/nope", "..", "SIGKILL", "9", "{", `{"label":["a"]}`, `{"status":{"running":true}}`, `{"until":["x"]}`, "removed", "\x00", strings.Repeat("y", 500)}
	bodies = []string{
		"", "{}", "null", "[]", `"x"`, "{", `{"Image":1}`, `{"Image":"box","Cmd":["true"],"HostConfig":{"NetworkMode":"none"}}`,
		`{"Image":"box","Cmd":["sleep","1"],"HostConfig":{"NetworkMode":"none","AutoRemove":true}}`, `{"Image":"box","HostConfig":{"NetworkMode":"nope"}}`,
		`{"Image":"box","Cmd":"sh","Tty":true,"OpenStdin":true,"HostConfig":{"NetworkMode":"none","Memory":1}}`, `{"Cmd":["true"],"AttachStdout":true}`,
		`{"Detach":true}`, `{"Tty":"x"}`, `{"Name":"vol","Driver":"local"}`, `{"Name":"../x"}`, `{"Driver":"nope"}`, `{"Memory":-5}`, `{"RestartPolicy":{"Name":"nope"}}`,
		`{"Image":"box","Cmd":["true"],"HostConfig":{"Binds":["/nope:relative"]}}`, `{"Container":"aa"}`, strings.Repeat("[", 5000),
	}
)
