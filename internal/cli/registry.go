package cli

import (
	"fmt"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/remote"
)

// registryCommands are the verbs about registries that have a group's name.
func (c *call) registryCommands() []func() *command {
	return []func() *command{
		c.registryServeCommand,
		c.registryCollectCommand,
		c.manifestInspectCommand,
		c.manifestCreateCommand,
		c.manifestAnnotateCommand,
		c.manifestPushCommand,
		c.manifestRmCommand,
	}
}

func (c *call) registryServeCommand() *command {
	o := remote.Serve{Address: "127.0.0.1:5000"}
	var quiet bool
	return &command{
		name: "registry serve", args: "[OPTIONS]", short: "Serve a registry (OCI distribution 1.1) until it is stopped", heavy: true,
		long: "What is pushed is kept in the image store, each blob once, and what a pull brings is not sent twice. Without --htpasswd everybody who reaches the address may push.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.Address, "address", 'a', "Where to listen, HOST:PORT (default 127.0.0.1:5000)"),
			option.String(&o.Users, "htpasswd", 0, "File of users and passwords, as htpasswd -B writes it"),
			option.Bool(&quiet, "quiet", 'q', "Do not log requests"),
			option.Bool(&o.ReadOnly, "read-only", 0, "Refuse pushes and deletions"),
			option.Bool(&o.Sparse, "sparse", 0, "Accept manifests that refer to what is not there"),
			option.String(&o.Cert, "tls-cert", 0, "File of the certificate, for TLS"),
			option.String(&o.Key, "tls-key", 0, "File of the certificate's key"),
		}},
		run: func([]string) int {
			if (o.Cert == "") != (o.Key == "") {
				return c.fail(&option.UsageError{Text: "--tls-cert and --tls-key go together"})
			}
			o.Ready = func(address string) { c.print("listening on " + address + "\n") }
			if !quiet {
				o.Log = c.complain
			}
			ctx, stop := untilInterrupt()
			defer stop()
			if err := c.engine().ServeRegistry(ctx, &o); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) registryCollectCommand() *command {
	o := remote.CollectRegistry{Age: time.Hour}
	return &command{
		name: "registry gc", args: "[OPTIONS]", short: "Remove what no manifest of the served repositories refers to", heavy: true,
		long: "It may run while the registry serves.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Duration(&o.Age, "age", "Leave alone what was pushed or asked for since (default 1h)"),
			option.Bool(&o.Untagged, "untagged", 0, "Remove manifests that no tag leads to, too"),
		}},
		run: func([]string) int {
			forgotten, gone, err := c.engine().CollectRegistry(&o)
			if err != nil {
				return c.fail(err)
			}
			c.print(fmt.Sprintf("Forgot %d repositories, %d manifests, %d blobs, %d uploads\nTotal reclaimed space: %s\n",
				forgotten.Repositories, forgotten.Manifests, forgotten.Blobs, forgotten.Uploads, engine.HumanSize(gone.Bytes)))
			return 0
		},
	}
}
