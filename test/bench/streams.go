package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	streamed   = 500_000_000 // bytes that a container prints
	streamRuns = 3
	listed     = 500 // containers that `docker ps` lists
	atOnce     = 100 // `docker run` side by side
)

// client is docker's, of one engine.
type client struct {
	name   string
	line   []string // in front of a verb
	socket string
}

// streams measures how fast what a container prints comes through an engine's socket: to who is attached to it, where no log is kept and where
// it is kept in json-file, and from that log. Who reads throws it away.
func (e *engines) streams(all []client) ([]row, error) {
	dir := filepath.Join(e.dir, "print")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := linesFile(filepath.Join(dir, "lines")); err != nil {
		return nil, err
	}
	attach, logged, logs := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for range streamRuns {
		for _, c := range all {
			for _, m := range []struct {
				log []string
				to  map[string][]float64
			}{{[]string{"none"}, attach}, {[]string{"json-file", "--log-opt", "max-size=2g"}, logged}} {
				line := slices.Concat(c.line, []string{"create", "--name", "print", "--network", "none", "-v", dir + ":/o", "--log-driver"}, m.log, []string{"box", "/bin/busybox", "cat", "/o/lines"})
				if err := command(line); err != nil {
					return nil, err
				}
				took, err := c.attached()
				if err != nil {
					return nil, err
				}
				m.to[c.name] = append(m.to[c.name], took)
				if m.log[0] != "none" {
					if took, err = c.get("/containers/print/logs?stdout=1", streamed); err != nil {
						return nil, err
					}
					logs[c.name] = append(logs[c.name], took)
				}
				if err := command(append(slices.Clone(c.line), "rm", "-f", "print")); err != nil {
					return nil, err
				}
			}
		}
	}
	return []row{rowOf("500 MB of lines through attach", attach), rowOf("500 MB of lines through attach, logged", logged), rowOf("500 MB of lines through logs", logs)}, nil
}

// linesFile writes log lines of 20 to 200 bytes.
func linesFile(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	const text = "2026-11-26 12:00:00.123 INFO request handled in 12 ms: GET /some/path/to/a/resource?with=a&query=string from 192.0.2.17 (agent \"curl/8.5\", 5120 bytes sent, cache miss, upstream in 9 ms, session 0f3a)\n"
	for n, i := 0, 0; n < streamed; i++ {
		k := 20 + i*37%180
		w.WriteString(text[:k-1])
		w.WriteByte('\n')
		n += k
	}
	return w.Flush()
}

// attached is the time in milliseconds from the start of a container, to which the measuring client is attached, to the end of its output.
func (c *client) attached() (float64, error) {
	conn, err := c.ask("POST /containers/print/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	start := time.Now()
	if err := command(append(slices.Clone(c.line), "start", "print")); err != nil {
		return 0, err
	}
	return drain(conn, start, streamed)
}

// get is the time in milliseconds that an answer takes.
func (c *client) get(path string, least int64) (float64, error) {
	start := time.Now()
	conn, err := c.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return drain(conn, start, least)
}

// ask sends a request and reads the head of the answer.
func (c *client) ask(request string) (net.Conn, error) {
	conn, err := net.Dial("unix", c.socket)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, err
	}
	// Byte by byte: what follows is not this reader's.
	var head strings.Builder
	for one := make([]byte, 1); !strings.HasSuffix(head.String(), "\r\n\r\n"); head.Write(one) {
		if _, err := io.ReadFull(conn, one); err != nil {
			return nil, err
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head.String())), nil)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New(answer.Status)
	}
	return conn, nil
}

// drain reads to the end.
func drain(conn net.Conn, start time.Time, least int64) (float64, error) {
	got, b := int64(0), make([]byte, 1<<20)
	for {
		n, err := conn.Read(b)
		got += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if got < least {
		return 0, fmt.Errorf("only %d of %d bytes came", got, least)
	}
	return float64(time.Since(start)) / float64(time.Millisecond), nil
}

// rowOf is a row of medians in milliseconds.
func rowOf(name string, all map[string][]float64) row {
	r := row{Name: name, View: "engine", Unit: "ms", Medians: map[string]float64{}, Minima: map[string]float64{}}
	for who, v := range all {
		slices.Sort(v)
		r.Runs, r.Medians[who], r.Minima[who] = len(v), v[len(v)/2], v[0]
	}
	return r
}

// crowded measures the list of many containers, and many starts at once.
func (e *engines) crowded(all []client) ([]row, error) {
	together, answers := map[string][]float64{}, map[string][]float64{}
	for _, c := range all {
		start := time.Now()
		if err := inParallel(atOnce, atOnce, func(int) error {
			return command(append(slices.Clone(c.line), "run", "--rm", "--network", "none", "box", "/bin/true"))
		}); err != nil {
			return nil, err
		}
		together[c.name] = []float64{float64(time.Since(start)) / float64(time.Millisecond)}
	}
	for _, c := range all {
		names := make([]string, listed)
		err := inParallel(listed, 4, func(i int) error {
			names[i] = fmt.Sprint("listed", i)
			return command(append(slices.Clone(c.line), "run", "-d", "--name", names[i], "--network", "none", "box", "/bin/busybox", "sleep", "100000"))
		})
		defer removeAll(c.line, names)
		if err != nil {
			return nil, err
		}
	}
	list, err := e.clients("docker ps, 500 running", all, "ps")
	if err != nil {
		return nil, err
	}
	ready := make([]client, len(all))
	for i := range all {
		c, end, err := all[i].replaying(e.dir)
		if err != nil {
			return nil, err
		}
		defer end()
		ready[i] = c
	}
	floor, err := e.clients("docker ps, 500 running, answers that are ready", ready, "ps")
	if err != nil {
		return nil, err
	}
	for range e.runs {
		for _, c := range all {
			took, err := c.get("/containers/json", listed)
			if err != nil {
				return nil, err
			}
			answers[c.name] = append(answers[c.name], took)
		}
	}
	return []row{rowOf("docker run, 100 at once", together), list, floor, rowOf("the answer to docker ps, 500 running", answers)}, nil
}

// removeAll removes containers, a few at a time and not for ever: dockerd was seen to stop answering when it was to remove 500 at once.
func removeAll(line, names []string) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	for some := range slices.Chunk(names, 20) {
		_ = exec.CommandContext(ctx, line[0], slices.Concat(line[1:], []string{"rm", "-f"}, some)...).Run()
	}
}

// inParallel does n things, so many at a time.
func inParallel(n, atATime int, do func(i int) error) error {
	var wg sync.WaitGroup
	errs, room := make([]error, n), make(chan struct{}, atATime)
	for i := range n {
		room <- struct{}{}
		wg.Go(func() {
			errs[i] = do(i)
			<-room
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
