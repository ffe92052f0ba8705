package registry

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInsecure(t *testing.T) {
	c := Config{InsecureRegistries: []string{"a.example", "b.example:5000", "10.1.0.0/16"}}
	for address, want := range map[string]bool{
		"localhost": true, "localhost:5000": true, "127.0.0.1:5000": true, "127.9.9.9": true, "[::1]:5000": true,
		"a.example": true, "a.example:443": true, "b.example:5000": true, "b.example": false, "10.1.2.3:5000": true, "10.2.0.1": false,
		"localhost.example": false, "docker.io": false,
	} {
		if got := c.insecure(address); got != want {
			t.Errorf("%s: insecure %v", address, got)
		}
	}
}

func TestLoadConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "registries.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"registry-mirrors":["https://m.example"],"mirrors":{"docker.io":["http://n.example:5000"],"q.example":["https://o.example/"]}}`)
	c, err := LoadConfig(filepath.Join(dir, "nothere"), file)
	if err != nil || len(c.mirrors("docker.io")) != 2 || len(c.mirrors("q.example")) != 1 || len(c.mirrors("x.example")) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"{": "unexpected end of JSON", `{"mirors":{}}`: `unknown field "mirors"`, `{"registry-mirrors":["m.example"]}`: "invalid mirror", `{"mirrors":{"a":["https://u:p@h"]}}`: "invalid mirror", `{"mirrors":{"a":["https://h/path"]}}`: "invalid mirror",
	} {
		write(text)
		_, err := LoadConfig(file)
		contains(t, err, want)
	}
	if c, err := LoadConfig(); err != nil || len(c.mirrors("docker.io")) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}
