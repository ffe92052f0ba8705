package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

// buildCommand is docker build: its options are those of buildx and of the classic builder.
func (c *call) buildCommand() *command {
	o := &engine.BuildOptions{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	var check bool
	cmd := &command{
		name: "build", alias: []string{"image build", "builder build", "buildx build"}, args: "[OPTIONS] PATH | URL | -",
		short: "Build an image from a Dockerfile", min: 1, max: 1, heavy: true,
		options: option.Set{Interspersed: true, Options: sorted(slices.Concat(buildFileOptions(o, &check), buildResultOptions(o), buildStepOptions(o), buildRefused()))},
	}
	cmd.run = func(args []string) int {
		o.Context = args[0]
		if check {
			o.Call = "check"
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		if err := c.heavy.Builder.Build(ctx, c.engine(), o); err != nil {
			c.complain("ERROR: " + err.Error())
			return 1
		}
		return 0
	}
	return cmd
}

// buildFileOptions say what is built.
func buildFileOptions(o *engine.BuildOptions, check *bool) []option.Option {
	return []option.Option{
		option.List(&o.Args, "build-arg", 0, nil, "Set build-time variables"),
		option.List(&o.Contexts, "build-context", 0, nil, "Additional build contexts (e.g., name=path)"),
		option.String(&o.Call, "call", 0, `Set method for evaluating build ("check", "outline", "targets")`),
		option.Bool(check, "check", 0, `Shorthand for "--call=check"`),
		option.String(&o.File, "file", 'f', `Name of the Dockerfile (default: "PATH/Dockerfile")`),
		option.String(&o.Target, "target", 0, "Set the target build stage to build"),
		option.List(&o.Platforms, "platform", 0, nil, "Set target platform for build"),
		option.Bool(&o.NoCache, "no-cache", 0, "Do not use cache when building the image"),
		option.List(&o.NoCacheFilter, "no-cache-filter", 0, nil, "Do not cache specified stages"),
		option.List(&o.CacheFrom, "cache-from", 0, nil, `External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")`),
		option.List(&o.CacheTo, "cache-to", 0, nil, `Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")`),
		option.Bool(&o.Pull, "pull", 0, "Always attempt to pull all referenced images"),
		option.List(&o.Secrets, "secret", 0, nil, `Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")`),
		option.List(&o.SSH, "ssh", 0, nil, `SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>]")`),
	}
}

// buildResultOptions say what becomes of it.
func buildResultOptions(o *engine.BuildOptions) []option.Option {
	return []option.Option{
		option.List(&o.Annotations, "annotation", 0, nil, "Add annotation to the image"),
		option.List(&o.Attest, "attest", 0, nil, `Attestation parameters (format: "type=sbom,generator=image")`),
		option.String(&o.IIDFile, "iidfile", 0, "Write the image ID to a file"),
		option.List(&o.Labels, "label", 0, nil, "Set metadata for an image"),
		option.Bool(&o.Load, "load", 0, `Shorthand for "--output=type=docker"`),
		option.String(&o.MetadataFile, "metadata-file", 0, "Write build result metadata to a file"),
		option.List(&o.Outputs, "output", 'o', nil, `Output destination (format: "type=local,dest=path")`),
		option.String(&o.Progress, "progress", 0, `Set type of progress output ("auto", "json", "none", "plain", "quiet", "rawjson", which is json, "tty"). Use plain to show container output (default "auto")`),
		option.String(&o.Provenance, "provenance", 0, `Shorthand for "--attest=type=provenance"`),
		option.Bool(&o.Push, "push", 0, `Shorthand for "--output=type=registry"`),
		option.Bool(&o.Quiet, "quiet", 'q', "Suppress the build output and print image ID on success"),
		option.String(&o.SBOM, "sbom", 0, `Shorthand for "--attest=type=sbom"`),
		option.List(&o.Tags, "tag", 't', nil, `Image identifier (format: "[registry/]repository[:tag]")`),
	}
}

// buildStepOptions are about the containers of RUN.
func buildStepOptions(o *engine.BuildOptions) []option.Option {
	l := &o.Limits
	return []option.Option{
		option.List(&o.AddHosts, "add-host", 0, nil, `Add a custom host-to-IP mapping (format: "host:ip")`),
		option.List(&o.Allow, "allow", 0, nil, `Allow extra privileged entitlement (e.g., "network.host", "security.insecure")`),
		option.String(&o.CgroupParent, "cgroup-parent", 0, `Set the parent cgroup for the "RUN" instructions during build`),
		option.Int(&l.CPUPeriod, "cpu-period", 0, "Limit the CPU CFS (Completely Fair Scheduler) period"),
		option.Int(&l.CPUQuota, "cpu-quota", 0, "Limit the CPU CFS (Completely Fair Scheduler) quota"),
		option.Int(&l.CPUShares, "cpu-shares", 'c', "CPU shares (relative weight)"),
		option.String(&l.CPUSet, "cpuset-cpus", 0, "CPUs in which to allow execution (0-3, 0,1)"),
		option.String(&l.MemSet, "cpuset-mems", 0, "MEMs in which to allow execution (0-3, 0,1)"),
		option.Bytes(&l.Memory, "memory", 'm', "Memory limit"),
		option.String(&l.MemorySwap, "memory-swap", 0, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
		option.String(&o.Network, "network", 0, `Set the networking mode for the "RUN" instructions during build (default "default")`),
		option.String(&o.OnError, "on-error", 0, `What to do when a step fails: "shell" opens one where it was`),
		option.List(&o.SecurityOpt, "security-opt", 0, nil, "Security options"),
		option.Bytes(&o.ShmSize, "shm-size", 0, "Shared memory size for build containers"),
		option.List(&l.Ulimits, "ulimit", 0, nil, "Ulimit options"),
	}
}

// buildRefused are the classic builder's options that have no meaning here, or another one.
func buildRefused() []option.Option {
	return []option.Option{
		refused("compress", "", "Compress the build context using gzip", "there is no daemon that the context would be sent to", "false"),
		refused("force-rm", "", "Always remove intermediate containers", "the containers of steps are always removed", "true"),
		refused("rm", "", "Remove intermediate containers after a successful build (default true)", "the containers of steps are always removed", "true"),
		refused("squash", "", "Squash newly built layers into a single new layer", "use a last stage of FROM scratch and COPY --from=STAGE / /", "false"),
		refused("isolation", "string", "Container isolation technology", "Linux has one isolation technology only: default", "default", ""),
		noTrust(),
	}
}
