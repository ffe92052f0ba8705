// Box is the userland: applets, a shell and an init in one program, the content
// of the built-in base image. It is the applet that it is called as. Which applets
// it has is a generated table per profile: table_full.go, table_min.go.
package main

import "os"

//go:generate go -C ../.. run ./internal/userland/generate

// Set by the linker: see Makefile.
var version = "dev"

func main() { os.Exit(table.Main(version, os.Args)) }
