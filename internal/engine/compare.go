package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"bantam/internal/container/compare"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Comparison is what docker and bantam make of the same options.
type Comparison struct {
	Docker      *compare.Docker      `json:"docker"`
	Differences []compare.Difference `json:"differences"`
	// Theirs and Ours are the OCI specs.
	Theirs *specs.Spec `json:"dockerSpec"`
	Ours   *specs.Spec `json:"bantamSpec"`
}

// CompareRun compares what Run would make with what docker would.
func (e *Engine) CompareRun(o *RunOptions) (*Comparison, error) {
	d, err := e.drafted(o)
	if err != nil {
		return nil, err
	}
	return d.compare(e.Root)
}

// CompareContainer does so for a container that there is.
func (e *Engine) CompareContainer(name string) (*Comparison, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	d, err := c.draft()
	if err != nil {
		return nil, err
	}
	return d.compare(e.Root)
}

func (d *draft) compare(root string) (*Comparison, error) {
	docker, err := theDocker()
	if err != nil {
		return nil, err
	}
	ours, err := d.spec()
	if err != nil {
		return nil, err
	}
	theirs, err := d.spec()
	if err != nil {
		return nil, err
	}
	s := compare.Subject{Record: d.record, Docker: docker, Root: root, Ours: ours, Theirs: theirs}
	return &Comparison{Docker: docker, Differences: s.Differences(), Theirs: theirs, Ours: ours}, nil
}

// theDocker is the dockerd that answers here, else docker as it comes.
func theDocker() (*compare.Docker, error) {
	_, err := os.Stat("/run/systemd/system") // sd_booted(3)
	stock := compare.Stock(err == nil, cgroupV2())
	path, err := dockerSocket()
	if err != nil {
		return stock, nil // it is another machine's
	}
	if v, err := get(path, "/version"); err != nil || v == nil || isBantamd(v) {
		return stock, nil
	}
	info, err := get(path, "/info")
	if err != nil || info == nil {
		return stock, err
	}
	return compare.Running(info)
}

// JSON writes all of it.
func (c *Comparison) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// Text writes the differences for people.
func (c *Comparison) Text(w io.Writer) {
	fmt.Fprintf(w, "Compared with %s:\n", c.Docker)
	for _, d := range c.Differences {
		fmt.Fprintf(w, "\n%s\n  docker   %s\n  bantam   %s\n  because  %s\n", d.Topic, d.Docker, d.Bantam, d.Because)
	}
}
