//go:build !tls

package wget

import (
	"io"
	"syscall"
)

// encrypts says that https isn't in this build.
const encrypts = false

func secure(*wget, *link, string) (io.ReadWriteCloser, error) { return nil, syscall.ENOSYS }
