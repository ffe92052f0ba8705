// Shrink makes a stripped Go program smaller by what it needs only to print a stack
// trace:
//
//	go run ./packaging/shrink PROGRAM...
//
// The linker's -s -w leaves the names of all functions and files, and for each function
// which instruction belongs to which file and line: a seventh of the program box, which no
// user ever sees. A program that crashes still says why and prints the addresses, which
// `go tool addr2line` understands with the program as the linker left it (make SHRINK=).
//
// Of the table .gopclntab (cmd/link/internal/ld/pcln.go, runtime/symtab.go) stays what
// the runtime works with: frame sizes, stack maps, unsafe points, inlining. It is
// packed to the end of its room; the pages before it are cut out of the file, and the
// program header maps zeroes in their place, so that no address changes.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := shrink(path); err != nil {
			fmt.Fprintf(os.Stderr, "shrink: %s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

func shrink(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	small, err := Shrink(b)
	if errors.Is(err, errDone) {
		return nil
	}
	if err != nil {
		return err
	}
	tmp := path + ".small"
	if err := os.WriteFile(tmp, small, info.Mode()); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
