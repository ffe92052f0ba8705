// Package logging is where a container's output goes: docker's log drivers. A
// driver takes entries; json-file and local keep them in rotated files, which
// [Split] takes apart again, and syslog and journald send them on.
package logging

import (
	"time"

	"bantam/internal/container/folder"
)

// Entry is a line of the container's output, or a piece of a long one.
type Entry struct {
	Stream string // stdout or stderr
	Line   []byte // with its newline; valid during the call only
	Time   time.Time
	// Part is there if the line is longer than docker's 16 KiB.
	Part *Part

	text string // that Time was read from, or ""
}

// Part says which piece of a long line an entry is.
type Part struct {
	ID      string // the same for all pieces of one line
	Ordinal int    // from 1
	Last    bool
}

// Log takes entries. It is used from one goroutine.
type Log interface {
	// Add takes an entry; it may keep it until Flush.
	Add(e *Entry) error
	Flush() error
	Close() error
}

// Quick is a log that takes entries without waiting for another program: it writes files, or keeps nothing.
type Quick interface {
	Log
	quick()
}

func (discard) quick()   {}
func (*jsonLog) quick()  {}
func (*localLog) quick() {}

// Info is what a driver must know of the container.
type Info struct {
	Record *folder.Record
	Folder folder.Folder
}

// Open makes the log of the record's driver.
func Open(in Info) (Log, error) {
	c := &in.Record.Host.LogConfig
	var to Log
	var err error
	switch c.Type {
	case "none":
		return None, nil
	case "syslog":
		to, err = openSyslog(c)
	case "journald":
		to, err = openJournald(in)
	}
	if err != nil {
		return nil, err
	}
	if file := openFile(c, in.Folder); to == nil {
		to = file
	} else if file != nil {
		to = &both{to, file}
	}
	if c.NonBlocking {
		to = newRing(to, c.BufferSize)
	}
	return to, nil
}

// openFile makes the file of json-file and local, and the copy that docker keeps for
// `logs` beside a driver that can't be read; nil for none.
func openFile(c *folder.LogConfig, f folder.Folder) Log {
	path := Path(c, f)
	if path == "" {
		return nil
	}
	file := &file{path: path, maxSize: c.MaxSize, maxFile: max(c.MaxFile, 1), compress: c.Compress, fd: -1}
	if IsJSON(c) {
		return &jsonLog{file: file, attrs: attrs(c)}
	}
	return &localLog{file: file}
}

// IsJSON says whether the file has docker's json-file format; else it has local's.
func IsJSON(c *folder.LogConfig) bool { return c.Type == "json-file" || c.Type == "" }

// Path is the newest file of the log, empty where no file is kept.
func Path(c *folder.LogConfig, f folder.Folder) string {
	switch {
	case c.Type == "none" || c.MaxFile < 1 && !IsJSON(c):
		return ""
	case IsJSON(c):
		return f.Log()
	}
	return f.Path("container.log")
}

// None is the driver none: it takes entries and keeps none.
var None Log = discard{}

type discard struct{}

func (discard) Add(*Entry) error { return nil }
func (discard) Flush() error     { return nil }
func (discard) Close() error     { return nil }

// both sends entries on and keeps them, too.
type both struct{ to, file Log }

func (b *both) Add(e *Entry) error {
	err := b.to.Add(e)
	if kept := b.file.Add(e); err == nil {
		err = kept
	}
	return err
}

func (b *both) Flush() error {
	err := b.to.Flush()
	if kept := b.file.Flush(); err == nil {
		err = kept
	}
	return err
}

func (b *both) Close() error {
	err := b.to.Close()
	if kept := b.file.Close(); err == nil {
		err = kept
	}
	return err
}
