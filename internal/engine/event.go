package engine

import (
	"time"

	"bantam/internal/container/event"
	"bantam/internal/container/folder"
	"bantam/internal/image/reference"
)

// event tells whoever listens that something has happened. What has happened stays so if
// it can't be told (a full disk), so that is no failure of the verb.
func (e *Engine) event(kind, action, id string, attributes map[string]string) {
	if _, err := e.containers(); err == nil { // makes the root absolute
		_ = event.Append(e.Root, &event.Event{Time: time.Now(), Type: kind, Action: action, ID: id, Attributes: attributes})
	}
}

// containerEvent is event for a container; more are further attributes, name and value in turn.
func (e *Engine) containerEvent(r *folder.Record, action string, more ...string) {
	e.event("container", action, r.ID, r.EventAttributes(more...))
}

// imageEvent is event for an image. docker's name attribute is what the user called it by.
func (e *Engine) imageEvent(action, id, name string, labels map[string]string) {
	attributes := map[string]string{"name": name}
	for k, v := range labels {
		attributes[k] = v
	}
	e.event("image", action, id, attributes)
}

// tagEvent is the event of an image that got a name, if it did.
func (e *Engine) tagEvent(id string, ref *reference.Reference, labels map[string]string) {
	if ref != nil {
		e.imageEvent("tag", id, ref.Tagged().Familiar(), labels)
	}
}
