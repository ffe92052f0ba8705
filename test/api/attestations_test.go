package api

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/client"
)

// The statements about an image that a build has made are told by moby's own client, without and with their text.
func TestAttestations(t *testing.T) {
	s := start(t)
	c, ctx := s.client(), patient(t)
	tar := filepath.Join(s.dir, "attested.tar")
	bantam := func(input string, args ...string) {
		t.Helper()
		cmd := exec.Command(s.bantam, append([]string{"--root", s.dir + "/root"}, args...)...)
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	bantam("FROM box\nLABEL kind=attested\n", "build", "--sbom=true", "--provenance=mode=max", "-t", "attested", "-o", "type=oci,dest="+tar, "-")
	bantam("", "load", "-i", tar)

	all := must[client.ImageAttestationsResult](t)(c.ImageAttestations(ctx, "attested"))
	if len(all.Items) != 2 {
		t.Fatalf("%+v", all.Items)
	}
	for _, a := range all.Items {
		if a.Descriptor.MediaType != "application/vnd.in-toto+json" || a.Descriptor.Size == 0 || a.Statement != nil {
			t.Errorf("%+v", a)
		}
	}
	const slsa = "https://slsa.dev/provenance/v1"
	one := must[client.ImageAttestationsResult](t)(c.ImageAttestations(ctx, "attested", client.ImageAttestationsWithPredicateTypes(slsa), client.ImageAttestationsWithStatement()))
	if len(one.Items) != 1 || one.Items[0].PredicateType != slsa || one.Items[0].Statement == nil {
		t.Fatalf("%+v", one.Items)
	}
	var statement struct {
		PredicateType string `json:"predicateType"`
	}
	if err := json.Unmarshal(*one.Items[0].Statement, &statement); err != nil || statement.PredicateType != slsa {
		t.Errorf("%s: %v", *one.Items[0].Statement, err)
	}
	if none := must[client.ImageAttestationsResult](t)(c.ImageAttestations(ctx, "box")); len(none.Items) != 0 {
		t.Errorf("of box: %+v", none.Items)
	}
	if _, err := c.ImageAttestations(ctx, "nosuch"); err == nil || !strings.Contains(err.Error(), "No such image: nosuch") {
		t.Errorf("of none: %v", err)
	}
}
