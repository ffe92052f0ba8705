// Package modes reads and prints file modes as chmod(1) and ls(1) do.
package modes

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// All are the bits that chmod changes.
const All = 0o7777

// Parse returns what the mode becomes by an octal number or a list of clauses
// [ugoa]{+-=}[rwxXst|ugo]. The mode's file type says whether X means x. mask is
// called for clauses that name nobody, which leave alone what the umask has.
func Parse(text string, mode uint32, mask func() uint32) (uint32, bool) {
	if text != "" && text[0] >= '0' && text[0] <= '7' {
		n, err := strconv.ParseUint(text, 8, 32)
		return uint32(n), err == nil && n <= All
	}
	for text != "" {
		var clause string
		clause, text, _ = strings.Cut(text, ",")
		if clause == "" {
			continue
		}
		var ok bool
		if mode, ok = apply(clause, mode, mask); !ok {
			return 0, false
		}
	}
	return mode, true
}

// who are the bits of u, g, o and a.
func who(b byte) uint32 {
	switch b {
	case 'u':
		return syscall.S_ISUID | 0o700
	case 'g':
		return syscall.S_ISGID | 0o070
	case 'o':
		return 0o007
	case 'a':
		return All
	}
	return 0
}

// apply applies one clause, which may have several actions: u+r-x.
func apply(clause string, mode uint32, mask func() uint32) (uint32, bool) {
	var whose uint32
	for clause != "" && who(clause[0]) != 0 {
		whose |= who(clause[0])
		clause = clause[1:]
	}
	if clause == "" {
		return 0, false
	}
	for clause != "" {
		op := clause[0]
		if op != '+' && op != '-' && op != '=' {
			return 0, false
		}
		if op == '=' {
			clear := whose
			if clear == 0 {
				clear = All
			}
			mode &^= clear
		}
		var bits uint32
		bits, clause = permissions(clause[1:], mode)
		if bits == 0 {
			continue
		}
		if whose != 0 {
			bits &= whose
		} else {
			bits &^= mask()
		}
		if op == '-' {
			mode &^= bits
		} else {
			mode |= bits
		}
	}
	return mode, true
}

// permissions reads what follows the operator: a list of letters, or u, g or o for
// what these have.
func permissions(s string, mode uint32) (bits uint32, rest string) {
	if s != "" && s[0] != 'a' && who(s[0]) != 0 {
		have := who(s[0]) & mode & 0o777
		for _, p := range [3]uint32{0o444, 0o222, 0o111} {
			if have&p != 0 {
				bits |= p
			}
		}
		return bits, s[1:]
	}
	for ; s != ""; s = s[1:] {
		switch s[0] {
		case 'r':
			bits |= 0o444
		case 'w':
			bits |= 0o222
		case 'x':
			bits |= 0o111
		case 'X':
			if mode&(syscall.S_IFDIR|0o111) != 0 {
				bits |= 0o111
			}
		case 's':
			bits |= syscall.S_ISUID | syscall.S_ISGID
		case 't':
			bits |= syscall.S_ISVTX
		default:
			return bits, s
		}
	}
	return bits, s
}

// Umask returns the umask of the calling thread without changing it.
func Umask() uint32 {
	status := applet.ReadString("/proc/thread-self/status")
	if _, after, found := strings.Cut(status, "\nUmask:\t"); found {
		text, _, _ := strings.Cut(after, "\n")
		if n, err := strconv.ParseUint(text, 8, 32); err == nil {
			return uint32(n)
		}
	}
	old := syscall.Umask(0o077)
	syscall.Umask(old)
	return uint32(old)
}

// String is the mode as ls -l prints it: "-rwxr-xr-x".
func String(mode uint32) string {
	var s [10]byte
	s[0] = "?pc?d?b?-?l?s???"[mode>>12&15]
	for i := range 9 {
		s[i+1] = '-'
		if mode>>(8-i)&1 != 0 {
			s[i+1] = "rwx"[i%3]
		}
	}
	for i, special := range [3]uint32{syscall.S_ISUID, syscall.S_ISGID, syscall.S_ISVTX} {
		if mode&special == 0 {
			continue
		}
		p := &s[3*i+3]
		if *p == 'x' {
			*p = "sst"[i]
		} else {
			*p = "SST"[i]
		}
	}
	return string(s[:])
}
