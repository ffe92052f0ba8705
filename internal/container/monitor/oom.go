package monitor

// watchMemory has the kernel wake the monitor when memory runs out in the container. What happened before counts, too.
func (m *monitor) watchMemory() {
	if m.oom != nil || m.group == nil {
		return
	}
	var err error
	if m.oom, err = m.group.OOM(); err != nil {
		m.oom = nil // no memory controller: the end tells what can be told
		return
	}
	if !m.state.OOM && m.group.ranOutOfMemory() {
		m.ranOut()
	}
}

// mayRunOut says that the container has a limit of its own, or one above it.
func (m *monitor) mayRunOut() bool {
	return m.record.Host.Memory > 0 || m.record.Host.CgroupParent != ""
}

// hearMemory acts on a wake-up of the watch.
func (m *monitor) hearMemory() {
	if out, err := m.oom.News(); out {
		m.ranOut()
	} else if err != nil {
		m.unwatchMemory()
	}
}

func (m *monitor) unwatchMemory() {
	if m.oom != nil {
		m.oom.Close()
		m.oom = nil
	}
}

// ranOut is, as with docker, an event each time and a mark of the container that stays until its next start.
func (m *monitor) ranOut() {
	if !m.state.OOM {
		m.state.OOM = true
		if err := m.folder.WriteState(m.state, false); err != nil {
			m.note("out of memory: " + err.Error())
		}
	}
	m.event("oom")
}

// memoryEnd is the last look: the wake-up may still wait that was about what ended the container.
func (m *monitor) memoryEnd(killed bool) {
	if m.oom != nil {
		m.hearMemory()
		m.unwatchMemory()
	}
	if killed && !m.state.OOM && m.group.ranOutOfMemory() {
		m.state.OOM = true
		m.event("oom")
	}
}
