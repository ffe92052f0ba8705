package shell

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// undo is a file as it was before a redirection.
type undo struct {
	number int
	was    *file
}

// redirect makes the redirections and remembers what they replaced. The error has
// been told; what was made before it is undone by the caller with unredirect.
func (sh *shell) redirect(redirs []*redirect) bool {
	for _, r := range redirs {
		if !sh.redirectOne(r) {
			return false
		}
	}
	return true
}

func (sh *shell) redirectOne(r *redirect) bool {
	fd := r.fd
	switch r.kind {
	case redirDupIn, redirDupOut:
		target := sh.expandOne(r.target)
		if target == "-" {
			sh.replace(fd, nil)
			return true
		}
		if !isDigits(target) {
			if r.kind == redirDupOut && fd == 1 {
				return sh.redirectBoth(target)
			}
			sh.fail("syntax error: bad fd number")
		}
		from := sh.file(min(atoi(target), badFd))
		if from == nil {
			sh.badDup(target, fd)
			return false
		}
		sh.replace(fd, from.keep())
		return true
	case redirHere:
		text := sh.expandHere(r.here.body)
		f := memoryInput(applet.Memory([]byte(text)))
		sh.replace(fd, f)
		return true
	case redirString:
		sh.replace(fd, memoryInput(applet.Memory([]byte(sh.expandHere(r.target)))))
		return true
	case redirBoth:
		return sh.redirectBoth(sh.expandTarget(r.target))
	}
	f := sh.open(r.kind, sh.expandTarget(r.target))
	if f == nil {
		return false
	}
	sh.replace(fd, f)
	return true
}

func (sh *shell) badDup(target string, fd int) {
	if atoi(target) > 9 && atoi(target) != 255 {
		sh.complain(target + ": Bad file descriptor")
	} else {
		sh.complain("dup2(" + target + "," + strconv.Itoa(fd) + "): Bad file descriptor")
	}
}

func (sh *shell) redirectBoth(target string) bool {
	f := sh.open(redirOut, target)
	if f == nil {
		return false
	}
	sh.replace(1, f)
	sh.replace(2, f.keep())
	return true
}

// replace sets a file and remembers the old one.
func (sh *shell) replace(n int, f *file) {
	sh.file(n)
	sh.undos = append(sh.undos, undo{n, sh.setFile(n, f)})
}

// unredirect brings back the files as they were at mark.
func (sh *shell) unredirect(mark int) {
	for len(sh.undos) > mark {
		u := sh.undos[len(sh.undos)-1]
		sh.undos = sh.undos[:len(sh.undos)-1]
		if f := sh.setFile(u.number, u.was); f != nil {
			f.drop()
		}
	}
}

// settle makes the redirections since mark last: exec's.
func (sh *shell) settle(mark int) {
	for _, u := range sh.undos[mark:] {
		if u.was != nil {
			u.was.drop()
		}
		sh.place(u.number)
	}
	sh.undos = sh.undos[:mark]
}

// place gives a file of the shell itself the descriptor of its number where that is free, which others see in /proc.
func (sh *shell) place(n int) {
	f := sh.file(n)
	if sh.parent != nil || f == nil || f.fd < 0 || f.fd == n {
		return
	}
	if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err != unix.EBADF || syscall.Dup3(f.fd, n, syscall.O_CLOEXEC) != nil {
		return
	}
	if f.out != nil {
		f.out.Flush()
		f.out = nil
	}
	if f.refs.Load() > 1 { // exec 3>&4
		sh.setFile(n, newFile(n))
		f.drop()
		return
	}
	syscall.Close(f.fd)
	f.fd = n
}

// open opens the file of a redirection; the error has been told if it is nil.
func (sh *shell) open(kind redirectKind, path string) *file {
	if n, ok := devFd(path); ok {
		from := sh.file(n)
		if from != nil && (kind != redirOut || from.fd < 0 || !reopens(from.fd)) {
			return from.keep()
		}
		if from != nil {
			path = "/proc/self/fd/" + strconv.Itoa(from.number())
		}
	}
	flags := syscall.O_RDONLY
	switch kind {
	case redirOut:
		flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
		if sh.opt(optNoClobber) {
			return sh.openNew(path)
		}
	case redirBoth, redirClobber:
		flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
	case redirAppend:
		flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_APPEND
	case redirReadWrite:
		flags = syscall.O_RDWR | syscall.O_CREAT
	}
	fd, err := applet.OpenFile(path, flags, 0o666)
	if err != nil {
		sh.openFailed(path, flags, err)
		return nil
	}
	return newFile(fd)
}

// reopens says whether the descriptor is a file that is opened anew through /proc,
// with an offset of its own.
func reopens(fd int) bool {
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG
}

// devFd is the number in /dev/stdin, /dev/fd/3: the shell's own, not the process's.
func devFd(path string) (n int, ok bool) {
	if rest, found := strings.CutPrefix(path, "/proc/self/fd/"); found && isDigits(rest) {
		return min(atoi(rest), badFd), true
	}
	if len(path) < 8 || path[:5] != "/dev/" {
		return 0, false
	}
	switch path[5:] {
	case "stdin":
		return 0, true
	case "stdout":
		return 1, true
	case "stderr":
		return 2, true
	}
	if path[5:8] == "fd/" && isDigits(path[8:]) {
		return min(atoi(path[8:]), badFd), true
	}
	return 0, false
}

// openNew makes a file that may not be there yet, or opens one that isn't regular.
func (sh *shell) openNew(path string) *file {
	var st syscall.Stat_t
	flags := syscall.O_WRONLY
	if err := syscall.Stat(path, &st); err != nil {
		flags |= syscall.O_CREAT | syscall.O_EXCL
	} else if st.Mode&syscall.S_IFMT == syscall.S_IFREG {
		sh.openFailed(path, syscall.O_CREAT, syscall.EEXIST)
		return nil
	}
	fd, err := applet.OpenFile(path, flags, 0o666)
	if err != nil {
		sh.openFailed(path, syscall.O_CREAT, err)
		return nil
	}
	return newFile(fd)
}

func (sh *shell) openFailed(path string, flags int, err error) {
	missing := err == syscall.ENOENT || err == syscall.ENOTDIR
	reason := applet.Reason(err)
	if flags&syscall.O_CREAT != 0 {
		if missing {
			reason = "nonexistent directory"
		}
		sh.complain("can't create " + path + ": " + reason)
		return
	}
	if missing {
		reason = "no such file"
	}
	sh.complain("can't open " + path + ": " + reason)
}
