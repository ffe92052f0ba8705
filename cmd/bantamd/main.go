// Bantamd will serve the Docker Engine API on a unix socket, over the same
// engine as the bantam command. It does not do so yet and says that.
package main

import "os"

// Set by the linker: see Makefile.
var version = "dev"

const text = `
It will serve the Docker Engine API, and later the Kubernetes CRI, on a unix socket. There is nothing to serve yet:
use the command bantam, which needs no daemon.
`

func main() {
	if len(os.Args) == 2 && (os.Args[1] == "--version" || os.Args[1] == "--help") {
		os.Stdout.WriteString("bantamd " + version + text)
		return
	}
	os.Stderr.WriteString("bantamd " + version + text)
	os.Exit(1)
}
