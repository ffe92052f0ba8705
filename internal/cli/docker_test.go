package cli

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// others are docker's options that bantam has not, with the reason.
var others = map[string]string{
	"images filter": list, "images tree": list, "rmi no-prune": list,
	"rmi platform": manifests, "image inspect platform": manifests,
}

const (
	list      = "not there yet"
	manifests = "a store keeps one platform of an image"
)

var flag = regexp.MustCompile(`(?m)^ +(?:(-\w), )?--([\w-]+)(?: ([\w-]+))?  +`)

// Every option that docker's own help shows for a verb is one of ours, with the same
// short form, and takes a value if docker's does.
func TestOptionsAreDockers(t *testing.T) {
	docker := testenv.Program(t, "docker")
	c := &call{out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	for _, make := range c.commands() {
		cmd := make()
		help, err := exec.Command(docker, append(strings.Fields(cmd.name), "--help")...).Output()
		if err != nil || !strings.Contains(string(help), "Usage:  docker "+cmd.name) {
			continue // a verb of ours alone
		}
		for _, m := range flag.FindAllStringSubmatch(string(help), -1) {
			short, name, kind := m[1], m[2], m[3]
			if name == "help" || others[cmd.name+" "+name] != "" || others[name] != "" {
				continue
			}
			found := false
			for _, o := range cmd.options.Options {
				if o.Name != name {
					continue
				}
				found = true
				if short != "" && (o.Short == 0 || short[1] != o.Short) {
					t.Errorf("%s --%s: docker's short form is %s", cmd.name, name, short)
				}
				if (kind == "") != (o.Type == "") {
					t.Errorf("%s --%s takes %q, docker's %q", cmd.name, name, o.Type, kind)
				}
			}
			if !found {
				t.Errorf("%s has no --%s", cmd.name, name)
			}
		}
	}
}
