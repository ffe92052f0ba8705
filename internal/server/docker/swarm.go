package docker

import "net/http"

// docker's answers of an engine that is in no swarm and has no plugins.

func swarmRoutes() []route {
	inactive := func(*call) error {
		return &statusError{http.StatusServiceUnavailable, "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."}
	}
	unsupported := func(*call) error {
		return &statusError{http.StatusNotImplemented, "Bantam is an engine of one machine: it forms no swarm"}
	}
	list := []route{
		{"POST", "/swarm/init", unsupported},
		{"POST", "/swarm/join", unsupported},
		{"POST", "/swarm/leave", inactive},
		{"GET", "/swarm", inactive},
		{"POST", "/swarm/update", inactive},
		{"GET", "/swarm/unlockkey", inactive},
		{"POST", "/swarm/unlock", inactive},
		{"GET", "/tasks", inactive},
		{"GET", "/tasks/{id}", inactive},
		{"GET", "/tasks/{id}/logs", inactive},
	}
	for _, kind := range [...]string{"/nodes", "/services", "/secrets", "/configs"} {
		list = append(list,
			route{"GET", kind, inactive}, route{"GET", kind + "/{id}", inactive}, route{"DELETE", kind + "/{id}", inactive},
			route{"POST", kind + "/{id}/update", inactive}, route{"POST", kind + "/create", inactive})
	}
	list = append(list, route{"GET", "/services/{id}/logs", inactive})
	return append(list, pluginRoutes()...)
}

func pluginRoutes() []route {
	missing := func(c *call) error {
		return &statusError{http.StatusNotFound, "plugin \"" + c.name() + "\" not found"}
	}
	unsupported := func(*call) error {
		return &statusError{http.StatusNotImplemented, "Bantam has no plugins: volumes, networks and log drivers are its own"}
	}
	empty := func(c *call) error { return c.reply(http.StatusOK, []struct{}{}) }
	list := []route{
		{"GET", "/plugins", empty},
		{"GET", "/plugins/privileges", unsupported},
		{"POST", "/plugins/pull", unsupported},
		{"POST", "/plugins/create", unsupported},
		{"GET", "/plugins/{name*}/json", missing},
		{"DELETE", "/plugins/{name*}", missing},
	}
	for _, verb := range [...]string{"enable", "disable", "push", "upgrade", "set"} {
		list = append(list, route{"POST", "/plugins/{name*}/" + verb, missing})
	}
	return list
}
