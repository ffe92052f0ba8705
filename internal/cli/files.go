package cli

import (
	"errors"
	"os"

	"bantam/internal/cli/option"
	"bantam/internal/engine"

	"golang.org/x/sys/unix"
)

func (c *call) cpCommand() *command {
	o := &engine.CopyOptions{In: os.Stdin, Out: c.out}
	var quiet bool
	return &command{
		name: "cp", alias: []string{"container cp"}, args: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tbantam cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
		short: "Copy files/folders between a container and the local filesystem", min: 2, max: 2,
		long: "Use '-' as the source to read a tar archive from stdin and extract it to a directory\ndestination in a container. Use '-' as the destination to stream a tar archive of a\ncontainer source to stdout.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Archive, "archive", 'a', "Archive mode (copy all uid/gid information)"),
			option.Bool(&o.FollowLink, "follow-link", 'L', "Always follow symbol link in SRC_PATH"),
			option.Bool(&quiet, "quiet", 'q', "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached"),
		}},
		run: func(args []string) int {
			if args[1] == "-" && isTerminal(1) {
				return c.fail(errors.New("refusing to write a tar archive to the terminal: redirect the output"))
			}
			if err := c.engine().Copy(args[0], args[1], o); err != nil {
				return c.fail(err)
			}
			if !quiet && args[1] != "-" && isTerminal(2) {
				c.complain("Successfully copied to " + args[1])
			}
			return 0
		},
	}
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

func (c *call) diffCommand() *command {
	return &command{
		name: "diff", alias: []string{"container diff"}, args: "CONTAINER", short: "Inspect changes to files or directories on a container's filesystem", min: 1, max: 1,
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			list, err := c.engine().Diff(args[0])
			if err != nil {
				return c.fail(err)
			}
			for _, d := range list {
				c.print(d.Kind + " " + d.Path + "\n")
			}
			return 0
		},
	}
}

func (c *call) exportCommand() *command {
	var output string
	return &command{
		name: "export", alias: []string{"container export"}, args: "[OPTIONS] CONTAINER", short: "Export a container's filesystem as a tar archive", min: 1, max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&output, "output", 'o', "Write to a file, instead of STDOUT"),
		}},
		run: func(args []string) int {
			if output == "" && isTerminal(1) {
				return c.fail(errors.New("cowardly refusing to save to a terminal. Use the -o flag or redirect"))
			}
			if output == "" {
				if err := c.engine().Export(args[0], c.out); err != nil {
					return c.fail(err)
				}
				return 0
			}
			if err := c.engine().ExportFile(args[0], output); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}

func (c *call) commitCommand() *command {
	o := &engine.CommitOptions{}
	pause := true
	return &command{
		name: "commit", alias: []string{"container commit"}, args: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]", short: "Create a new image from a container's changes", min: 1, max: 2,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&o.Author, "author", 'a', "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"),
			option.List(&o.Changes, "change", 'c', nil, "Apply Dockerfile instruction to the created image"),
			option.String(&o.Message, "message", 'm', "Commit message"),
			option.Bool(&pause, "pause", 'p', "Pause container during commit (default true)"),
		}},
		run: func(args []string) int {
			if len(args) > 1 {
				o.Reference = args[1]
			}
			o.NoPause = !pause
			id, err := c.engine().Commit(args[0], o)
			if err != nil {
				return c.fail(err)
			}
			c.print(id + "\n")
			return 0
		},
	}
}
