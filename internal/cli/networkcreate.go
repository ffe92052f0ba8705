package cli

import (
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// networkFlags are network create's options as they are given.
type networkFlags struct {
	engine.NetworkCreateOptions
	ipv4                             bool
	labels, opts                     []string
	subnets, ranges, gateways, hosts []string
}

func (c *call) networkCreateCommand() *command {
	o := &networkFlags{ipv4: true}
	onlySwarm := "is for swarm, which bantam is not part of"
	return &command{
		name: "network create", args: "[OPTIONS] NETWORK", short: "Create a network", min: 1, max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Attachable, "attachable", 0, "Enable manual container attachment"),
			option.List(&o.hosts, "aux-address", 0, checkPair, "Auxiliary IPv4 or IPv6 addresses used by Network driver"),
			refused("config-from", "string", "The network from which to copy the configuration", "--config-from "+onlySwarm),
			refused("config-only", "", "Create a configuration only network", "--config-only "+onlySwarm, "false"),
			option.String(&o.Driver, "driver", 'd', "Driver to manage the Network: bridge, macvlan, ipvlan (default \"bridge\")"),
			option.List(&o.gateways, "gateway", 0, nil, "IPv4 or IPv6 Gateway for the master subnet"),
			refused("ingress", "", "Create swarm routing-mesh network", "--ingress "+onlySwarm, "false"),
			option.Bool(&o.Internal, "internal", 0, "Restrict external access to the network"),
			option.List(&o.ranges, "ip-range", 0, nil, "Allocate container ip from a sub-range"),
			option.String(&o.IPAMDriver, "ipam-driver", 0, "IP Address Management Driver: default or null"),
			refused("ipam-opt", "map", "Set IPAM driver specific options", "the IPAM drivers default and null have no options"),
			option.Bool(&o.ipv4, "ipv4", 0, "Enable or disable IPv4 address assignment (default true)"),
			option.Bool(&o.IPv6, "ipv6", 0, "Enable or disable IPv6 address assignment"),
			option.List(&o.labels, "label", 0, engine.CheckLabel, "Set metadata on a network"),
			option.List(&o.opts, "opt", 'o', checkPair, "Set driver specific options"),
			refused("scope", "string", "Control the network's scope", "only the scope local is there", "local", ""),
			option.List(&o.subnets, "subnet", 0, nil, "Subnet in CIDR format that represents a network segment"),
		}},
		run: func(args []string) int {
			o.Name, o.NoIPv4 = args[0], !o.ipv4
			o.Options, o.Labels = engine.Pairs(o.opts), engine.Pairs(o.labels)
			var err error
			if o.Pools, err = engine.Pools(commas(o.subnets), commas(o.ranges), commas(o.gateways), engine.Pairs(commas(o.hosts))); err != nil {
				return c.fail(err)
			}
			id, err := c.engine().NetworkCreate(&o.NetworkCreateOptions)
			if err != nil {
				return c.fail(err)
			}
			c.print(id + "\n")
			return 0
		},
	}
}

// commas takes values that are given one by one or with commas between.
func commas(given []string) (all []string) {
	for _, g := range given {
		all = append(all, strings.Split(g, ",")...)
	}
	return all
}
