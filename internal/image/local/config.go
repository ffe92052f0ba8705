package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"bantam/internal/image/digest"
)

const (
	maxConfig = 4 << 20 // bytes of a configuration, the limit of registries and other engines
	maxLayers = 499     // and the base: overlayfs takes 500 lower folders (fs/overlayfs, OVL_MAX_STACK)
)

// Config is the part of an OCI image configuration that Bantam uses (image-spec, config.md).
type Config struct {
	Created      time.Time `json:"created"`
	Author       string    `json:"author,omitempty"`
	Architecture string    `json:"architecture"`
	OS           string    `json:"os"`
	Variant      string    `json:"variant,omitempty"`
	Config       Process   `json:"config"`
	RootFS       struct {
		Type    string          `json:"type"`
		DiffIDs []digest.Digest `json:"diff_ids"`
	} `json:"rootfs"`
	History []History `json:"history,omitempty"`
}

// Process is what a container inherits.
type Process struct {
	User         string              `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Volumes      map[string]struct{} `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
	Healthcheck  *Healthcheck        `json:",omitempty"`
	OnBuild      []string            `json:",omitempty"`
}

// Healthcheck is docker's extension (moby, docker-image-spec): Test is NONE alone, or
// CMD and a program with its arguments, or CMD-SHELL and a line for the shell.
type Healthcheck struct {
	Test          []string      `json:",omitempty"`
	Interval      time.Duration `json:",omitempty"`
	Timeout       time.Duration `json:",omitempty"`
	StartPeriod   time.Duration `json:",omitempty"`
	StartInterval time.Duration `json:",omitempty"`
	Retries       int           `json:",omitempty"`
}

// History is one step that made the image.
type History struct {
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by,omitempty"`
	Author    string    `json:"author,omitempty"`
	Comment   string    `json:"comment,omitempty"`
	// EmptyLayer says that the step made no layer.
	EmptyLayer bool `json:"empty_layer,omitempty"`
}

// decode reads a configuration. Its diff ids become paths, so each is checked.
func decode(b []byte) (Config, error) {
	var c Config
	if len(b) > maxConfig {
		return c, errors.New("the configuration is larger than 4 MiB")
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("the configuration is not JSON as the image specification has it: %w", err)
	}
	if c.RootFS.Type != "layers" {
		return c, fmt.Errorf("rootfs.type is %q: want layers", c.RootFS.Type)
	}
	if n := len(c.RootFS.DiffIDs); n > maxLayers {
		return c, errors.New("it has " + strconv.Itoa(n) + " layers: overlayfs takes " + strconv.Itoa(maxLayers) + " and the base")
	}
	for i, d := range c.RootFS.DiffIDs {
		if _, err := digest.Parse(d.String()); err != nil {
			return c, fmt.Errorf("rootfs.diff_ids[%d] %q: %w", i, d, err)
		}
	}
	return c, nil
}

// DiffIDs reads a configuration and returns the layers that it names.
func DiffIDs(config []byte) ([]digest.Digest, error) {
	c, err := decode(config)
	return c.RootFS.DiffIDs, err
}
