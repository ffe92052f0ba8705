package seccomp

import "strconv"

// Name is the name of a system call by its number on an architecture ("amd64", "arm64"), or
// "syscall_N" where this package knows none.
func Name(nr int, goarch string) string {
	a, ok := nativeArch(goarch)
	for i := range callNumbers {
		if got, has := a.slot(i, 0); ok && has && int(got) == nr {
			return callName(i)
		}
	}
	return "syscall_" + strconv.Itoa(nr)
}
