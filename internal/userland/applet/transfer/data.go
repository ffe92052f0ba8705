package transfer

import (
	"syscall"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

const (
	smallFile  = 128 << 10
	seekData   = 3
	seekHole   = 4
	mostAtOnce = 1 << 30
)

// copyData copies the whole content: as shared blocks if that is wanted, inside the
// kernel for large files, without the holes of sparse ones.
func (k *Copier) copyData(to, from int, st *unix.Stat_t) error {
	if k.Clone != "" {
		err := unix.IoctlFileClone(to, from)
		if err == nil || k.Clone == "always" {
			return err
		}
	}
	regular := st.Mode&unix.S_IFMT == unix.S_IFREG
	if regular && st.Size > smallFile {
		if st.Blocks*512 < st.Size {
			if done, err := k.copySparse(to, from, st.Size); done || err != nil {
				return err
			}
		} else if done, err := copyRange(to, from); done || err != nil {
			return err
		}
	}
	if !regular {
		return k.copyRest(to, from, -1)
	}
	return k.copyRest(to, from, st.Size)
}

// copyRange copies inside the kernel from where both files stand to the end. done is
// false if the rest must be copied otherwise.
func copyRange(to, from int) (done bool, err error) {
	for {
		n, err := unix.CopyFileRange(from, nil, to, nil, mostAtOnce, 0)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.ENOSPC || err == syscall.EDQUOT || err == syscall.EIO || err == syscall.EFBIG:
			return false, err
		case err != nil:
			return false, nil
		case n == 0:
			return done, nil // some file systems say so of files that have more
		}
		done = true
	}
}

// copySparse copies the parts of the file that are no holes.
func (k *Copier) copySparse(to, from int, size int64) (done bool, err error) {
	for at := int64(0); at < size; {
		start, err := syscall.Seek(from, at, seekData)
		if err == syscall.ENXIO {
			break // a hole up to the end
		}
		end, e := syscall.Seek(from, start, seekHole)
		if err != nil || e != nil {
			// No knowledge of holes here: begin anew with the whole file.
			syscall.Seek(from, 0, 0)
			syscall.Seek(to, 0, 0)
			return false, nil
		}
		syscall.Seek(from, start, 0)
		syscall.Seek(to, start, 0)
		if err := k.copyPart(to, from, end-start); err != nil {
			return false, err
		}
		at = end
	}
	return true, syscall.Ftruncate(to, size)
}

func (k *Copier) copyPart(to, from int, length int64) error {
	k.buffer()
	for length > 0 {
		n, err := applet.ReadFd(from, k.buf[:min(length, int64(len(k.buf)))])
		if err != nil || n == 0 {
			return err
		}
		if err := applet.WriteFd(to, k.buf[:n]); err != nil {
			return err
		}
		length -= int64(n)
	}
	return nil
}

func (k *Copier) buffer() {
	if k.buf == nil {
		k.buf = make([]byte, smallFile)
	}
}

// copyRest copies from where both files stand to the end. A file of the expected size
// isn't asked for more.
func (k *Copier) copyRest(to, from int, size int64) error {
	k.buffer()
	for total := int64(0); ; {
		n, err := applet.ReadFd(from, k.buf)
		if err != nil || n == 0 {
			return err
		}
		if err := applet.WriteFd(to, k.buf[:n]); err != nil {
			return err
		}
		if total += int64(n); total == size && n < len(k.buf) {
			return nil
		}
	}
}
