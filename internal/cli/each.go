package cli

import (
	"errors"

	"bantam/internal/container/folder"
	"bantam/internal/image/local"
)

func isNotFound(err error) bool {
	var container *folder.NotFound
	var image *local.NotFound
	return errors.As(err, &container) || errors.As(err, &image)
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

// together does something with all arguments at the same time and tells the results in
// their order.
func (c *call) together(args []string, do func(string) (string, error)) int {
	type result struct {
		out string
		err error
	}
	results := make([]chan result, len(args))
	for i, a := range args {
		results[i] = make(chan result, 1)
		go func() {
			out, err := do(a)
			results[i] <- result{out, err}
		}()
	}
	code := 0
	for _, done := range results {
		r := <-done
		if r.err != nil {
			code = c.fail(r.err)
			continue
		}
		c.print(r.out)
	}
	return code
}
