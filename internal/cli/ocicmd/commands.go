package ocicmd

import "strconv"

// commands lists the verbs in the order of the help.
func commands() []command {
	return []command{
		createCommand(), startCommand(), runCommand(), stateCommand(), killCommand(), deleteCommand(), execCommand(),
		listCommand(), psCommand(), pauseCommand(), resumeCommand(), updateCommand(), eventsCommand(), specCommand(),
		featuresCommand(), checkpointCommand(), restoreCommand(),
	}
}

func argumentsText(c *command) string {
	switch {
	case c.max < 0:
		return "it needs at least " + countText(c.min)
	case c.min == c.max:
		return "it needs exactly " + countText(c.min)
	}
	return "it needs " + strconv.Itoa(c.min) + " to " + countText(c.max)
}

func countText(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}
