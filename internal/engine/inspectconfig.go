package engine

import "bantam/internal/container/folder"

// ContainerConfigJSON is docker's Config of a container. Clients count on members that say
// no more than false.
type ContainerConfigJSON struct {
	Hostname     string
	Domainname   string
	User         string
	AttachStdin  bool
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Tty          bool
	OpenStdin    bool
	StdinOnce    bool
	Env          []string
	Cmd          []string
	Healthcheck  any `json:",omitempty"`
	Image        string
	Volumes      map[string]struct{}
	WorkingDir   string
	Entrypoint   []string
	OnBuild      []string
	Labels       map[string]string
	StopSignal   string `json:",omitempty"`
	StopTimeout  *int64 `json:",omitempty"`
}

func containerConfigJSON(c *folder.Config) ContainerConfigJSON {
	v := ContainerConfigJSON{
		Hostname: c.Hostname, Domainname: c.Domainname, StopTimeout: c.StopTimeout, User: c.User, AttachStdin: c.AttachStdin, Tty: c.Tty, OpenStdin: c.OpenStdin, StdinOnce: c.StdinOnce,
		Env: orEmpty(c.Env), Cmd: c.Cmd, Image: c.Image, WorkingDir: c.WorkingDir, Entrypoint: c.Entrypoint,
		Labels: labelsOrEmpty(c.Labels), StopSignal: c.StopSignal,
	}
	for _, p := range c.ExposedPorts {
		if v.ExposedPorts == nil {
			v.ExposedPorts = map[string]struct{}{}
		}
		v.ExposedPorts[p] = struct{}{}
	}
	if c.Healthcheck != nil {
		v.Healthcheck = c.Healthcheck
	}
	for _, place := range c.Volumes {
		if v.Volumes == nil {
			v.Volumes = map[string]struct{}{}
		}
		v.Volumes[place] = struct{}{}
	}
	return v
}

// WeightJSON is docker's WeightDevice.
type WeightJSON struct {
	Path   string
	Weight int64
}

// RestartPolicyJSON is docker's RestartPolicy.
type RestartPolicyJSON struct {
	Name              string
	MaximumRetryCount int
}

// LogConfigJSON is docker's LogConfig.
type LogConfigJSON struct {
	Type   string
	Config map[string]string
}
