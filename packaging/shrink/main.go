// Shrink makes a stripped Go program smaller by what it needs only to print a stack
// trace:
//
//	go build -overlay $(go run ./packaging/shrink -overlay FOLDER) ...
//	go run ./packaging/shrink PROGRAM...
//	go build -overlay $(go run ./packaging/shrink -starts FOLDER) ...
//
// The last is for a program that only starts faster (edits.go: starts).
//
// The linker's -s -w leaves the names of all functions and files, and for each function
// which instruction belongs to which file and line: a seventh of the program box, which no
// user ever sees. A program that crashes still says why and prints the addresses, which
// `go tool addr2line` understands with the program as the linker leaves it without -s -w: the
// first line of `make -n box` so changed. `make box SHRINK=` is a box that prints names.
//
// Of the table .gopclntab (cmd/link/internal/ld/pcln.go, runtime/symtab.go) stays what
// the runtime works with: frame sizes, stack maps, unsafe points, bounds of panics. It is made
// anew at the end of its room and the runtime's record of its tables is changed accordingly; the
// pages before it are cut out of the file, and the program header maps zeroes in their place,
// so that nothing else changes its address.
//
// What the table says of each function has a form of its own (edits.go), a fourth of the
// linker's. So the first command edits the runtime's source, in copies that -overlay puts in the
// places of GOROOT's, and both refuse to work with a toolchain that is not as expected. A program
// of which only one half was done ends with "invalid function symbol table".
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shrink:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	if len(args) == 2 && (args[0] == "-overlay" || args[0] == "-starts") {
		edits := starts
		if args[0] == "-overlay" {
			edits = slices.Concat(starts, tables)
		}
		path, err := overlay(args[1], edits)
		if err == nil {
			fmt.Println(path)
		}
		return err
	}
	for _, path := range args {
		if err := shrink(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
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
