// Bantam-oci is an OCI runtime with runc's command line.
package main

import (
	"os"
	"path/filepath"

	"bantam/internal/cli/ocicmd"
	"bantam/internal/container/monitor"
	"bantam/internal/container/pidone"
	"bantam/internal/linux/selfexe"
)

// Set by the linker: see Makefile.
var version, commit = "dev", "unknown"

func main() {
	selfexe.Clean()
	if filepath.Base(os.Args[0]) == pidone.Name {
		os.Exit(pidone.Main(os.Args[1:])) // process 1 of a container with --init
	}
	if len(os.Args) == 2 && os.Args[1] == "monitor" {
		os.Exit(monitor.Main()) // started by bantam, one for each container
	}
	if selfexe.Needed(os.Args[1:]) {
		if err := selfexe.Seal(); err != nil {
			os.Stderr.WriteString("bantam-oci: " + err.Error() + "\n")
			os.Exit(1)
		}
	}
	os.Exit(ocicmd.Main(os.Args[1:], version, commit))
}
