package main

import (
	"os"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/server"
)

const usage = `
Usage:  bantamd [OPTIONS]
        bantamd VERB ...        what bantam has no room for: see bantam --help

Serve the Docker Engine API over bantam's containers. They need no server: it can be stopped, killed and
upgraded at any time.

Options:
`

// daemon is a call of bantamd as a server.
type daemon struct {
	root    string
	version bool
	o       server.Options
}

func (d *daemon) options() *option.Set {
	return &option.Set{Options: []option.Option{
		option.Bool(&d.o.InsecureTCP, "allow-root-for-everyone-on-tcp", 0, "Serve TCP without TLS: whoever reaches the port is root on this machine"),
		option.String(&d.o.AuditLog, "audit-log", 0, "File that gets a line of JSON for each request that may change something (- is standard error)"),
		option.String(&d.root, "data-root", 0, "Folder of all state (BANTAM_ROOT; default "+engine.DefaultRoot()+")"),
		option.String(&d.o.Group, "group", 'G', "Group for the unix socket (default \"docker\", where there is one)"),
		option.List(&d.o.Hosts, "host", 'H', nil, "Where to listen: unix://PATH, tcp://HOST:PORT, fd:// (default unix://"+server.DefaultSocket()+")"),
		option.String(&d.o.LogLevel, "log-level", 'l', "debug, info, warn or error (default \"info\")"),
		option.String(&d.o.MetricsAddr, "metrics-addr", 0, "HOST:PORT at which /metrics is served for Prometheus"),
		option.String(&d.o.PIDFile, "pidfile", 'p', "File for the process's number"),
		option.String(&d.root, "root", 0, "The same as --data-root"),
		option.Bool(&d.o.TLS.On, "tls", 0, "Serve TCP over TLS"),
		option.String(&d.o.TLS.CACert, "tlscacert", 0, "Trust client certificates signed by this authority only"),
		option.String(&d.o.TLS.Cert, "tlscert", 0, "TLS certificate file"),
		option.String(&d.o.TLS.Key, "tlskey", 0, "TLS key file"),
		option.Bool(&d.o.TLS.Verify, "tlsverify", 0, "Serve TCP over TLS and want certificates of the clients"),
		option.Bool(&d.version, "version", 'v', "Print version information and quit"),
	}}
}

func (d *daemon) help() string {
	var b strings.Builder
	b.WriteString("bantamd " + version + "\n" + usage)
	d.options().Help(&b)
	return b.String()
}

// serve runs the server and returns its exit code.
func (d *daemon) serve() int {
	h := heavy()
	e := &engine.Engine{Root: d.root, Version: version, Remote: h.Remote}
	if err := server.Run(e, engine.NewVersion(version, commit), h.Builder, &d.o, os.Stdout, os.Stderr); err != nil {
		os.Stderr.WriteString("bantamd: " + err.Error() + "\n")
		return 1
	}
	return 0
}
