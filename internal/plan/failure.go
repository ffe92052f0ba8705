package plan

import (
	"strconv"
	"syscall"
)

// Failure is the text of a step's failure:
// "mount proc on /proc: operation not permitted (step 14 of 63)".
func (p *Plan) Failure(step int, errno syscall.Errno) string {
	return p.Describe(step) + ": " + errno.Error() + " (step " + strconv.Itoa(step+1) + " of " + strconv.Itoa(len(p.Steps)) + ")"
}

// Describe names a step: the verb and its object.
func (p *Plan) Describe(step int) string { return p.Steps[step].Note }
