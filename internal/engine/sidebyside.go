package engine

import (
	"errors"
	"sync"
)

// enough is how many calls are worth another goroutine.
const enough = 32

// sideBySide calls do for 0 to n-1, in as many rows as there are CPUs, and returns all errors.
func sideBySide(n int, do func(i int) error) error {
	return inRows(n, func() func(i int) error { return do })
}

// inRows is sideBySide where each row has something of its own: newRow makes what the row calls.
func inRows(n int, newRow func() func(i int) error) error {
	rows := max(1, min(cpus(), n/enough))
	errs := make([]error, rows)
	var all sync.WaitGroup
	for row := range rows {
		all.Go(func() {
			do := newRow()
			for i := row; i < n && errs[row] == nil; i += rows {
				errs[row] = do(i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
