package api

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// applicationTwo is application in the form of compose v2, which can wait for health.
var applicationTwo = strings.NewReplacer("version: \"3.7\"\n", "", "depends_on: [store]", "depends_on: {store: {condition: service_healthy}}").Replace(application)

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
