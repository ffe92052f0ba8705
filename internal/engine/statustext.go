package engine

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"
)

// CommandLine quotes arguments with blanks, as docker does.
func (c *Container) CommandLine() string {
	path := c.Path
	for _, a := range c.Args {
		if strings.Contains(a, " ") {
			a = "'" + a + "'"
		}
		path += " " + a
	}
	return path
}

// Word is docker's word for how the container fares.
func (c *Container) Word() string {
	if c.Paused {
		return "paused"
	}
	return string(c.State.Status)
}

// Text is docker's text for how the container fares and since when.
func (c *Container) Text() string {
	switch c.State.Status {
	case folder.Running:
		text := "Up " + Duration(time.Since(c.Started))
		switch {
		case c.Paused:
			text += " (Paused)"
		case c.Health != nil && c.Health.Status == "starting":
			text += " (health: starting)"
		case c.Health != nil:
			text += " (" + c.Health.Status + ")"
		}
		return text
	case folder.Restarting:
		return "Restarting (" + strconv.Itoa(c.ExitCode) + ") " + Ago(c.Finished)
	case folder.Exited:
		return "Exited (" + strconv.Itoa(c.ExitCode) + ") " + Ago(c.Finished)
	}
	return "Created"
}

// Ago is docker's text for a time that has passed.
func Ago(t time.Time) string { return Duration(time.Since(t)) + " ago" }

// Duration says it in docker's words.
func Duration(d time.Duration) string {
	seconds, minutes, hours := int(d.Seconds()), int(d.Minutes()), int(d.Hours()+0.5)
	n := strconv.Itoa
	switch {
	case seconds < 1:
		return "Less than a second"
	case seconds == 1:
		return "1 second"
	case seconds < 60:
		return n(seconds) + " seconds"
	case minutes == 1:
		return "About a minute"
	case minutes < 60:
		return n(minutes) + " minutes"
	case hours == 1:
		return "About an hour"
	case hours < 48:
		return n(hours) + " hours"
	case hours < 24*7*2:
		return n(hours/24) + " days"
	case hours < 24*30*2:
		return n(hours/24/7) + " weeks"
	case hours < 24*365*2:
		return n(hours/24/30) + " months"
	}
	return n(int(d.Hours())/24/365) + " years"
}
