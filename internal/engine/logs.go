package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// LogOptions are those of docker logs.
type LogOptions struct {
	Follow     bool
	Since      time.Time // zero is from the beginning
	Until      time.Time // zero is without end
	Tail       int       // last lines; negative is all
	Timestamps bool
	Details    bool // with the container's labels and environment of the log options
	Out, Err   io.Writer
}

// entry is a line of a json-file log.
type entry struct {
	Log    string    `json:"log"`
	Stream string    `json:"stream"`
	Time   time.Time `json:"time"`
}

// Logs prints what a container has written, from the oldest rotated file on.
func (e *Engine) Logs(name string, o *LogOptions) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	if t := c.Record.Host.LogConfig.Type; t == "none" {
		return errors.New("configured logging driver does not support reading")
	}
	r := &logReader{c: c, o: o}
	defer r.close()
	if err := r.openOldest(); err != nil {
		return err
	}
	if err := r.skip(); err != nil {
		return err
	}
	return r.copy()
}

// logReader reads the files of a log one after the other, and follows the newest.
type logReader struct {
	c     *container
	o     *LogOptions
	files []*os.File // those still to be read, oldest first
	left  int        // entries to pass over for --tail
}

func (r *logReader) close() {
	for _, f := range r.files {
		f.Close()
	}
}

// openOldest opens all files at once: a rotation meanwhile only renames them.
func (r *logReader) openOldest() error {
	path := r.c.Log()
	newest, err := os.Open(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var old []*os.File
	for i := 1; ; i++ {
		f, err := os.Open(path + "." + strconv.Itoa(i))
		if err != nil {
			break
		}
		old = append(old, f)
	}
	for i := len(old) - 1; i >= 0; i-- {
		r.files = append(r.files, old[i])
	}
	if newest != nil {
		r.files = append(r.files, newest)
	}
	return nil
}

// skip finds out how many entries come before the last o.Tail.
func (r *logReader) skip() error {
	if r.o.Tail < 0 {
		return nil
	}
	total := 0
	for _, f := range r.files {
		n, err := lines(f)
		if err != nil {
			return err
		}
		total += n
	}
	r.left = max(total-r.o.Tail, 0)
	return nil
}

// lines counts the lines of a file and goes back to its beginning.
func lines(f *os.File) (int, error) {
	n := 0
	b := make([]byte, 64<<10)
	for {
		k, err := f.Read(b)
		for _, c := range b[:k] {
			if c == '\n' {
				n++
			}
		}
		if err == io.EOF {
			_, err = f.Seek(0, io.SeekStart)
			return n, err
		}
		if err != nil {
			return n, err
		}
	}
}

// followEvery is how often a followed log is looked at.
const followEvery = 20 * time.Millisecond

// copy prints the entries. A followed log ends with its container.
func (r *logReader) copy() error {
	var pending []byte // an entry that isn't complete yet
	ended := false
	for {
		if len(r.files) == 0 && !r.await(&ended) {
			return nil
		}
		f := r.files[0]
		in := bufio.NewReaderSize(f, 64<<10)
		for {
			line, err := in.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) || err == io.EOF {
				pending = append(pending, line...)
				if err == io.EOF {
					break
				}
				continue
			}
			if err != nil {
				return err
			}
			if len(pending) > 0 {
				pending = append(pending, line...)
				line = pending
			}
			done, err := r.print(line)
			if done || err != nil {
				return err
			}
			pending = pending[:0]
		}
		if len(r.files) > 1 {
			f.Close()
			r.files = r.files[1:]
			continue
		}
		if !r.o.Follow || ended {
			return nil
		}
		if !r.more(f, &ended) {
			return nil
		}
	}
}

// more waits until the newest file has grown or was rotated away, or the container has
// ended; then everything that it wrote is there to be read once more.
func (r *logReader) more(f *os.File, ended *bool) bool {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return false
	}
	for {
		*ended = r.stopped()
		if info, err := f.Stat(); err == nil && info.Size() > at || *ended {
			return true
		}
		if next, err := os.Open(r.c.Log()); err == nil {
			if !sameFile(next, f) {
				r.files = append(r.files, next)
				return true
			}
			next.Close()
		}
		if r.past() {
			return false
		}
		time.Sleep(followEvery)
	}
}

// await waits for the first entry of a silent container.
func (r *logReader) await(ended *bool) bool {
	for r.o.Follow && !*ended && !r.past() {
		*ended = r.stopped()
		if f, err := os.Open(r.c.Log()); err == nil {
			r.files = append(r.files, f)
			return true
		}
		time.Sleep(followEvery)
	}
	return false
}

// past says that nothing that comes now will be wanted.
func (r *logReader) past() bool { return !r.o.Until.IsZero() && time.Now().After(r.o.Until) }

// stopped says that nobody writes the log any more: the monitor has gone.
func (r *logReader) stopped() bool {
	if st, err := r.c.ReadState(); err == nil && st.Status == folder.Running {
		return false
	}
	lock, err := r.c.TryLock()
	if errors.Is(err, folder.ErrBusy) {
		return false
	}
	lock.Free()
	return true
}

func sameFile(a, b *os.File) bool {
	x, err1 := a.Stat()
	y, err2 := b.Stat()
	return err1 != nil || err2 != nil || os.SameFile(x, y)
}

// print prints one entry, unless it isn't wanted; done says that none after it is.
func (r *logReader) print(line []byte) (done bool, err error) {
	if r.left > 0 {
		r.left--
		return false, nil
	}
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return false, fmt.Errorf("read the log of %s: %w", r.c.Record.Name, err)
	}
	if e.Time.Before(r.o.Since) {
		return false, nil
	}
	if !r.o.Until.IsZero() && e.Time.After(r.o.Until) {
		return true, nil
	}
	to := r.o.Out
	if e.Stream == "stderr" {
		to = r.o.Err
	}
	text := e.Log
	if r.o.Details {
		text = " " + text
	}
	if r.o.Timestamps {
		text = e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") + " " + text
	}
	_, err = io.WriteString(to, text)
	if errors.Is(err, unix.EPIPE) {
		return true, nil
	}
	return false, err
}

// ParseTime reads docker's times: RFC 3339 with or without parts, seconds since 1970 with
// a fraction, or a duration before now.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range [...]string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02Z07:00", "2006-01-02",
	} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < 1<<40 {
		sec := int64(f)
		return time.Unix(sec, int64((f-float64(sec))*1e9)), nil
	}
	return time.Time{}, fmt.Errorf("invalid value for a time: %q is none of RFC 3339, seconds since 1970 or a duration", s)
}
