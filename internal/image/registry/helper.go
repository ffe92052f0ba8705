package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// A credential helper is a program docker-credential-NAME with the actions get, store
// and erase; it is told a server on standard input (docker/docker-credential-helpers).

type helperEntry struct {
	ServerURL string
	Username  string
	Secret    string
}

// tokenUser is the user name that marks a secret as an identity token.
const tokenUser = "<token>"

// errNoCredentials is a helper's word for nothing.
const errNoCredentials = "credentials not found in native keychain"

func (c *Credentials) fromHelper(helper, domain string) (*Credential, error) {
	out, err := c.run(helper, "get", key(domain))
	if err != nil {
		if strings.Contains(err.Error(), errNoCredentials) {
			return nil, nil
		}
		return nil, err
	}
	var e helperEntry
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		return nil, fmt.Errorf("docker-credential-%s get: the answer is not JSON: %w", helper, err)
	}
	switch {
	case e.Username == tokenUser:
		return &Credential{IdentityToken: e.Secret}, nil
	case e.Username == "" && e.Secret == "":
		return nil, nil
	}
	return &Credential{Username: e.Username, Password: e.Secret}, nil
}

func (c *Credentials) toHelper(helper, domain string, cred *Credential) error {
	e := helperEntry{ServerURL: key(domain), Username: cred.Username, Secret: cred.Password}
	if cred.IdentityToken != "" {
		e.Username, e.Secret = tokenUser, cred.IdentityToken
	}
	b, err := json.Marshal(e)
	if err == nil {
		_, err = c.run(helper, "store", string(b))
	}
	return err
}

func (c *Credentials) eraseHelper(helper, domain string) error {
	_, err := c.run(helper, "erase", key(domain))
	return err
}

func (c *Credentials) run(helper, action, input string) (string, error) {
	if helper == "" || strings.ContainsAny(helper, "/\x00") {
		return "", fmt.Errorf("%s: %q is no name of a credential helper", c.Path, helper)
	}
	if c.Helper != nil {
		return c.Helper(helper, action, input)
	}
	program := "docker-credential-" + helper
	cmd := exec.Command(program, action)
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	said := strings.TrimSpace(out.String()) // where helpers say what is wrong
	if said == "" {
		said = strings.TrimSpace(errs.String())
	}
	if said == "" {
		said = err.Error()
	}
	return "", errors.New(program + " " + action + ": " + printable(said))
}
