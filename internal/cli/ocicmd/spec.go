package ocicmd

import (
	"errors"
	"os"
	"runtime"

	"bantam/internal/container/features"
	"bantam/internal/linux/cgroup"
	"bantam/internal/oci"
)

func specCommand() command {
	return command{
		name: "spec", about: "write a config.json to begin with", max: 0,
		make: func() (*flags, func(*call, []string) error) {
			bundle, rootless := "", false
			set := &flags{list: []flag{
				text(&bundle, "bundle", "b", "DIR", "folder to write it to"),
				boolean(&rootless, "rootless", "", "for a user without privilege"),
			}}
			return set, func(*call, []string) error { return writeSpec(bundle, rootless) }
		},
	}
}

func writeSpec(bundle string, rootless bool) error {
	path := "config.json"
	if bundle != "" {
		path = bundle + "/" + path
	}
	var user *oci.Rootless
	if rootless {
		user = &oci.Rootless{UID: os.Geteuid(), GID: os.Getegid()}
	}
	mode, err := cgroup.Detect()
	if err != nil {
		mode = cgroup.V1 // a spec needs no cgroups
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return errors.New("file " + path + " exists: remove it first")
	}
	if err != nil {
		return err
	}
	_, err = f.Write(append(oci.DefaultSpec(user, mode == cgroup.V2), '\n'))
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func featuresCommand() command {
	return command{
		name: "features", about: "print what the runtime implements", max: 0,
		make: func() (*flags, func(*call, []string) error) {
			return &flags{}, func(c *call, _ []string) error {
				_, err := c.stdout.Write(features.Document(features.Runtime{Version: c.build.version, Commit: c.build.commit, GOARCH: runtime.GOARCH}))
				return err
			}
		},
	}
}
