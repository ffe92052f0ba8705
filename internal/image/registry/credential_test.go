package registry

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func credentials(t *testing.T, text string) *Credentials {
	t.Helper()
	c := &Credentials{Path: filepath.Join(t.TempDir(), "docker", "config.json")}
	if text != "" {
		if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestCredentialsInTheFile(t *testing.T) {
	c := credentials(t, `{"HttpHeaders":{"X":"y"},"auths":{"https://old.example/v1/":{"auth":"aGVuOmVnZw=="}},"psFormat":"table"}`)
	if got, err := c.Get("old.example"); err != nil || got == nil || *got != (Credential{Username: "hen", Password: "egg"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Get("new.example"); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, domain := range []string{"docker.io", "new.example:5000"} {
		plain, err := c.Store(domain, &Credential{Username: "a", Password: "p:w"})
		if err != nil || !plain {
			t.Fatal(plain, err)
		}
		if got, err := c.Get(domain); err != nil || got == nil || got.Password != "p:w" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	b, _ := os.ReadFile(c.Path)
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil || string(all["psFormat"]) != `"table"` || !strings.Contains(string(all["auths"]), `"https://index.docker.io/v1/"`) || all["HttpHeaders"] == nil {
		t.Errorf("%s, %v", b, err)
	}
	if info, err := os.Stat(c.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if had, err := c.Erase("docker.io"); err != nil || !had {
		t.Error(had, err)
	}
	if had, err := c.Erase("docker.io"); err != nil || had {
		t.Error(had, err)
	}
	if got, err := c.Get("docker.io"); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCredentialsFilesThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"{":                                    "read ",
		`{"auths":{"a.example":{"auth":"%"}}}`: "not NAME:PASSWORD in base64",
		`{"auths":{"a.example":7}}`:            "auths of a.example",
		`{"credsStore":"../x"}`:                "no name of a credential helper",
	} {
		_, err := credentials(t, text).Get("a.example")
		contains(t, err, want)
	}
	if got, err := credentials(t, "").Get("a.example"); got != nil || err != nil {
		t.Error(got, err)
	}
}

func TestCredentialHelpers(t *testing.T) {
	c := credentials(t, `{"credsStore":"safe","credHelpers":{"own.example":"other"}}`)
	kept := map[string]string{}
	c.Helper = func(name, action, input string) (string, error) {
		switch action {
		case "store":
			var e helperEntry
			if err := json.Unmarshal([]byte(input), &e); err != nil {
				return "", err
			}
			kept[name+" "+e.ServerURL] = input
		case "get":
			if e, ok := kept[name+" "+input]; ok {
				return e, nil
			}
			return "", errors.New(errNoCredentials)
		case "erase":
			delete(kept, name+" "+input)
		}
		return "", nil
	}
	for domain, where := range map[string]string{"docker.io": "safe https://index.docker.io/v1/", "own.example": "other own.example"} {
		plain, err := c.Store(domain, &Credential{Username: "hen", Password: "egg"})
		if err != nil || plain || kept[where] == "" {
			t.Errorf("%s: plain %v, %v, %v", domain, plain, err, kept)
		}
		if got, err := c.Get(domain); err != nil || got == nil || got.Password != "egg" {
			t.Errorf("%+v, %v", got, err)
		}
		if b, _ := os.ReadFile(c.Path); strings.Contains(string(b), "ZWdn") || strings.Contains(string(b), "egg") {
			t.Errorf("the file has the password: %s", b)
		}
		if had, err := c.Erase(domain); err != nil || !had || kept[where] != "" {
			t.Errorf("%v, %v, %v", had, err, kept)
		}
	}
	if _, err := c.Store("own.example", &Credential{IdentityToken: "long"}); err != nil || !strings.Contains(kept["other own.example"], `"Secret":"long"`) {
		t.Errorf("%v, %v", err, kept)
	}
	if got, err := c.Get("own.example"); err != nil || got == nil || got.IdentityToken != "long" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A helper is a program on PATH.
func TestCredentialHelperProgram(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1\" = get ] || { echo no such action; exit 1; }\nread server\necho \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"hen\\\",\\\"Secret\\\":\\\"of $server\\\"}\"\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-test"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	c := credentials(t, `{"credsStore":"test"}`)
	if got, err := c.Get("a.example"); err != nil || got == nil || got.Password != "of a.example" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := c.Store("a.example", &Credential{})
	contains(t, err, "docker-credential-test store: no such action")
	_, err = credentials(t, `{"credsStore":"nothere"}`).Get("a.example")
	contains(t, err, "docker-credential-nothere")
}

func TestManyLogInAtOnce(t *testing.T) {
	c := credentials(t, "")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if _, err := c.Store("host"+string(rune('a'+i))+".example", &Credential{Username: "u", Password: "p"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 16 {
		if got, err := c.Get("host" + string(rune('a'+i)) + ".example"); err != nil || got == nil {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
}
