package cli

import (
	"bufio"
	"os"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// swarm is why there are no cluster volumes.
const swarm = "cluster volumes belong to swarm, which bantam is not part of"

func (c *call) volumeCreateCommand() *command {
	var o engine.VolumeOptions
	var labels, opts []string
	return &command{
		name: "volume create", args: "[OPTIONS] [VOLUME]", short: "Create a volume", max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.Driver, "driver", 'd', "Specify volume driver name (default \"local\")"),
			option.List(&labels, "label", 0, engine.CheckLabel, "Set metadata for a volume"),
			option.List(&opts, "opt", 'o', checkPair, "Set driver specific options: type, device, o"),
			refused("availability", "string", "Cluster Volume availability", swarm),
			refused("group", "string", "Cluster Volume group (cluster volumes)", swarm),
			refused("limit-bytes", "bytes", "Minimum size of the Cluster Volume in bytes", swarm),
			refused("required-bytes", "bytes", "Maximum size of the Cluster Volume in bytes", swarm),
			refused("scope", "string", "Cluster Volume access scope", swarm),
			refused("secret", "map", "Cluster Volume secrets", swarm),
			refused("sharing", "string", "Cluster Volume access sharing", swarm),
			refused("topology-preferred", "list", "A topology that the Cluster Volume would be preferred in", swarm),
			refused("topology-required", "list", "A topology that the Cluster Volume must be accessible from", swarm),
			refused("type", "string", "Cluster Volume access type", swarm),
		}},
		run: func(args []string) int {
			if len(args) == 1 {
				o.Name = args[0]
			}
			o.Labels, o.Options = engine.Pairs(labels), engine.Pairs(opts)
			v, err := c.engine().VolumeCreate(&o)
			if err != nil {
				return c.fail(err)
			}
			c.print(v.Name + "\n")
			return 0
		},
	}
}

func (c *call) volumeInspectCommand() *command {
	var format string
	return &command{
		name: "volume inspect", args: "[OPTIONS] VOLUME [VOLUME...]", short: "Display detailed information on one or more volumes", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{option.String(&format, "format", 'f', formatHelp)}},
		run:     func(args []string) int { return c.inspect(args, "volume", format, false) },
	}
}

func (c *call) volumeRmCommand() *command {
	var force bool
	return &command{
		name: "volume rm", alias: []string{"volume remove"}, args: "[OPTIONS] VOLUME [VOLUME...]", min: 1, max: -1,
		short: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&force, "force", 'f', "Force the removal of one or more volumes"),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				return name + "\n", c.engine().VolumeRemove(name, force)
			}, false)
		},
	}
}

func (c *call) volumeLsCommand() *command {
	var filters engine.Filters
	var format string
	var quiet bool
	return &command{
		name: "volume ls", alias: []string{"volume list"}, args: "[OPTIONS]", short: "List volumes",
		options: option.Set{Interspersed: true, Options: []option.Option{
			refused("cluster", "", "Display only cluster volumes", swarm),
			option.Filter(&filters, "Provide filter values (e.g. \"dangling=true\")"),
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&quiet, "quiet", 'q', "Only display volume names"),
		}},
		run: func([]string) int {
			list, err := c.engine().Volumes(filters)
			if err != nil {
				return c.fail(err)
			}
			if quiet && format == "" {
				format = "{{.Name}}"
			}
			l := &listing{
				headers: [][2]string{
					{"Name", "VOLUME NAME"}, {"Driver", "DRIVER"}, {"Scope", "SCOPE"}, {"Mountpoint", "MOUNTPOINT"}, {"Labels", "LABELS"},
					{"Links", "LINKS"}, {"Size", "SIZE"}, {"Group", "GROUP"}, {"Availability", "AVAILABILITY"}, {"Status", "STATUS"},
				},
				table: "{{.Driver}}\t{{.Name}}",
			}
			for _, v := range list {
				l.rows = append(l.rows, volumeRow{
					Availability: "N/A", Driver: v.Driver, Group: "N/A", Labels: joinLabels(v.Labels), Links: "N/A",
					Mountpoint: v.Mountpoint, Name: v.Name, Scope: v.Scope, Size: "N/A", Status: "N/A", labels: v.Labels,
				})
			}
			return c.list(format, l)
		},
	}
}

// volumeRow is a row of volume ls; its fields and the method Label are docker's.
type volumeRow struct {
	Availability, Driver, Group, Labels, Links, Mountpoint, Name, Scope, Size, Status string

	labels map[string]string
}

// Label returns one label's value.
func (r volumeRow) Label(name string) string { return r.labels[name] }

func (c *call) volumePruneCommand() *command {
	var filters engine.Filters
	var all, force bool
	return &command{
		name: "volume prune", args: "[OPTIONS]", short: "Remove unused local volumes",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&all, "all", 'a', "Remove all unused volumes, not just anonymous ones"),
			pruneFilter(&filters),
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
		}},
		run: func([]string) int {
			what := "anonymous local"
			if all {
				what = "all local"
				_ = filters.Add("all=true")
			}
			if !force && !c.confirm("WARNING! This will remove "+what+" volumes not used by at least one container.") {
				return 0 // as docker does
			}
			p, err := c.engine().VolumePrune(filters)
			if err != nil {
				return c.fail(err)
			}
			if len(p.Names) > 0 {
				c.print("Deleted Volumes:\n" + strings.Join(p.Names, "\n") + "\n\n")
			}
			c.print("Total reclaimed space: " + engine.Size(p.Space) + "\n")
			return 0
		},
	}
}

// pruneFilter is prune's --filter, which has no short form.
func pruneFilter(to *engine.Filters) option.Option {
	o := option.Filter(to, "Provide filter values (e.g. \"label=<label>\")")
	o.Short = 0
	return o
}

// confirm asks as docker does; anything but y or yes is no.
func (c *call) confirm(warning string) bool {
	c.print(warning + "\nAre you sure you want to continue? [y/N] ")
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// checkPair wants KEY=VALUE.
func checkPair(v string) error {
	if key, _, ok := strings.Cut(v, "="); !ok || key == "" {
		return &pairError{v}
	}
	return nil
}

type pairError struct{ text string }

func (e *pairError) Error() string { return "invalid value '" + e.text + "': must be KEY=VALUE" }
