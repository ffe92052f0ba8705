package engine

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"text/template"
	"time"

	"bantam/internal/container/folder"
)

// LogInfo is what the template of --log-opt tag may ask for: docker's logger.Info.
type LogInfo struct {
	ContainerID, ContainerName, ContainerEntrypoint  string
	ContainerArgs, ContainerEnv                      []string
	ContainerImageID, ContainerImageName, DaemonName string
	ContainerLabels                                  map[string]string
	ContainerCreated                                 time.Time
}

// ID is the short id.
func (i LogInfo) ID() string { return i.ContainerID[:12] }

// FullID is the whole id.
func (i LogInfo) FullID() string { return i.ContainerID }

// Name is the container's name.
func (i LogInfo) Name() string { return strings.TrimPrefix(i.ContainerName, "/") }

// ImageID is the image's short id.
func (i LogInfo) ImageID() string { return i.ContainerImageID[:min(12, len(i.ContainerImageID))] }

// ImageFullID is the image's id.
func (i LogInfo) ImageFullID() string { return i.ContainerImageID }

// ImageName is the image as the user named it.
func (i LogInfo) ImageName() string { return i.ContainerImageName }

// Command is the process with its arguments.
func (i LogInfo) Command() string {
	return strings.Join(append([]string{i.ContainerEntrypoint}, i.ContainerArgs...), " ")
}

// Hostname is the host's name.
func (i LogInfo) Hostname() (string, error) { return os.Hostname() }

// logChoices fills in what tag, labels and env choose, now that the container has its name.
func logChoices(r *folder.Record) (err error) {
	c := &r.Host.LogConfig
	if c.Attrs, err = logAttrs(c.Config, &r.Config); err != nil {
		return err
	}
	text, given := c.Config["tag"]
	switch {
	case c.Type == "syslog" || c.Type == "journald":
		if text == "" {
			text = "{{.ID}}"
		}
	case !given || text == "":
		return nil
	}
	if c.Tag, err = logTag(text, r); err == nil && c.Type == "json-file" {
		if c.Attrs == nil {
			c.Attrs = map[string]string{}
		}
		c.Attrs["tag"] = c.Tag
	}
	return err
}

func logTag(text string, r *folder.Record) (string, error) {
	t, err := template.New("log-tag").Funcs(template.FuncMap{
		"lower": strings.ToLower, "upper": strings.ToUpper, "split": strings.Split, "join": strings.Join,
		"truncate": func(s string, n int) string { return s[:max(0, min(len(s), n))] },
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("failed to parse the log tag: %w", err)
	}
	var b strings.Builder
	err = t.Execute(&b, LogInfo{
		ContainerID: r.ID, ContainerName: "/" + r.Name, ContainerEntrypoint: r.Path, ContainerArgs: r.Args, ContainerEnv: r.Config.Env,
		ContainerImageID: r.Image, ContainerImageName: r.Config.Image, DaemonName: "bantam", ContainerLabels: r.Config.Labels, ContainerCreated: r.Created,
	})
	if err != nil {
		return "", fmt.Errorf("failed to execute the log tag: %w", err)
	}
	return b.String(), nil
}

// logAttrs are the labels and variables that the options choose.
func logAttrs(opts map[string]string, c *folder.Config) (map[string]string, error) {
	var chosen map[string]string
	put := func(k, v string) {
		if chosen == nil {
			chosen = map[string]string{}
		}
		chosen[k] = v
	}
	env := Pairs(c.Env)
	for _, from := range [...]struct {
		option string
		values map[string]string
	}{{"labels", c.Labels}, {"env", env}} {
		for _, key := range strings.Split(opts[from.option], ",") {
			if v, ok := from.values[key]; ok {
				put(key, v)
			}
		}
		pattern := opts[from.option+"-regex"]
		if pattern == "" {
			continue
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("invalid value for %s-regex: %w", from.option, err)
		}
		for k, v := range from.values {
			if re.MatchString(k) {
				put(k, v)
			}
		}
	}
	return chosen, nil
}
