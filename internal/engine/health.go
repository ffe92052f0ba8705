package engine

import (
	"errors"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/image/local"
)

// HealthOptions are docker's --health-* options.
type HealthOptions struct {
	Disable                                       bool // --no-healthcheck
	Cmd                                           string
	Test                                          []string // instead of Cmd, in docker's form: CMD or CMD-SHELL and more
	Interval, Timeout, StartPeriod, StartInterval time.Duration
	Retries                                       int64
}

// healthcheck lays the options over the image's health check; nil is none.
func (o *HealthOptions) healthcheck(image *local.Healthcheck) (*folder.Healthcheck, error) {
	given := o.Cmd != "" || o.Interval|o.Timeout|o.StartPeriod|o.StartInterval != 0 || o.Retries != 0
	if o.Disable {
		if given {
			return nil, errors.New("--no-healthcheck conflicts with --health-* options")
		}
		return &folder.Healthcheck{Test: []string{"NONE"}}, nil
	}
	for name, d := range map[string]time.Duration{"interval": o.Interval, "timeout": o.Timeout, "start-period": o.StartPeriod, "start-interval": o.StartInterval} {
		if d < 0 || d > 0 && d < time.Millisecond {
			return nil, errors.New("--health-" + name + " cannot be negative, and cannot be less than 1ms")
		}
	}
	if o.Retries < 0 {
		return nil, errors.New("--health-retries cannot be negative")
	}
	h := folder.Healthcheck{}
	if image != nil {
		h = folder.Healthcheck{
			Test: image.Test, Interval: int64(image.Interval), Timeout: int64(image.Timeout),
			StartPeriod: int64(image.StartPeriod), StartInterval: int64(image.StartInterval), Retries: image.Retries,
		}
	}
	if len(o.Test) > 0 {
		h.Test = o.Test
	}
	if o.Cmd != "" {
		h.Test = []string{"CMD-SHELL", o.Cmd}
	}
	for to, d := range map[*int64]time.Duration{&h.Interval: o.Interval, &h.Timeout: o.Timeout, &h.StartPeriod: o.StartPeriod, &h.StartInterval: o.StartInterval} {
		if d != 0 {
			*to = int64(d)
		}
	}
	if o.Retries != 0 {
		h.Retries = int(o.Retries)
	}
	if len(h.Test) == 0 || h.Test[0] == "" {
		return nil, nil
	}
	return &h, nil
}
