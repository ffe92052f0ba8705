// Package docker serves the Docker Engine API over the engine: a thin layer that keeps
// nothing but connections. Each resource has a file with its table of routes; a handler
// decodes the request, makes one call of the engine and encodes the answer. What a
// resource needs of the engine is an interface in its file.
//
//	request ─ version ─ route ─ call ─ handler ─ engine
//	                                      │
//	                                   error → status and {"message": ...}
package docker

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/engine"
)

// The versions of the API that are spoken.
const (
	MinVersion = "1.24"
	MaxVersion = "1.56"

	minMinor, maxMinor = 24, 56
)

// Server is the handler of all requests.
type Server struct {
	containers containers
	execs      execs
	system     system
	observing  observing
	images     images
	registries registries
	volumes    volumes
	networks   networks

	engine  *engine.Engine // for the builder, which works by it
	builder engine.Builder
	version engine.VersionInfo
	routes  router
	waiting waiting
	started started
}

// New makes a server over an engine.
func New(e *engine.Engine, version engine.VersionInfo, builder engine.Builder) *Server {
	s := &Server{
		containers: e, execs: e, system: e, observing: e, images: e, registries: e, volumes: e, networks: e,
		engine: e, builder: builder, version: version,
	}
	for _, table := range [...][]route{
		s.systemRoutes(), s.containerRoutes(), s.streamRoutes(), s.execRoutes(), s.archiveRoutes(), s.observeRoutes(),
		s.imageRoutes(), s.registryRoutes(), s.volumeRoutes(), s.networkRoutes(), s.buildRoutes(), swarmRoutes(),
	} {
		s.routes.add(table)
	}
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Server", "Bantam/"+s.version.Version+" (linux)")
	h.Set("Api-Version", MaxVersion)
	h.Set("Docker-Experimental", "false")
	h.Set("Ostype", "linux")
	c := &call{w: w, r: r, minor: maxMinor}
	path, err := c.takeVersion(r.URL.Path)
	if err != nil {
		c.fail(err)
		return
	}
	handle, allowed := s.routes.find(c, path)
	switch {
	case handle != nil:
	case allowed:
		c.fail(&statusError{http.StatusMethodNotAllowed, "method not allowed"})
		return
	default:
		c.fail(&statusError{http.StatusNotFound, "page not found"})
		return
	}
	if err := c.parse(); err != nil {
		c.fail(err)
		return
	}
	if err := handle(c); err != nil {
		c.fail(err)
	}
}

// Routes are all that is served, as "METHOD /pattern".
func Routes() []string {
	var list []string
	for _, tables := range New(&engine.Engine{}, engine.VersionInfo{}, nil).routes {
		for _, r := range tables {
			list = append(list, r.method+" "+r.pattern)
		}
	}
	slices.Sort(list)
	return list
}

// Route is the pattern that a request's path fits, "" for none.
func (s *Server) Route(r *http.Request) string {
	c := &call{r: r}
	path, err := c.takeVersion(r.URL.Path)
	if err != nil {
		return ""
	}
	s.routes.find(c, path)
	return c.pattern
}

// takeVersion takes /v1.43 off a path. Without it the newest is meant.
func (c *call) takeVersion(path string) (string, error) {
	if !strings.HasPrefix(path, "/v") || len(path) < 3 || path[2] < '0' || path[2] > '9' {
		return path, nil
	}
	text, rest, _ := strings.Cut(path[2:], "/")
	major, minor, _ := strings.Cut(text, ".")
	M, err1 := strconv.ParseUint(major, 10, 16)
	m, err2 := strconv.ParseUint(minor, 10, 16)
	switch {
	case err1 != nil || err2 != nil:
		return "", &statusError{http.StatusBadRequest, "invalid API version: " + text}
	case M > 1 || M == 1 && m > maxMinor:
		return "", &statusError{http.StatusBadRequest, "client version " + text + " is too new. Maximum supported API version is " + MaxVersion}
	case M < 1 || m < minMinor:
		return "", &statusError{http.StatusBadRequest, "client version " + text + " is too old. Minimum supported API version is " + MinVersion + ", please upgrade your client to a newer version"}
	}
	c.minor = int(m)
	return "/" + rest, nil
}
