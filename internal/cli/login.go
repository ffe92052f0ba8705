package cli

import (
	"bufio"
	"io"
	"os"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
	"bantam/internal/image/remote"

	"golang.org/x/sys/unix"
)

func (c *call) loginCommand() *command {
	var a remote.Access
	var user, password string
	var stdin bool
	return &command{
		name: "login", args: "[OPTIONS] [SERVER]", short: "Authenticate to a registry", max: 1, heavy: true,
		long: "Defaults to Docker Hub if no server is specified. What docker has been told is used, too: both read and write its config.json, with its credential helpers.",
		options: option.Set{Interspersed: true, Options: sorted(append(accessOptions(&a),
			option.String(&password, "password", 'p', "Password"),
			option.Bool(&stdin, "password-stdin", 0, "Take the password from stdin"),
			option.String(&user, "username", 'u', "Username"),
		))},
		run: func(args []string) int {
			switch {
			case password != "" && stdin:
				c.complain("--password and --password-stdin are mutually exclusive")
				return 1
			case stdin && user == "":
				c.complain("Must provide --username with --password-stdin")
				return 1
			case password != "":
				c.complain("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
			case stdin:
				b, err := io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
				if err != nil {
					return c.fail(err)
				}
				password = strings.TrimRight(string(b), "\r\n")
			}
			return c.login(strings.Join(args, ""), &a, user, password)
		},
	}
}

func (c *call) login(server string, a *remote.Access, user, password string) int {
	domain, err := engine.RegistryDomain(server)
	if err != nil {
		return c.fail(err)
	}
	e := c.engine()
	if user == "" && password == "" {
		if a.Credential, err = e.Credential(domain); err != nil {
			return c.fail(err)
		}
	}
	if a.Credential != nil {
		c.print("Authenticating with existing credentials...\n")
	} else if a.Credential, err = c.ask(user, password); err != nil {
		return c.fail(err)
	}
	ctx, stop := untilInterrupt()
	defer stop()
	file, err := e.Login(ctx, domain, *a)
	if err != nil {
		return c.fail(err)
	}
	if file != "" {
		c.complain("\nWARNING! Your credentials are stored unencrypted in '" + file + "'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n")
	}
	c.print("Login Succeeded\n")
	return 0
}

// errNoTerminalForLogin is docker's.
var errNoTerminalForLogin = &option.UsageError{Text: "cannot perform an interactive login from a non-TTY device"}

// ask asks for what was not given, at a terminal.
func (c *call) ask(user, password string) (*remote.Credential, error) {
	if user != "" && password != "" {
		return &remote.Credential{Username: user, Password: password}, nil
	}
	old, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return nil, errNoTerminalForLogin
	}
	in := bufio.NewReader(os.Stdin)
	if user == "" {
		c.print("Username: ")
		if user, err = in.ReadString('\n'); err != nil {
			return nil, err
		}
		user = strings.TrimSpace(user)
	}
	if password == "" {
		quiet := *old
		quiet.Lflag &^= unix.ECHO
		_ = unix.IoctlSetTermios(0, unix.TCSETS, &quiet)
		c.print("Password: ")
		password, err = in.ReadString('\n')
		_ = unix.IoctlSetTermios(0, unix.TCSETS, old)
		c.print("\n")
		if err != nil {
			return nil, err
		}
		password = strings.TrimRight(password, "\r\n")
	}
	if user == "" || password == "" {
		return nil, &option.UsageError{Text: "username and password are required"}
	}
	return &remote.Credential{Username: user, Password: password}, nil
}

func (c *call) logoutCommand() *command {
	return &command{
		name: "logout", args: "[SERVER]", short: "Log out from a registry", max: 1, heavy: true,
		long:    "If no server is specified, Docker Hub is logged out of.",
		options: option.Set{Interspersed: true},
		run: func(args []string) int {
			domain, err := engine.RegistryDomain(strings.Join(args, ""))
			if err != nil {
				return c.fail(err)
			}
			had, err := c.engine().Logout(domain)
			if err != nil {
				return c.fail(err)
			}
			if domain == "docker.io" {
				domain = "https://index.docker.io/v1/"
			}
			if had {
				c.print("Removing login credentials for " + domain + "\n")
			} else {
				c.print("Not logged in to " + domain + "\n")
			}
			return 0
		},
	}
}
