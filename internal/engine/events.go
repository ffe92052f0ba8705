package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"bantam/internal/container/event"
)

// EventsOptions are those of docker events.
type EventsOptions struct {
	Since   time.Time // zero is now
	Until   time.Time // zero is for ever
	Filters Filters
}

// Event is one event as docker's API has it (Message of its types).
type Event struct {
	Status   string `json:"status,omitempty"` // of containers and images: the action
	ID       string `json:"id,omitempty"`
	From     string `json:"from,omitempty"` // the container's image
	Type     string
	Action   string
	Actor    Actor
	Scope    string `json:"scope,omitempty"`
	Time     int64  `json:"time,omitempty"`
	TimeNano int64  `json:"timeNano,omitempty"`
}

// Actor is whom an event is about.
type Actor struct {
	ID         string
	Attributes map[string]string
}

// eventFilters are docker's; those of swarm never match.
var eventFilters = [...]string{
	"config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service", "type", "volume",
}

// Check refuses filters that are none.
func (o *EventsOptions) Check() error { return o.Filters.Check(eventFilters[:]...) }

// Events gives each every event that the filters let through, until the context ends,
// the time of the options comes, or each returns an error, which Events returns.
func (e *Engine) Events(ctx context.Context, o *EventsOptions, each func(*Event) error) error {
	if err := o.Check(); err != nil {
		return err
	}
	if _, err := e.containers(); err != nil {
		return err
	}
	return event.Read(ctx, e.Root, o.Since, o.Until, func(was *event.Event) error {
		if m := message(was); o.Filters.passes(m) {
			return each(m)
		}
		return nil
	})
}

func message(e *event.Event) *Event {
	m := &Event{
		Type: e.Type, Action: e.Action, Actor: Actor{ID: e.ID, Attributes: e.Attributes},
		Scope: "local", Time: e.Time.Unix(), TimeNano: e.Time.UnixNano(),
	}
	switch e.Type {
	case "container":
		m.Status, m.ID, m.From = e.Action, e.ID, e.Attributes["image"]
	case "image":
		m.Status, m.ID = e.Action, e.ID
	}
	return m
}

// passes applies docker's rules: of one name any value will do, of labels all must be there.
func (f Filters) passes(m *Event) bool {
	return f.Any("event", func(v string) bool { return v == m.Action || strings.HasPrefix(m.Action, v+":") }) &&
		f.Is("type", m.Type) && f.Is("scope", m.Scope) &&
		f.Labels("label", m.Actor.Attributes) &&
		!f.Has("daemon") &&
		f.passesImage(m) &&
		!slices.ContainsFunc([]string{"container", "network", "volume", "plugin", "node", "service", "secret", "config"}, func(kind string) bool { return !f.passesActor(kind, m) })
}

// passesActor wants the beginning of an id or of a name, of an actor of the kind.
func (f Filters) passesActor(kind string, m *Event) bool {
	return f.Any(kind, func(v string) bool {
		return m.Type == kind && (strings.HasPrefix(m.Actor.ID, v) || strings.HasPrefix(m.Actor.Attributes["name"], v))
	})
}

// passesImage wants the image of a container, or the image itself, with or without its tag.
func (f Filters) passesImage(m *Event) bool {
	if !f.Has("image") {
		return true
	}
	name := m.Actor.Attributes["image"]
	if m.Type == "image" {
		name = m.Actor.Attributes["name"]
	}
	return f.Is("image", m.Actor.ID, name, untagged(m.Actor.ID), untagged(name))
}

// untagged takes the tag from an image's name.
func untagged(name string) string {
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		return name[:i]
	}
	return name
}
