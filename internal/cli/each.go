package cli

import (
	"errors"

	"bantam/internal/container/folder"
)

func isNotFound(err error) bool {
	var nf *folder.NotFound
	return errors.As(err, &nf)
}

// each does something with every argument, as docker does: a failure is told and
// the rest is done nevertheless. lenient: what is not there is no failure.
func (c *call) each(args []string, do func(string) (string, error), lenient bool) int {
	code := 0
	for _, a := range args {
		out, err := do(a)
		if err == nil {
			c.print(out)
			continue
		}
		n := c.fail(err)
		if !lenient || !isNotFound(err) {
			code = n
		}
	}
	return code
}
