package tree

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Sums remembers the digests of a context's files, so that the next build reads only
// what has changed: a file with the same inode, size and times is the same file. One that
// was changed in the same moment as it was hashed is not remembered, for it could be
// changed again within the resolution of its time stamps.
//
//	bantam sums 1 FOLDER
//	INODE SIZE MTIME CTIME HEX PATH    times in nanoseconds
type Sums struct {
	file   string
	folder string
	mu     sync.Mutex
	old    map[string]sum
	new    map[string]sum
	hashed int
	now    int64 // of the begin of the build
}

type sum struct {
	ino          uint64
	size         int64
	mtime, ctime int64
	hex          [64]byte
}

const sumsHead = "bantam sums 1 "

// OpenSums reads what is known of a folder; dir is where such files are kept. What can't
// be read is forgotten.
func OpenSums(dir, folder string) *Sums {
	s := &Sums{file: filepath.Join(dir, digest.FromBytes([]byte(folder)).Hex()), folder: folder, old: map[string]sum{}, new: map[string]sum{}}
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &now) == nil {
		s.now = now.Nano()
	}
	f, err := os.Open(s.file)
	if err != nil {
		return s
	}
	defer f.Close()
	s.read(bufio.NewReaderSize(f, 256<<10))
	return s
}

func (s *Sums) read(r *bufio.Reader) {
	line, err := r.ReadString('\n')
	if err != nil || line != sumsHead+strconv.Quote(s.folder)+"\n" {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if x, name, ok := parseSum(strings.TrimSuffix(line, "\n")); ok {
			s.old[name] = x
		}
	}
}

func parseSum(line string) (x sum, name string, ok bool) {
	var f [4]int64
	for i := range f {
		word, rest, found := strings.Cut(line, " ")
		n, err := strconv.ParseInt(word, 10, 64)
		if !found || err != nil {
			return x, "", false
		}
		f[i], line = n, rest
	}
	if len(line) < 66 || !digest.IsHex(line[:64]) {
		return x, "", false
	}
	name = line[65:]
	if strings.HasPrefix(name, `"`) {
		var err error
		if name, err = strconv.Unquote(name); err != nil {
			return x, "", false
		}
	}
	x = sum{ino: uint64(f[0]), size: f[1], mtime: f[2], ctime: f[3]}
	copy(x.hex[:], line[:64])
	return x, name, true
}

func sumOf(e *Entry) sum {
	return sum{ino: e.Stat.Ino, size: e.Stat.Size, mtime: e.Stat.Mtim.Nano(), ctime: e.Stat.Ctim.Nano()}
}

func (s *Sums) get(e *Entry) (digest.Digest, bool) {
	if s == nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.new[e.Path]
	if !ok {
		x, ok = s.old[e.Path]
	}
	want := sumOf(e)
	want.hex = x.hex
	if !ok || x != want {
		return "", false
	}
	s.new[e.Path] = x
	return digest.FromHex(string(x.hex[:])), true
}

// racy is how long ago a change must be to count as finished, in nanoseconds.
const racy = 20_000_000

func (s *Sums) put(e *Entry, d digest.Digest) {
	if s == nil {
		return
	}
	x := sumOf(e)
	copy(x.hex[:], d.Hex())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashed++
	if max(x.mtime, x.ctime)+racy < s.now {
		s.new[e.Path] = x
	}
}

// Hashed is how many files had to be read.
func (s *Sums) Hashed() int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hashed
}

// Save keeps what was learned. What was not asked for this time is kept too, for another
// Dockerfile of the same context may ask for it.
func (s *Sums) Save() error {
	if s == nil || s.hashed == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.file), ".new-")
	if err != nil {
		return err
	}
	err = s.write(f)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("keep the context's digests: %w", err)
	}
	return nil
}

func (s *Sums) write(f io.Writer) error {
	w := bufio.NewWriterSize(f, 256<<10)
	w.WriteString(sumsHead + strconv.Quote(s.folder) + "\n")
	var line []byte
	put := func(name string, x sum) {
		line = line[:0]
		for _, n := range [...]int64{int64(x.ino), x.size, x.mtime, x.ctime} {
			line = append(strconv.AppendInt(line, n, 10), ' ')
		}
		line = append(append(line, x.hex[:]...), ' ')
		if strings.ContainsAny(name, "\n\"") {
			line = strconv.AppendQuote(line, name)
		} else {
			line = append(line, name...)
		}
		w.Write(append(line, '\n'))
	}
	for name, x := range s.new {
		put(name, x)
	}
	for name, x := range s.old {
		if _, again := s.new[name]; !again {
			put(name, x)
		}
	}
	return w.Flush()
}
