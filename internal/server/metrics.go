package server

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"bantam/internal/engine"
)

// metrics are figures in Prometheus's text form, those of containers by dockerd's names.
type metrics struct {
	engine  *engine.Engine
	version engine.VersionInfo

	mu       sync.Mutex
	inFlight int
	requests map[series]*histogram
}

// series is a route with its answer.
type series struct {
	method, route string
	status        int
}

// bounds are the buckets' upper bounds in seconds.
var bounds = [...]float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10}

type histogram struct {
	buckets [len(bounds)]uint64
	count   uint64
	sum     float64
}

func newMetrics(e *engine.Engine, version engine.VersionInfo) *metrics {
	return &metrics{engine: e, version: version, requests: map[series]*histogram{}}
}

func (m *metrics) begin() {
	m.mu.Lock()
	m.inFlight++
	m.mu.Unlock()
}

func (m *metrics) end(method, route string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight--
	if route == "" {
		method = "" // what a client may make up does not become a series
	}
	k := series{method, route, status}
	h := m.requests[k]
	if h == nil {
		h = &histogram{}
		m.requests[k] = h
	}
	h.count++
	h.sum += took.Seconds()
	for i, b := range bounds {
		if took.Seconds() <= b {
			h.buckets[i]++
		}
	}
}

// ServeHTTP answers a scrape.
func (m *metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.engineMetrics(w)
	m.requestMetrics(w)
	m.processMetrics(w)
}

func head(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (m *metrics) engineMetrics(w io.Writer) {
	i, err := m.engine.Info()
	if err != nil {
		fmt.Fprintf(w, "# the engine's figures are missing: %q\n", err)
		return
	}
	head(w, "engine_daemon_container_states_containers", "gauge", "The count of containers in various states")
	for _, s := range [...]struct {
		state string
		n     int
	}{{"paused", i.ContainersPaused}, {"running", i.ContainersRunning - i.ContainersPaused}, {"stopped", i.ContainersStopped}} {
		fmt.Fprintf(w, "engine_daemon_container_states_containers{state=%q} %d\n", s.state, s.n)
	}
	head(w, "engine_daemon_engine_cpus_cpus", "gauge", "The number of cpus that the host system of the engine has")
	fmt.Fprintf(w, "engine_daemon_engine_cpus_cpus %d\n", i.NCPU)
	head(w, "engine_daemon_engine_memory_bytes", "gauge", "The number of bytes of memory that the host system of the engine has")
	fmt.Fprintf(w, "engine_daemon_engine_memory_bytes %d\n", i.MemTotal)
	head(w, "engine_daemon_engine_info", "gauge", "The information related to the engine and the OS it is running on")
	fmt.Fprintf(w, "engine_daemon_engine_info{architecture=%q,commit=%q,daemon_id=%q,graphdriver=%q,kernel=%q,os=%q,os_type=%q,version=%q} 1\n",
		i.Architecture, m.version.GitCommit, i.ID, i.Driver, i.KernelVersion, i.OperatingSystem, i.OSType, m.version.Version)
}

func (m *metrics) requestMetrics(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	head(w, "bantamd_http_requests_in_flight", "gauge", "Requests that are being answered, attached streams among them")
	fmt.Fprintf(w, "bantamd_http_requests_in_flight %d\n", m.inFlight)
	head(w, "bantamd_http_request_duration_seconds", "histogram", "Time to answer a request")
	keys := make([]series, 0, len(m.requests))
	for k := range m.requests {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b series) int {
		return slices.Compare([]string{a.route, a.method, strconv.Itoa(a.status)}, []string{b.route, b.method, strconv.Itoa(b.status)})
	})
	for _, k := range keys {
		h := m.requests[k]
		labels := fmt.Sprintf("method=%q,route=%q,code=\"%d\"", k.method, k.route, k.status)
		for i, b := range bounds {
			fmt.Fprintf(w, "bantamd_http_request_duration_seconds_bucket{%s,le=\"%g\"} %d\n", labels, b, h.buckets[i])
		}
		fmt.Fprintf(w, "bantamd_http_request_duration_seconds_bucket{%s,le=\"+Inf\"} %d\n", labels, h.count)
		fmt.Fprintf(w, "bantamd_http_request_duration_seconds_sum{%s} %g\nbantamd_http_request_duration_seconds_count{%s} %d\n", labels, h.sum, labels, h.count)
	}
}

func (m *metrics) processMetrics(w io.Writer) {
	head(w, "go_goroutines", "gauge", "Number of goroutines that currently exist")
	fmt.Fprintf(w, "go_goroutines %d\n", runtime.NumGoroutine())
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		head(w, "process_open_fds", "gauge", "Number of open file descriptors")
		fmt.Fprintf(w, "process_open_fds %d\n", len(fds)-1)
	}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, resident int
		if n, _ := fmt.Sscan(string(b), &size, &resident); n == 2 {
			head(w, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes")
			fmt.Fprintf(w, "process_resident_memory_bytes %d\n", resident*os.Getpagesize())
		}
	}
}
