// Bantam is the command line of the container engine: docker's verbs, no daemon.
package main

import (
	"os"

	"bantam/internal/cli"
	"bantam/internal/linux/selfexe"
)

// Set by the linker: see Makefile.
var version, commit = "dev", "unknown"

func main() {
	selfexe.Clean()
	os.Exit(cli.Main(os.Args[1:], version, commit))
}
