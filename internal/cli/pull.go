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

// transferFlags are the options that pull and push share, and what they print.
type transferFlags struct {
	quiet bool
	mode  string // of the progress
}

func (t *transferFlags) options(own ...option.Option) option.Set {
	return option.Set{Interspersed: true, Options: sorted(append(own, trustOption(), progressOption(&t.mode),
		option.Bool(&t.quiet, "quiet", 'q', "Suppress verbose output")))}
}

// transfer does a pull or a push of what name says, and prints the whole name at the end if named says so.
func (c *call) transfer(t *transferFlags, name string, all bool, named func(*progress) bool, do func(context.Context, func(remote.Event)) error) int {
	p := newProgress(c.out, t.mode)
	ref, err := reference.Parse(name)
	var show func(remote.Event)
	if !t.quiet {
		if err == nil && ref.Tag == "" && ref.Digest == "" && !all {
			p.show(remote.Event{Status: "Using default tag: latest"})
		}
		show = p.show
	}
	ctx, stop := untilInterrupt()
	defer stop()
	if err := do(ctx, show); err != nil {
		return c.fail(err)
	}
	if !all {
		ref = ref.Tagged()
	}
	if named(p) {
		c.print(ref.String() + "\n")
	}
	return 0
}

func (c *call) pullCommand() *command {
	var o engine.PullOptions
	var t transferFlags
	return &command{
		name: "pull", alias: []string{"image pull"}, args: "[OPTIONS] NAME[:TAG|@DIGEST]", short: "Download an image from a registry", min: 1, max: 1, heavy: true,
		options: t.options(append(append(accessOptions(&o.Access), unpackOptions(&o.Limits)...),
			option.Bool(&o.AllPlatforms, "all-platforms", 0, "Download the image for every platform that it is there for"),
			option.Bool(&o.AllTags, "all-tags", 'a', "Download all tagged images in the repository"),
			option.String(&o.Platform, "platform", 0, "Set platform if server is multi-platform capable"),
		)...),
		run: func(args []string) int {
			o.Reference = args[0]
			return c.transfer(&t, o.Reference, o.AllTags, func(p *progress) bool { return !p.json }, func(ctx context.Context, show func(remote.Event)) error {
				o.Progress = show
				return c.engine().Pull(ctx, &o)
			})
		},
	}
}

func (c *call) pushCommand() *command {
	var o engine.PushOptions
	var t transferFlags
	return &command{
		name: "push", alias: []string{"image push"}, args: "[OPTIONS] NAME[:TAG]", short: "Upload an image to a registry", min: 1, max: 1, heavy: true,
		options: t.options(append(accessOptions(&o.Access),
			option.Bool(&o.AllTags, "all-tags", 'a', "Push all tags of an image to the repository"),
			option.String(&o.Platform, "platform", 0, "Push a platform-specific manifest as a single-platform image to the registry (os[/arch[/variant]])"),
		)...),
		run: func(args []string) int {
			o.Reference = args[0]
			return c.transfer(&t, o.Reference, o.AllTags, func(*progress) bool { return t.quiet }, func(ctx context.Context, show func(remote.Event)) error {
				o.Progress = show
				return c.engine().Push(ctx, &o)
			})
		},
	}
}

// untilInterrupt ends with the user's patience, so that what was begun is tidied up.
func untilInterrupt() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
}
