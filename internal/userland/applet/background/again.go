package background

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// mark is the variable of the environment by which the new process knows itself. Its value
// is what was handed over.
const mark = "BOX_BACKGROUND="

// Inherited says whether this process is the one in the background, and what was
// handed over to it. It takes the mark out of the environment.
func Inherited(c *applet.Call) (state string, yes bool) {
	var rest []string
	for _, v := range c.Environ() {
		if value, found := strings.CutPrefix(v, mark); found {
			state, yes = value, true
			continue
		}
		rest = append(rest, v)
	}
	if yes {
		c.SetEnviron(rest)
	}
	return state, yes
}

// Again starts this very applet again with the same arguments in a session of its own,
// with /dev/null for its standard files and the descriptors given as 3 and so on: what
// Inherited tells it of is state.
func Again(c *applet.Call, args []string, state string, files ...int) (pid int, err error) {
	null, err := applet.OpenFile("/dev/null", syscall.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(null)
	env := append(append([]string(nil), c.Environ()...), mark+state)
	return detach(applet.Self, append([]string{c.Name}, args...), env, append([]int{null, null, null}, files...)...)
}
