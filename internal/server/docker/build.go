package docker

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"bantam/internal/engine"
)

func (s *Server) buildRoutes() []route {
	noSession := func(*call) error {
		return &statusError{http.StatusNotImplemented, "Bantam builds by itself, not by BuildKit's sessions: use DOCKER_BUILDKIT=0 with this client, or bantam build, which has BuildKit's Dockerfile, mounts and secrets"}
	}
	return []route{
		{"POST", "/build", s.build},
		{"POST", "/build/prune", s.pruneBuilds},
		{"POST", "/build/cancel", noSession},
		{"POST", "/session", noSession},
		{"POST", "/grpc", noSession},
	}
}

// build is the classic builder's: the context is the body, and lines of JSON tell how it goes.
func (s *Server) build(c *call) error {
	if c.str("version") == "2" {
		return &statusError{http.StatusNotImplemented, "BuildKit's sessions are not supported: use DOCKER_BUILDKIT=0 with this client, or bantam build"}
	}
	o, err := c.buildOptions()
	if err != nil {
		return err
	}
	id, err := os.CreateTemp("", "bantam-build-")
	if err != nil {
		return err
	}
	id.Close()
	defer os.Remove(id.Name())
	o.IIDFile = id.Name()
	l := &buildLines{lines: c.lines(), quiet: c.flag("q")}
	o.In, o.Err, o.Out = c.r.Body, l, l
	err = s.builder.Build(c.r.Context(), s.engine, o)
	l.flush()
	if err != nil && !l.begun {
		return badRequest(err.Error()) // before anything was built: it is about what was asked for
	}
	if err != nil {
		return l.end(err)
	}
	b, err := os.ReadFile(id.Name())
	if err != nil {
		return l.end(err)
	}
	return l.built(strings.TrimSpace(string(b)), o.Tags)
}

// buildLines are the builder's lines as docker's stream.
type buildLines struct {
	*lines
	mu    sync.Mutex
	rest  []byte
	quiet bool
}

func (l *buildLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	l.rest = append(l.rest, b...)
	for !l.quiet {
		end := bytes.IndexByte(l.rest, '\n') + 1
		if end == 0 {
			break
		}
		if err := l.write(map[string]string{"stream": string(l.rest[:end])}); err != nil {
			return 0, err
		}
		l.rest = l.rest[end:]
	}
	return n, nil
}

func (l *buildLines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 && !l.quiet {
		l.event(map[string]string{"stream": string(l.rest)})
	}
}

// built is how docker's client and its scripts learn the image.
func (l *buildLines) built(id string, tags []string) error {
	if l.quiet {
		return l.write(map[string]string{"stream": id + "\n"})
	}
	l.event(map[string]any{"aux": map[string]string{"ID": id}})
	short := strings.TrimPrefix(id, "sha256:")
	l.event(map[string]string{"stream": "Successfully built " + short[:min(12, len(short))] + "\n"})
	for _, t := range tags {
		if !strings.Contains(t[strings.LastIndexByte(t, '/')+1:], ":") {
			t += ":latest"
		}
		l.event(map[string]string{"stream": "Successfully tagged " + t + "\n"})
	}
	return nil
}

// buildOptions says the query in the words of bantam build's options.
func (c *call) buildOptions() (*engine.BuildOptions, error) {
	o := &engine.BuildOptions{
		Context: "-", File: c.str("dockerfile"), Target: c.str("target"), Tags: c.query["t"], Platforms: c.query["platform"],
		NoCache: c.flag("nocache"), Pull: c.flag("pull"), Network: c.str("networkmode"), CgroupParent: c.str("cgroupparent"),
		Progress: "plain", Allow: []string{"network.host"},
	}
	if r := c.str("remote"); r != "" && r != "client-session" {
		if !strings.HasPrefix(r, "http://") && !strings.HasPrefix(r, "https://") && !strings.HasPrefix(r, "git") {
			return nil, badRequest("remote is no URL of a context: " + strconv.Quote(r))
		}
		o.Context = r
	}
	for key, to := range map[string]*[]string{"buildargs": &o.Args, "labels": &o.Labels} {
		var m map[string]*string
		if text := c.str(key); text != "" {
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				return nil, badRequest("invalid value for " + key + ": " + err.Error())
			}
		}
		for k, v := range m {
			if v != nil {
				*to = append(*to, k+"="+*v)
			}
		}
	}
	if text := c.str("cachefrom"); text != "" && json.Unmarshal([]byte(text), &o.CacheFrom) != nil {
		return nil, badRequest("invalid value for cachefrom: it is a list of names as JSON")
	}
	for _, h := range strings.Split(c.str("extrahosts"), ",") {
		if h != "" {
			o.AddHosts = append(o.AddHosts, h)
		}
	}
	return o, c.buildLimits(o)
}

func (c *call) buildLimits(o *engine.BuildOptions) error {
	l := &o.Limits
	l.CPUSet, l.MemSet = c.str("cpusetcpus"), c.str("cpusetmems")
	for key, to := range map[string]*int64{
		"memory": &l.Memory, "cpushares": &l.CPUShares, "cpuperiod": &l.CPUPeriod, "cpuquota": &l.CPUQuota, "shmsize": &o.ShmSize,
	} {
		n, err := c.number(key)
		if err != nil {
			return err
		}
		if n != nil {
			*to = *n
		}
	}
	if swap := c.str("memswap"); swap != "" && swap != "0" {
		l.MemorySwap = swap
	}
	for _, key := range [...]string{"squash", "isolation", "outputs"} {
		if c.flag(key) && c.str(key) != "default" {
			return badRequest(key + " is not supported by this build: use bantam build")
		}
	}
	return nil
}

// pruneBuilds removes what builds remember.
func (s *Server) pruneBuilds(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	o := &engine.PruneBuildOptions{All: c.flag("all"), Filters: f}
	for _, key := range [...]string{"keep-storage", "reserved-space"} {
		n, err := c.number(key)
		if err != nil {
			return err
		}
		if n != nil {
			o.Keep = *n
		}
	}
	p, err := s.images.PruneBuilds(o)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, struct {
		CachesDeleted  []string
		SpaceReclaimed int64
	}{p.IDs, p.Space})
}
