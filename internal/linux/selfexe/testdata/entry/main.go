// Entry says what the entry point that it is linked with has made of its start: the processors of the Go runtime,
// the page size (it is in the auxiliary vector behind the environment), the arguments, and the environment after Clean;
// for "slack" its timer slack.
package main

import (
	"fmt"
	"os"
	"runtime"

	"bantam/internal/linux/selfexe"

	"golang.org/x/sys/unix"
)

func main() {
	before := os.Getenv("GOMAXPROCS")
	selfexe.Clean()
	if len(os.Args) > 1 && os.Args[1] == "slack" {
		slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		fmt.Println(slack, err)
		return
	}
	fmt.Printf("%d %q %d %q %q\n", runtime.GOMAXPROCS(0), before, os.Getpagesize(), os.Args[1:], os.Environ())
}
