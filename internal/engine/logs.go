package engine

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/logging"

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
	Leave      <-chan struct{} // closed when nobody listens any more; nil is never
	Opened     func()          // is told when nothing can be missed any more; may be nil
}

// Logs prints what a container has written, from the oldest rotated file on.
func (e *Engine) Logs(name string, o *LogOptions) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	conf := &c.Record.Host.LogConfig
	path := logging.Path(conf, c.Folder)
	if path == "" {
		return errors.New("configured logging driver does not support reading")
	}
	r := &logReader{c: c, o: o, path: path, format: logging.Local, details: details(conf.Attrs)}
	if logging.IsJSON(conf) {
		r.format = logging.JSON
	}
	defer r.close()
	if err := r.openOldest(); err != nil {
		return err
	}
	if o.Opened != nil {
		o.Opened()
	}
	if err := r.skip(); err != nil {
		return err
	}
	return r.copy()
}

// details are what the log options have chosen, as logs --details prints it.
func details(attrs map[string]string) string {
	list := make([]string, 0, len(attrs))
	for k, v := range attrs {
		list = append(list, url.QueryEscape(k)+"="+url.QueryEscape(v))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// logReader reads the files of a log one after the other, and follows the newest.
type logReader struct {
	c       *container
	o       *LogOptions
	path    string // of the newest file
	format  logging.Format
	details string
	files   []*logFile    // those still to be read, oldest first
	left    int           // entries to pass over for --tail
	entry   logging.Entry // the one that is printed
}

func (r *logReader) close() {
	for _, f := range r.files {
		f.close()
	}
}

// openOldest opens all files at once: a rotation meanwhile only renames them. Who follows a
// silent container makes its file, to see what it writes even if it is removed at once.
func (r *logReader) openOldest() error {
	newest, err := openLog(r.path)
	if errors.Is(err, os.ErrNotExist) && r.o.Follow {
		newest, err = makeLog(r.path)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for i := 1; ; i++ {
		f, err := openRotated(r.path + "." + strconv.Itoa(i))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		if newest != nil && f.is(newest) { // rotated this very moment
			f.close()
			continue
		}
		r.files = append(r.files, f)
	}
	slices.Reverse(r.files)
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
		for {
			entry, err := f.next(r.format)
			if err != nil {
				return r.trouble(err)
			}
			if entry == nil {
				break
			}
			total++
		}
		if err := f.rewind(); err != nil {
			return r.trouble(err)
		}
	}
	r.left = max(total-r.o.Tail, 0)
	return nil
}

func (r *logReader) trouble(err error) error {
	return fmt.Errorf("read the log of %s: %w", r.c.Record.Name, err)
}

// followEvery is how often a followed log is looked at.
const followEvery = 20 * time.Millisecond

// copy prints the entries. A followed log ends with its container.
func (r *logReader) copy() error {
	ended := false
	for {
		if len(r.files) == 0 && !r.await(&ended) {
			return nil
		}
		f := r.files[0]
		if done, err := r.printFile(f); done || err != nil {
			return err
		}
		if len(r.files) > 1 {
			f.close()
			r.files = r.files[1:]
			continue
		}
		if !r.o.Follow || ended || !r.more(f, &ended) {
			return nil
		}
	}
}

// printFile prints what a file has now.
func (r *logReader) printFile(f *logFile) (done bool, err error) {
	for {
		entry, err := f.next(r.format)
		if err != nil {
			return false, r.trouble(err)
		}
		if entry == nil {
			return false, nil
		}
		if done, err := r.print(entry); done || err != nil {
			return done, err
		}
	}
}

// more waits until the newest file has grown or was rotated away, or the container has
// ended; then everything that it wrote is there to be read once more.
func (r *logReader) more(f *logFile, ended *bool) bool {
	for {
		*ended = r.stopped()
		if f.grown() || *ended {
			return true
		}
		if next, err := openLog(r.path); err == nil {
			if !next.is(f) {
				r.files = append(r.files, next)
				return true
			}
			next.close()
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
		if f, err := openLog(r.path); err == nil {
			r.files = append(r.files, f)
			return true
		}
		time.Sleep(followEvery)
	}
	return false
}

// past says that nothing that comes now will be wanted.
func (r *logReader) past() bool {
	select {
	case <-r.o.Leave:
		return true
	default:
		return !r.o.Until.IsZero() && time.Now().After(r.o.Until)
	}
}

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

// print prints one entry, unless it isn't wanted; done says that none after it is.
func (r *logReader) print(record []byte) (done bool, err error) {
	if r.left > 0 {
		r.left--
		return false, nil
	}
	e := &r.entry
	if err := r.format.Decode(record, e); err != nil {
		return false, r.trouble(err)
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
	text := e.Line
	if r.o.Details {
		text = slices.Concat([]byte(r.details), []byte{' '}, text)
	}
	if r.o.Timestamps {
		text = slices.Concat([]byte(e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00 ")), text)
	}
	_, err = to.Write(text)
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
	if d, err := time.ParseDuration(s); err == nil && s != "0" { // 0 is the epoch
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
