package api

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

const applicationTwo = `
services:
  store:
    image: box
    command: ["sh", "-c", "mkdir -p /srv/www; echo from-store >/data/x; cp /data/x /srv/www/index.html; exec httpd -f -p 8080 -h /srv/www"]
    volumes: ["data:/data"]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"], interval: 1s}
  web:
    build: ./web
    depends_on: {store: {condition: service_healthy}}
    ports: ["18081:9090"]
  job:
    image: box
    command: ["sh", "-c", "until wget -q -O - http://store:8080/index.html; do sleep 1; done; sleep 1000"]
volumes: {data: {}}
`

// Compose v2, with the classic builder. Its build takes minutes, so it runs where BANTAM_NIGHTLY
// is 1, or BANTAM_COMPOSE names the program.
func TestComposeTwo(t *testing.T) {
	testenv.Program(t, "nft")
	program := os.Getenv("BANTAM_COMPOSE")
	testenv.Need(t, "nightly", program != "" || os.Getenv("BANTAM_NIGHTLY") == "1")
	if program == "" {
		program = clientProgram(t, "compose", "github.com/docker/compose/v2/cmd")
	}
	s := start(t)
	dir := t.TempDir()
	write(t, dir+"/compose.yml", applicationTwo)
	write(t, dir+"/web/Dockerfile", "FROM box\nRUN echo built >/built\nCMD [\"sleep\", \"1000\"]\n")
	t.Setenv("DOCKER_BUILDKIT", "0")
	s.steps(t, dir, program, []string{"-p", "app"}, []step{
		{"up -d --build", "app-web-1", 0},
		{"ps", "(healthy)", 0},
		{"exec -T web cat /built", "built", 0},
		{"exec -T job sh -c 'until wget -q -O - http://store:8080/; do sleep 0.1; done'", "from-store", 0},
		{"up -d --scale job=2", "app-job-2", 0},
		{"logs job", "from-store", 0},
		{"down -v", "app_data", 0},
	})
	if out, err := exec.Command(s.bantam, "--root", s.dir+"/root", "volume", "ls", "-q").CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("volumes left: %v, %s", err, out)
	}
}
