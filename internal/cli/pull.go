package cli

import (
	"context"
	"errors"
	"os/signal"
	"strconv"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"

	"golang.org/x/sys/unix"
)

// accessOptions say how a registry is reached.
func accessOptions(a *remote.Access) []option.Option {
	return []option.Option{
		option.String(&a.CA, "ca", 0, "File of certificates to trust beside the system's"),
		option.Bool(&a.Insecure, "insecure", 0, "Allow a registry without TLS, or with a certificate that can't be verified"),
	}
}

// trustOption is docker's switch for content trust (Notary), which bantam hasn't got.
func trustOption() option.Option {
	return option.Option{Name: "disable-content-trust", Help: "Skip image verification: there is none but that of digests, so false is refused (default true)", Set: func(v string) error {
		skip, err := strconv.ParseBool(v)
		if err == nil && !skip {
			err = errors.New("bantam has no content trust (Notary): name an image by its digest to be sure of it")
		}
		return err
	}}
}

func (c *call) pullCommand() *command {
	var o engine.PullOptions
	var quiet bool
	var mode string
	return &command{
		name: "pull", alias: []string{"image pull"}, args: "[OPTIONS] NAME[:TAG|@DIGEST]", short: "Download an image from a registry", min: 1, max: 1, heavy: true,
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.Bool(&o.AllTags, "all-tags", 'a', "Download all tagged images in the repository"),
			trustOption(),
			option.String(&o.Platform, "platform", 0, "Set platform if server is multi-platform capable"),
			progressOption(&mode),
			option.Bool(&quiet, "quiet", 'q', "Suppress verbose output"),
		))},
		run: func(args []string) int {
			o.Reference = args[0]
			p := newProgress(c.out, mode)
			ref, err := reference.Parse(o.Reference)
			if !quiet {
				if err == nil && ref.Tag == "" && ref.Digest == "" && !o.AllTags {
					p.show(remote.Event{Status: "Using default tag: latest"})
				}
				o.Progress = p.show
			}
			ctx, stop := untilInterrupt()
			defer stop()
			if err := c.engine().Pull(ctx, &o); err != nil {
				return c.fail(err)
			}
			if !o.AllTags {
				ref = ref.Tagged()
			}
			if !p.json {
				c.print(ref.String() + "\n")
			}
			return 0
		},
	}
}

// untilInterrupt ends with the user's patience, so that what was begun is tidied up.
func untilInterrupt() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
}

func (c *call) pushCommand() *command {
	var o engine.PushOptions
	var quiet bool
	var mode string
	return &command{
		name: "push", alias: []string{"image push"}, args: "[OPTIONS] NAME[:TAG]", short: "Upload an image to a registry", min: 1, max: 1, heavy: true,
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&o.Access),
			option.Bool(&o.AllTags, "all-tags", 'a', "Push all tags of an image to the repository"),
			trustOption(),
			option.String(&o.Platform, "platform", 0, "Push a platform-specific manifest as a single-platform image to the registry (os[/arch[/variant]])"),
			progressOption(&mode),
			option.Bool(&quiet, "quiet", 'q', "Suppress verbose output"),
		))},
		run: func(args []string) int {
			o.Reference = args[0]
			p := newProgress(c.out, mode)
			ref, err := reference.Parse(o.Reference)
			if !quiet {
				if err == nil && ref.Tag == "" && ref.Digest == "" && !o.AllTags {
					p.show(remote.Event{Status: "Using default tag: latest"})
				}
				o.Progress = p.show
			}
			ctx, stop := untilInterrupt()
			defer stop()
			if err := c.engine().Push(ctx, &o); err != nil {
				return c.fail(err)
			}
			if !o.AllTags {
				ref = ref.Tagged()
			}
			if quiet {
				c.print(ref.String() + "\n")
			}
			return 0
		},
	}
}
