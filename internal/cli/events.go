package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) eventsCommand() *command {
	var o engine.EventsOptions
	var since, until, format string
	return &command{
		name: "events", alias: []string{"system events"}, args: "[OPTIONS]", short: "Get real time events from the server",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Filter(&o.Filters, "Filter output based on conditions provided"),
			option.String(&format, "format", 0, "Format output using a custom template: 'json' or a Go template"),
			option.String(&since, "since", 0, "Show all events created since timestamp"),
			option.String(&until, "until", 0, "Stream events until this timestamp"),
		}},
		run: func([]string) int {
			show, err := c.eventPrinter(format)
			if err != nil {
				return c.fail(err)
			}
			for text, to := range map[string]*time.Time{since: &o.Since, until: &o.Until} {
				if text == "" {
					continue
				}
				if *to, err = engine.ParseTime(text, time.Now()); err != nil {
					return c.fail(err)
				}
			}
			if err := c.engine().Events(context.Background(), &o, show); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

// eventPrinter prints each event in the given form.
func (c *call) eventPrinter(format string) (func(*engine.Event) error, error) {
	switch format {
	case "":
		return func(m *engine.Event) error { return c.write(eventLine(m)) }, nil
	case "json":
		return func(m *engine.Event) error {
			b, err := plainJSON(m)
			if err != nil {
				return err
			}
			return c.write(string(b) + "\n")
		}, nil
	}
	t, err := template.New("").Funcs(templateFuncs()).Parse(unescape(format))
	if err != nil {
		return nil, &templateError{err}
	}
	return func(m *engine.Event) error {
		var b strings.Builder
		if err := t.Execute(&b, m); err != nil {
			return err
		}
		return c.write(b.String() + "\n")
	}, nil
}

// eventLine is docker's text of an event.
func eventLine(m *engine.Event) string {
	s := time.Unix(0, m.TimeNano).Format("2006-01-02T15:04:05.000000000Z07:00") + " " + m.Type + " " + m.Action + " " + m.Actor.ID
	if len(m.Actor.Attributes) > 0 {
		var list []string
		for _, k := range slices.Sorted(maps.Keys(m.Actor.Attributes)) {
			list = append(list, k+"="+m.Actor.Attributes[k])
		}
		s += " (" + strings.Join(list, ", ") + ")"
	}
	return s + "\n"
}
