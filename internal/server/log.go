package server

import (
	"fmt"
	"io"
	"log"
	"strings"
	"sync"
	"time"
)

// The levels of the log, dockerd's.
const (
	debugging = iota
	information
	warning
	failure
)

func parseLevel(name string) (int, error) {
	switch name {
	case "debug":
		return debugging, nil
	case "", "info":
		return information, nil
	case "warn":
		return warning, nil
	case "error", "fatal":
		return failure, nil
	}
	return 0, fmt.Errorf("unknown log level %q: it is one of debug, info, warn, error", name)
}

// logger writes lines of a level that is wanted.
type logger struct {
	mu    sync.Mutex
	w     io.Writer
	level int
}

func (l *logger) printf(level int, format string, args ...any) {
	if level < l.level {
		return
	}
	text := strings.TrimSuffix(fmt.Sprintf(format, args...), "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s %s %s\n", time.Now().Format("2006-01-02T15:04:05.000Z07:00"), [...]string{"debug", "info", "warn", "error"}[level], text)
}

// at is the log as a writer.
func (l *logger) at(level int) io.Writer { return lines{l, level} }

type lines struct {
	*logger
	as int
}

func (l lines) Write(b []byte) (int, error) {
	l.printf(l.as, "%s", b)
	return len(b), nil
}

// std is the log for package net/http, which tells of broken connections.
func (l *logger) std() *log.Logger { return log.New(l.at(debugging), "", 0) }
