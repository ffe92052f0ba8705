package deflate

import (
	"hash/crc32"
	"io"

	"bantam/internal/compress/inflate"
	"bantam/internal/parallel"
)

// slack is what comparing in words may read behind a piece.
const slack = mostLen + 32

// job is a piece that is being compressed.
type job struct {
	encoder
	buf       []byte // up to WindowSize of dictionary, the piece, and slack
	from, end int
	packed    []byte
	done      chan bool
}

// Writer compresses to one deflate stream, piece by piece: with one piece at hand
// they are compressed by goroutines, as many as there are processors, and
// written in their order.
type Writer struct {
	// Size and CRC are of what was written so far.
	Size int64
	CRC  uint32

	out     io.Writer
	level   int
	err     error
	current *job
	running []*job
	idle    []*job
	most    int
}

// NewWriter compresses to out with a level of 1 to 9.
func NewWriter(out io.Writer, level int) *Writer {
	return &Writer{out: out, level: level, most: min(parallel.Processors(), 16)}
}

// room is where the next bytes of the piece go.
func (w *Writer) room() []byte {
	if w.current == nil {
		w.current = w.idleJob()
	}
	j := w.current
	return j.buf[j.end : inflate.WindowSize+pieceSize]
}

func (w *Writer) idleJob() *job {
	if n := len(w.idle); n > 0 {
		j := w.idle[n-1]
		w.idle = w.idle[:n-1]
		j.from, j.end = 0, 0
		return j
	}
	return &job{buf: make([]byte, inflate.WindowSize+pieceSize+slack), done: make(chan bool, 1)}
}

// fed takes n bytes that were put into room.
func (w *Writer) fed(n int) {
	j := w.current
	w.CRC = crc32.Update(w.CRC, crc32.IEEETable, j.buf[j.end:j.end+n])
	w.Size += int64(n)
	if j.end += n; j.end < inflate.WindowSize+pieceSize {
		return
	}
	next := w.idleJob()
	next.from = copy(next.buf, j.buf[j.end-inflate.WindowSize:j.end])
	next.end = next.from
	w.start(j, false)
	w.current = next
}

// start compresses a piece on the side.
func (w *Writer) start(j *job, last bool) {
	for len(w.running) >= w.most {
		w.finish()
	}
	w.running = append(w.running, j)
	level := w.level
	if last && len(w.running) == 1 {
		j.packed = j.piece(j.buf, j.from, j.end, level, last, j.packed[:0])
		j.done <- true
		return
	}
	go func() {
		j.packed = j.piece(j.buf, j.from, j.end, level, last, j.packed[:0])
		j.done <- true
	}()
}

// finish writes the oldest piece.
func (w *Writer) finish() {
	j := w.running[0]
	w.running = w.running[:copy(w.running, w.running[1:])]
	<-j.done
	if w.err == nil {
		_, w.err = w.out.Write(j.packed)
	}
	w.idle = append(w.idle, j)
}

// Write is io.Writer's.
func (w *Writer) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 && w.err == nil {
		n := copy(w.room(), p)
		w.fed(n)
		p = p[n:]
	}
	return total, w.err
}

// ReadFrom is io.ReaderFrom's: it compresses all of in.
func (w *Writer) ReadFrom(in io.Reader) (total int64, err error) {
	for w.err == nil {
		n, err := in.Read(w.room())
		w.fed(n)
		total += int64(n)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
	return total, w.err
}

// Close ends the stream. It must be called also after errors: no goroutine is left then.
func (w *Writer) Close() error {
	w.room()
	w.start(w.current, true)
	for len(w.running) > 0 {
		w.finish()
	}
	return w.err
}

// GzipWriter compresses to a gzip file.
type GzipWriter struct{ Writer }

// NewGzip writes a gzip file to out.
func NewGzip(out io.Writer, level int) *GzipWriter {
	const deflated, unix = 8, 3
	speed := byte(0)
	switch level {
	case 1:
		speed = 4
	case 9:
		speed = 2
	}
	w := &GzipWriter{*NewWriter(out, level)}
	_, w.err = out.Write([]byte{0x1f, 0x8b, deflated, 0, 0, 0, 0, 0, speed, unix})
	return w
}

// Close ends the file. It must be called also after errors.
func (w *GzipWriter) Close() error {
	if err := w.Writer.Close(); err != nil {
		return err
	}
	var trailer []byte
	for _, v := range [...]uint32{w.CRC, uint32(w.Size)} {
		trailer = append(trailer, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	_, err := w.out.Write(trailer)
	return err
}
