package cli

import (
	_ "embed"

	"bantam/internal/cli/option"
)

// The shells' own part asks `bantam __complete WORDS...` for everything.
var (
	//go:embed completion/bash
	bashCompletion string
	//go:embed completion/zsh
	zshCompletion string
	//go:embed completion/fish
	fishCompletion string
)

func (c *call) completionCommand() *command {
	return &command{
		name: "completion", args: "bash|zsh|fish", short: "Print the completion script of a shell", min: 1, max: 1,
		long:    "source <(bantam completion bash) tries it out; the script's first line says where it is kept. Names of\ncontainers and images are completed, too.",
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			switch args[0] {
			case "bash":
				c.print(bashCompletion)
			case "zsh":
				c.print(zshCompletion)
			case "fish":
				c.print(fishCompletion)
			default:
				c.complain("bantam: no completion for the shell " + args[0] + ": there is one for bash, zsh and fish")
				return 1
			}
			return 0
		},
	}
}
