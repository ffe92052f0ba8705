package dd

import (
	"math/bits"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/human"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/signals"
	"golang.org/x/sys/unix"
)

// pageSize is what O_DIRECT wants buffers to be aligned to.
const pageSize = 4096

// aligned makes a buffer that begins with a page.
func aligned(size int64) []byte {
	buf := make([]byte, size+pageSize)
	skip := -int(uintptr(unsafe.Pointer(&buf[0]))) & (pageSize - 1)
	return buf[skip : int64(skip)+size]
}

// read reads once, or with iflag=fullblock until p is full.
func (d *copier) read(p []byte) (int, error) {
	total := 0
	for {
		n, err := applet.ReadFd(d.in, p[total:])
		if err == syscall.EINVAL && d.flags&directIn != 0 && clearDirect(d.in) {
			continue
		}
		total += n
		if err != nil || n == 0 || total == len(p) || d.flags&fullBlock == 0 {
			return total, err
		}
	}
}

// clearDirect takes O_DIRECT off: the last block of a file may not have the right size.
func clearDirect(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&syscall.O_DIRECT == 0 {
		return false
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags&^syscall.O_DIRECT)
	return err == nil
}

// batch is how many blocks can be read at a time without anyone seeing a difference:
// between files (or the like) the size of reads and writes doesn't show.
func (d *copier) batch() int64 {
	const size = 128 << 10
	if d.ibs != d.obs || d.ibs >= size/2 || d.flags&(noerror|swab|directIn|directOut) != 0 {
		return 1
	}
	var in, out unix.Stat_t
	if unix.Fstat(d.in, &in) != nil || unix.Fstat(d.out, &out) != nil {
		return 1
	}
	plain := func(st *unix.Stat_t) bool {
		const null, zero = 1<<8 | 3, 1<<8 | 5
		kind := st.Mode & unix.S_IFMT
		return kind == unix.S_IFREG || kind == unix.S_IFCHR && (st.Rdev == null || st.Rdev == zero)
	}
	if !plain(&in) || !plain(&out) {
		return 1
	}
	return size / d.ibs
}

// copy copies. It returns true for an error after which nothing is reported.
func (d *copier) copy() (fatal bool) {
	blocks := d.batch()
	buf := aligned(d.ibs * blocks)
	left := d.count
	for left != 0 {
		size := int64(len(buf))
		switch {
		case left < 0:
		case d.flags&countBytes != 0:
			size = min(size, left)
		default:
			size = min(size, left*d.ibs)
		}
		n, err := d.read(buf[:size])
		if err != nil {
			d.c.Warn(d.from, err)
			if d.flags&noerror == 0 {
				return true
			}
			// As GNU's dd: pass over the bad block.
			if _, err := syscall.Seek(d.in, d.ibs, 1); err != nil {
				d.c.Warn(d.from, err)
				return true
			}
			n = 0
		} else if n == 0 {
			break
		}
		if d.flags&swab != 0 && !d.swap(buf[:n]) {
			return true
		}
		whole, rest := int64(n)/d.ibs, int64(n)%d.ibs
		d.full[0].Add(whole)
		if rest > 0 || n == 0 {
			d.part[0].Add(1)
			whole++
		}
		if left > 0 && d.flags&countBytes != 0 {
			left -= int64(n)
		} else if left > 0 {
			left -= whole
		}
		p := buf[:n]
		if d.flags&padBlocks != 0 {
			p = buf[:whole*d.ibs]
			clear(p[n:])
		}
		if !d.write(p) {
			return false
		}
	}
	return false
}

// swap swaps every two bytes. Only the last read may have an odd size.
func (d *copier) swap(p []byte) bool {
	if d.odd != 0 {
		d.c.Complain("can't swab " + strconv.Itoa(d.odd) + " byte buffer")
		return false
	}
	if len(p)&1 != 0 {
		d.odd = len(p)
	}
	for i := 1; i < len(p); i += 2 {
		p[i-1], p[i] = p[i], p[i-1]
	}
	return true
}

// write writes in blocks of the output's size.
func (d *copier) write(p []byte) bool {
	if d.ibs == d.obs {
		return d.send(p)
	}
	if d.held == nil {
		d.held = aligned(d.obs)[:0]
	}
	for len(p) > 0 {
		n := min(len(p), int(d.obs)-len(d.held))
		d.held = append(d.held, p[:n]...)
		p = p[n:]
		if int64(len(d.held)) == d.obs {
			if !d.send(d.held) {
				d.held = d.held[:0]
				return false
			}
			d.held = d.held[:0]
		}
	}
	return true
}

// send writes one or more blocks and counts them.
func (d *copier) send(p []byte) bool {
	done := 0
	var err error
	for done < len(p) {
		var n int
		n, err = syscall.Write(d.out, p[done:])
		if err == syscall.EINTR || err == syscall.EINVAL && d.flags&directOut != 0 && clearDirect(d.out) {
			continue
		}
		if err != nil {
			break
		}
		done += n
	}
	d.total.Add(int64(done))
	d.full[1].Add(int64(done) / d.obs)
	if int64(done)%d.obs > 0 && err == nil {
		d.part[1].Add(1)
	}
	if err != nil {
		d.failed = true
		if err == syscall.EPIPE {
			applet.Die(syscall.SIGPIPE)
		}
		d.c.Warn("error writing '"+d.to+"'", err)
	}
	return err == nil
}

// finish writes the rest of the output and closes it.
func (d *copier) finish() bool {
	if len(d.held) > 0 && !d.failed {
		d.send(d.held)
	}
	if d.failed {
		return false
	}
	if d.flags&fsync != 0 {
		if err := syscall.Fsync(d.out); err != nil {
			d.c.Warn(d.to, err)
			return false
		}
	}
	opened := d.opened
	d.opened = nil
	for _, fd := range opened {
		if err := syscall.Close(fd); err != nil {
			d.c.Warn(d.to, err)
			return false
		}
	}
	return true
}

// report shows what was copied.
func (d *copier) report() {
	elapsed := time.Since(d.began)
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	e := d.c.Err
	lines := text(d.full[0].Load()) + "+" + text(d.part[0].Load()) + " records in\n" +
		text(d.full[1].Load()) + "+" + text(d.part[1].Load()) + " records out\n"
	if d.flags&noxfer == 0 {
		total, micros := uint64(d.total.Load()), uint64(max(elapsed.Microseconds(), 1))
		high, low := bits.Mul64(total, 1e6)
		rate := ^uint64(0)
		if high < micros {
			rate, _ = bits.Div64(high, low, micros)
		}
		lines += text(int64(total)) + " bytes (" + human.Size(total) + "B) copied, " +
			pad.Fixed(micros, 6) + " seconds, " + human.Size(rate) + "B/s\n"
	}
	e.WriteString(lines)
	e.Flush()
}

// listen reports at every SIGUSR1 until the returned function is called.
func (d *copier) listen() (stop func()) {
	ch := signals.Notify(syscall.SIGUSR1)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-ch:
				d.report()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signals.Stop(ch)
		close(done)
	}
}
