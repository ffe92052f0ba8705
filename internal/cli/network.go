package cli

import (
	"errors"
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/network"
)

func (c *call) networkConnectCommand() *command {
	o := &engine.EndpointOptions{}
	var opts, aliases, links, local []string
	var priority int64
	return &command{
		name: "network connect", args: "[OPTIONS] NETWORK CONTAINER", short: "Connect a container to a network", min: 2, max: 2,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.List(&aliases, "alias", 0, nil, "Add network-scoped alias for the container"),
			option.List(&opts, "driver-opt", 0, checkPair, "driver options for the network"),
			option.Int(&priority, "gw-priority", 0, "Highest gw-priority provides the default gateway. Accepts positive and negative values."),
			option.String(&o.IPv4, "ip", 0, "IPv4 address (e.g., \"172.30.100.104\")"),
			option.String(&o.IPv6, "ip6", 0, "IPv6 address (e.g., \"2001:db8::33\")"),
			option.List(&links, "link", 0, nil, "Add link to another container"),
			option.List(&local, "link-local-ip", 0, nil, "Add a link-local address for the container"),
		}},
		run: func(args []string) int {
			o.Network, o.Links, o.GwPriority = args[0], links, int(priority)
			o.Aliases, o.LinkLocal, o.DriverOpts = commas(aliases), commas(local), engine.Pairs(commas(opts))
			if err := c.engine().NetworkConnect(args[1], o); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) networkDisconnectCommand() *command {
	var force bool
	return &command{
		name: "network disconnect", args: "[OPTIONS] NETWORK CONTAINER", short: "Disconnect a container from a network", min: 2, max: 2,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&force, "force", 'f', "Force the container to disconnect from a network"),
		}},
		run: func(args []string) int {
			if err := c.engine().NetworkDisconnect(args[1], args[0], force); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) networkInspectCommand() *command {
	var format string
	var verbose bool
	return &command{
		name: "network inspect", args: "[OPTIONS] NETWORK [NETWORK...]", short: "Display detailed information on one or more networks", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 'f', formatHelp),
			option.Bool(&verbose, "verbose", 'v', "Verbose output for diagnostics: a local network has no more than is shown anyway"),
		}},
		run: func(args []string) int { return c.inspect(args, "network", format, false) },
	}
}

func (c *call) networkRmCommand() *command {
	var force bool
	return &command{
		name: "network rm", alias: []string{"network remove"}, args: "NETWORK [NETWORK...]", short: "Remove one or more networks", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&force, "force", 'f', "Do not error if the network does not exist"),
		}},
		run: func(args []string) int {
			return c.each(args, func(name string) (string, error) {
				err := c.engine().NetworkRemove(name)
				var missing *network.NotFound
				if force && errors.As(err, &missing) {
					return "", nil
				}
				return name + "\n", err
			}, false)
		},
	}
}

func (c *call) networkPruneCommand() *command {
	var filters engine.Filters
	var force bool
	return &command{
		name: "network prune", args: "[OPTIONS]", short: "Remove all unused networks",
		options: option.Set{Interspersed: true, Options: []option.Option{
			pruneFilter(&filters),
			option.Bool(&force, "force", 'f', "Do not prompt for confirmation"),
		}},
		run: func([]string) int {
			if !force && !c.confirm("WARNING! This will remove all custom networks not used by at least one container.") {
				return 0
			}
			removed, err := c.engine().NetworkPrune(filters)
			if len(removed) > 0 {
				c.print("Deleted Networks:\n" + strings.Join(removed, "\n") + "\n\n")
			}
			if err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

// networkRow is a row of network ls; its fields and the method Label are docker's.
type networkRow struct {
	CreatedAt, Driver, ID, IPv4, IPv6, Internal, Labels, Name, Scope string

	labels map[string]string
}

// Label returns one label's value.
func (r networkRow) Label(name string) string { return r.labels[name] }

func (c *call) networkLsCommand() *command {
	var filters engine.Filters
	var format string
	var noTrunc, quiet bool
	return &command{
		name: "network ls", alias: []string{"network list"}, args: "[OPTIONS]", short: "List networks",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Filter(&filters, "Provide filter values (e.g. \"driver=bridge\")"),
			option.String(&format, "format", 0, formatHelp),
			option.Bool(&noTrunc, "no-trunc", 0, "Do not truncate the output"),
			option.Bool(&quiet, "quiet", 'q', "Only display network IDs"),
		}},
		run: func([]string) int {
			all, err := c.engine().Networks(filters)
			if err != nil {
				return c.fail(err)
			}
			if quiet && format == "" {
				format = "{{.ID}}"
			}
			l := &listing{
				headers: [][2]string{
					{"ID", "NETWORK ID"}, {"Name", "NAME"}, {"Driver", "DRIVER"}, {"Scope", "SCOPE"}, {"IPv4", "IPV4"}, {"IPv6", "IPV6"},
					{"Internal", "INTERNAL"}, {"Labels", "LABELS"}, {"CreatedAt", "CREATED AT"},
				},
				table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
			}
			for _, n := range all {
				r := networkRow{
					CreatedAt: n.Created.Format("2006-01-02 15:04:05.999999999 -0700 MST"), Driver: n.Driver, ID: n.ID, Internal: strconv.FormatBool(n.Internal),
					IPv4: strconv.FormatBool(n.IPv4), IPv6: strconv.FormatBool(n.IPv6), Labels: joinLabels(n.Labels), Name: n.Name, Scope: "local", labels: n.Labels,
				}
				if !noTrunc {
					r.ID = r.ID[:12]
				}
				l.rows = append(l.rows, r)
			}
			return c.list(format, l)
		},
	}
}
