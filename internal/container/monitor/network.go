package monitor

import (
	"cmp"

	"bantam/internal/container/connect"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/launch"
	"bantam/internal/network"
)

// connect connects the container to its networks, beside the child's own work. A state that says
// that it is connected is one of a monitor that was killed.
func (m *monitor) connect(pid int) (err error) {
	host := connect.On(m.job.Root)
	if len(m.state.Networks) > 0 {
		_ = host.Clear(m.record.ID, nil, m.state.Networks) // a plugin's trouble shows when it connects again
		m.state.Networks = nil
	}
	if m.net, err = host.Start(m.record, pid); err != nil {
		if err == connect.ErrDied {
			err = launch.ErrDied
		}
		return err
	}
	m.state.Networks = m.net.Endpoints()
	return nil
}

// disconnect takes back what connect made.
func (m *monitor) disconnect() {
	var err error
	if m.net == nil && len(m.state.Networks) > 0 { // its end was not seen
		err = connect.On(m.job.Root).Clear(m.record.ID, nil, m.state.Networks)
	}
	if err = cmp.Or(err, m.net.Stop()); err != nil {
		m.state.Error = err.Error()
	}
	m.net = nil
	if len(m.state.Networks) == 0 {
		return
	}
	for i := range m.state.Networks {
		m.networkEvent("disconnect", &m.state.Networks[i])
	}
	m.state.Networks = nil
	if !m.record.Host.AutoRemove {
		if err := m.folder.WriteState(m.state, false); err != nil {
			m.note(err.Error())
		}
	}
}

// reconnect holds the ports of a container whose monitor was killed.
func (m *monitor) reconnect() {
	var err error
	if m.net, err = connect.On(m.job.Root).Adopt(m.record, m.state); err != nil {
		m.note("take over: " + err.Error())
	}
}

func (m *monitor) networkEvent(action string, e *network.Endpoint) {
	m.tellEvent("network", action, e.Network, map[string]string{"container": m.record.ID, "name": e.NetworkName, "type": e.Driver})
}

// changeNetwork connects the container to one more network, or disconnects it from one.
func (m *monitor) changeNetwork(body []byte) error {
	r, err := wire.DecodeNetwork(body)
	if err != nil {
		return err
	}
	had := m.state.Networks
	action := "connect"
	if r.Leave {
		action, err = "disconnect", m.net.Leave(r.Network)
	} else {
		err = m.net.Join(m.state.Pid, r.Attachment)
	}
	if err != nil {
		return err
	}
	m.state.Networks = m.net.Endpoints()
	if err = m.folder.WriteState(m.state, false); err == nil {
		err = m.net.Publish()
	}
	if err == nil {
		err = m.nameFiles(m.state.Pid)
	}
	for _, e := range append(had, m.state.Networks...) {
		if e.Network == r.Network {
			m.networkEvent(action, &e)
			break
		}
	}
	return err
}

// tellNetwork answers the command that asked for a change.
func (m *monitor) tellNetwork(c *client, err error) {
	if err == nil {
		m.tell(c, wire.KindNetwork, nil)
		return
	}
	m.tell(c, wire.KindFailed, append([]byte{1}, err.Error()...))
}
