package monitor

import (
	"strconv"
	"time"

	"bantam/internal/container/event"
	"bantam/internal/container/folder"
	"bantam/internal/volume"
)

// event tells whoever listens what became of the container; more are attributes, name and
// value in turn. A log that can't be written must not disturb the container.
func (m *monitor) event(action string, more ...string) {
	r := m.fresh()
	m.tellEvent("container", action, r.ID, r.EventAttributes(more...))
}

func (m *monitor) tellEvent(kind, action, id string, attributes map[string]string) {
	_ = event.Append(m.job.Root, &event.Event{Time: time.Now(), Type: kind, Action: action, ID: id, Attributes: attributes})
}

// eventDied tells of the container's end as the state has it.
func (m *monitor) eventDied() {
	m.volumeEvents("unmount")
	m.event("die", "execDuration", strconv.Itoa(int(time.Since(m.begun).Seconds())), "exitCode", strconv.Itoa(m.state.ExitCode))
}

// volumeEvents tells that the container's volumes are mounted or no longer are.
func (m *monitor) volumeEvents(action string) {
	for i := range m.record.Mounts {
		v := &m.record.Mounts[i]
		if v.Type != "volume" {
			continue
		}
		a := map[string]string{"container": m.record.ID, "driver": volume.Driver}
		if action == "mount" {
			a["destination"], a["propagation"], a["read/write"] = v.Destination, v.Propagation, strconv.FormatBool(!v.ReadOnly)
		}
		_ = event.Append(m.job.Root, &event.Event{Time: time.Now(), Type: "volume", Action: action, ID: v.Name, Attributes: a})
	}
}

// fresh is the record as it stands now: the container may have been renamed or updated.
func (m *monitor) fresh() *folder.Record {
	if r, err := m.folder.ReadRecord(); err == nil {
		return r
	}
	return m.record
}
