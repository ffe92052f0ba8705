// Bantam-oci is an OCI runtime with runc's command line.
package main

import (
	"os"

	"bantam/internal/cli/ocicmd"
	"bantam/internal/linux/selfexe"
)

// Set by the linker: see Makefile.
var version, commit = "dev", "unknown"

func main() {
	if selfexe.Needed(os.Args[1:]) {
		if err := selfexe.Seal(); err != nil {
			os.Stderr.WriteString("bantam-oci: " + err.Error() + "\n")
			os.Exit(1)
		}
	}
	os.Exit(ocicmd.Main(os.Args[1:], version, commit))
}
