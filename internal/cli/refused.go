package cli

import (
	"errors"
	"strconv"

	"bantam/internal/cli/option"
)

// refusedOptions are docker's options of run and create that no Linux machine, or no engine without a
// daemon, can do. Each says so; the value that means what happens anyway is taken.
func refusedOptions() []option.Option {
	windows := "is only supported where containers are Windows ones"
	return []option.Option{
		refused("cpu-count", "int", "CPU count (Windows only)", windows),
		refused("cpu-percent", "int", "CPU percent (Windows only)", windows),
		refused("io-maxbandwidth", "bytes", "Maximum IO bandwidth limit for the system drive (Windows only)", windows),
		refused("io-maxiops", "uint", "Maximum IOps limit for the system drive (Windows only)", windows),
		refused("kernel-memory", "bytes", "Kernel memory limit", "the kernel has no limit of its own for that any more: use --memory, which counts it"),
		refused("storage-opt", "list", "Storage driver options for the container", "--storage-opt is supported only for overlay over xfs with 'pquota' mount option, which bantam does not use: put a limit on a --tmpfs or a volume"),
		refused("use-api-socket", "", "Bind mount the API socket", "there is no daemon whose socket it could be: run bantamd and mount its socket with --volume", "false"),
		refused("isolation", "string", "Container isolation technology", "Linux has one isolation technology only: default", "default", ""),
		noTrust(),
	}
}

// noTrust is docker's switch of content trust, which is off unless one asks for it.
func noTrust() option.Option {
	return option.Option{Name: "disable-content-trust", Help: "Skip image verification (default true)", Set: func(v string) error {
		if skip, err := strconv.ParseBool(v); err != nil || skip {
			return err
		}
		return errors.New("docker's content trust (notary) is not there: name the image by its digest")
	}}
}

// refused is an option that takes none but the given values.
func refused(name, kind, help, why string, but ...string) option.Option {
	return option.Option{Name: name, Type: kind, Help: help, Set: func(v string) error {
		for _, b := range but {
			if v == b {
				return nil
			}
		}
		return errors.New(why)
	}}
}
