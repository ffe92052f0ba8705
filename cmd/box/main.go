// Box will be the userland: applets, a shell and an init in one program, the
// content of the built-in base image. It has no applets yet and says that.
package main

import "os"

// Set by the linker: see Makefile.
var version = "dev"

const text = `
It will be the userland of Bantam's base image: applets, a shell and an init in one program. It has no applets yet.
`

func main() {
	if len(os.Args) == 2 && (os.Args[1] == "--version" || os.Args[1] == "--help") {
		os.Stdout.WriteString("box " + version + text)
		return
	}
	os.Stderr.WriteString("box " + version + text)
	os.Exit(1)
}
