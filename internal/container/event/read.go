package event

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Read gives each the events from since on: those that the log still has, and then those
// that come, until the context ends or each returns an error, which Read returns. A zero
// since is now. With a time in until, the reading ends there.
func Read(ctx context.Context, root string, since, until time.Time, each func(*Event) error) error {
	if err := os.MkdirAll(dir(root), 0o710); err != nil {
		return err
	}
	r := &reader{root: root, since: since, until: until, each: each}
	if !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	defer r.close()
	err := r.run(ctx)
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// reader follows the log over its rotations. Two files are read: a slow writer may
// still append to the one that was renamed.
type reader struct {
	root         string
	since, until time.Time
	each         func(*Event) error
	old, new     *tail
}

// tail is a file that is read as it grows.
type tail struct {
	file *os.File
	rest []byte // of a line that is not whole yet
}

func (r *reader) run(ctx context.Context) error {
	// The watch comes first: nothing is missed between the last reading and the first wait.
	watch, err := watchDir(dir(r.root))
	if err != nil {
		return err
	}
	defer watch.Close()
	defer context.AfterFunc(ctx, func() { _ = watch.SetReadDeadline(time.Unix(1, 0)) })()
	if err := r.open(); err != nil {
		return err
	}
	if r.since.IsZero() {
		r.skip()
	}
	var buf [4096]byte
	for {
		if err := r.drain(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := watch.Read(buf[:]); err != nil {
			return err
		}
	}
}

// watchDir tells of every change of the log. It doesn't block, so a wait can be broken off.
func watchDir(path string) (*os.File, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	if _, err := unix.InotifyAddWatch(fd, path, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVE); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "watch", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), "inotify"), nil
}

// open opens both files, in a moment when nobody renames them. One that was read already
// goes on where it was.
func (r *reader) open() error {
	lock, err := statefile.ShareDir(dir(r.root))
	if err != nil {
		return err
	}
	defer lock.Free()
	had := []*tail{r.old, r.new}
	r.old, r.new = open(dir(r.root)+"/log.1", had), open(dir(r.root)+"/log", had)
	for _, t := range had {
		if t != r.old && t != r.new {
			// What came since it was last read: nobody can open it any more.
			err = errors.Join(err, t.drain(r.take))
			t.close()
		}
	}
	return err
}

// open opens a file unless it is one of those; nil if it isn't there.
func open(path string, had []*tail) *tail {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	for _, t := range had {
		if t.is(f) {
			f.Close()
			return t
		}
	}
	return &tail{file: f}
}

func (t *tail) is(f *os.File) bool {
	if t == nil {
		return false
	}
	a, err := t.file.Stat()
	b, err2 := f.Stat()
	return err == nil && err2 == nil && os.SameFile(a, b)
}

func (t *tail) close() {
	if t != nil {
		t.file.Close()
	}
}

func (r *reader) close() {
	r.old.close()
	r.new.close()
}

// skip passes over what has happened before.
func (r *reader) skip() {
	for _, t := range [...]*tail{r.old, r.new} {
		if t != nil {
			_, _ = t.file.Seek(0, io.SeekEnd)
		}
	}
}

// drain reads what there is, in the next files too.
func (r *reader) drain() error {
	for {
		for _, t := range [...]*tail{r.old, r.new} {
			if err := t.drain(r.take); err != nil {
				return err
			}
		}
		f, err := os.Open(dir(r.root) + "/log")
		if err != nil {
			return nil // nothing yet, or a rotation without an event after it
		}
		same := r.new.is(f)
		f.Close()
		if same {
			return nil
		}
		if err := r.open(); err != nil {
			return err
		}
	}
}

// drain gives take every line that is whole.
func (t *tail) drain(take func([]byte) error) error {
	if t == nil {
		return nil
	}
	for {
		b := make([]byte, 64<<10)
		n, err := t.file.Read(b)
		t.rest = append(t.rest, b[:n]...)
		for {
			line, rest, whole := bytes.Cut(t.rest, []byte{'\n'})
			if !whole {
				break
			}
			t.rest = rest
			if err := take(line); err != nil {
				return err
			}
		}
		if len(t.rest) > maxLine { // no line of ours
			t.rest = nil
		}
		if n == 0 {
			if err == io.EOF {
				err = nil
			}
			return err
		}
	}
}

func (r *reader) take(line []byte) error {
	e, ok := decode(line)
	if !ok || e.Time.Before(r.since) || !r.until.IsZero() && e.Time.After(r.until) {
		return nil
	}
	return r.each(e)
}
