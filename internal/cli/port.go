package cli

import (
	"net"
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) portCommand() *command {
	return &command{
		name: "port", alias: []string{"container port"}, args: "CONTAINER [PRIVATE_PORT[/PROTO]]", min: 1, max: 2,
		short: "List port mappings or a specific mapping for the container", options: option.Set{Interspersed: true},
		run: func(args []string) int {
			port := strings.Join(args[1:], "")
			list, err := c.engine().PublishedPorts(args[0], port)
			if err != nil {
				return c.fail(err)
			}
			for _, p := range list {
				line := net.JoinHostPort(p.HostIP, strconv.Itoa(p.Host)) + "\n"
				if port == "" {
					line = strconv.Itoa(p.Container) + "/" + p.Proto + " -> " + line
				}
				c.print(line)
			}
			return 0
		},
	}
}

// portsText is docker's column PORTS. Neighbouring ports that differ in nothing else are
// told as a range.
func portsText(ports []engine.Port) string {
	var parts []string
	for i := 0; i < len(ports); {
		n := 1
		for i+n < len(ports) && follows(ports[i+n-1], ports[i+n]) {
			n++
		}
		parts = append(parts, portText(ports[i], ports[i+n-1]))
		i += n
	}
	return strings.Join(parts, ", ")
}

func follows(a, b engine.Port) bool {
	return a.Proto == b.Proto && a.HostIP == b.HostIP && b.Container == a.Container+1 && (a.Host == 0 && b.Host == 0 || a.Host != 0 && b.Host == a.Host+1)
}

func portText(first, last engine.Port) string {
	span := func(a, b int) string {
		if a == b {
			return strconv.Itoa(a)
		}
		return strconv.Itoa(a) + "-" + strconv.Itoa(b)
	}
	text := span(first.Container, last.Container) + "/" + first.Proto
	if first.Host == 0 {
		return text
	}
	ip := first.HostIP
	if strings.Contains(ip, ":") {
		ip = "[" + ip + "]"
	}
	return ip + ":" + span(first.Host, last.Host) + "->" + text
}
