// Package parallel says how much can be done at once.
package parallel

import (
	"runtime"
	"strconv"
	"syscall"
)

// Processors is how many processors there are for goroutines, as far as the control group has them. It is to be asked in
// the place of runtime.GOMAXPROCS, which says 1 in our programs before the first goroutine beside main's is started
// (packaging/shrink).
func Processors() int {
	if runtime.GOMAXPROCS(0) == 1 {
		text, _ := syscall.Getenv("GOMAXPROCS")
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			runtime.GOMAXPROCS(n)
		} else {
			runtime.SetDefaultGOMAXPROCS()
		}
	}
	return runtime.GOMAXPROCS(0)
}

// Alone does something on one processor. The runtime's sweeping yields after each piece, which with two of them wakes a thread each time
// that takes the goroutine over.
func Alone(do func()) {
	before := runtime.GOMAXPROCS(1)
	do()
	runtime.GOMAXPROCS(before)
}
