package monitor

import (
	"bantam/internal/container/names"
)

// nameFiles brings hosts and resolver up to what the container is connected to now: at its start
// and after each change.
func (m *monitor) nameFiles(pid int) (err error) {
	if len(m.state.Networks) == 0 && m.names == nil {
		return nil
	}
	r := m.fresh() // connect and disconnect change it
	if err := names.Write(m.store, r, m.state.Networks); err != nil {
		return err
	}
	if m.names == nil {
		m.names, err = names.Listen(m.store, r, m.state.Networks, pid)
		return err
	}
	m.names.Update(r, m.state.Networks)
	return nil
}

// closeNames ends the resolver with its container.
func (m *monitor) closeNames() {
	m.names.Close()
	m.names = nil
}
