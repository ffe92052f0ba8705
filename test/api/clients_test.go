package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// call runs a client's program against the server and returns what it printed.
func (s *server) call(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+s.host(), "DOCKER_CONFIG="+s.dir, "HOME="+s.dir, "COMPOSE_INTERACTIVE_NO_CLI=1")
	out, err := cmd.CombinedOutput()
	return strings.ReplaceAll(string(out), "\r", ""), err
}

// step is a command of a client and what it prints and ends with.
type step struct {
	line string // words, separated by blanks; ' groups
	want string // part of the output
	code int
}

func (s *server) steps(t *testing.T, dir, name string, prefix []string, list []step) {
	t.Helper()
	for _, st := range list {
		out, err := s.call(dir, name, append(append([]string{}, prefix...), words(st.line)...)...)
		code := 0
		if exit, ok := err.(*exec.ExitError); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != st.code || !strings.Contains(out, st.want) {
			t.Errorf("%s: code %d, want %d; output\n%s\nwant %q", st.line, code, st.code, out, st.want)
		}
	}
}

func words(line string) []string {
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDockerClient(t *testing.T) {
	docker := testenv.Program(t, "docker")
	s := start(t)
	dir := t.TempDir()
	write(t, dir+"/ctx/Dockerfile", "FROM box\nRUN echo built >/f\nCMD [\"cat\", \"/f\"]\n")
	write(t, dir+"/up", "from outside\n")
	s.steps(t, dir, docker, nil, []step{
		{"version", "Bantam", 0},
		{"run --rm --network none box echo hello", "hello", 0},
		{"run --rm --network none box sh -c 'exit 7'", "", 7},
		{"run --rm --network none box nonesuch", "executable file not found", 127},
		{"run --rm --network none box /etc/passwd", "permission denied", 126},
		{"run -d --name egg --network none --label a=b box sh -c 'echo out; echo err >&2; exec sleep 1000'", "", 0},
		{"run -d --name egg --network none box true", "Conflict. The container name \"/egg\" is already in use by container", 125},
		{"ps --filter label=a=b --format {{.Names}}", "egg", 0},
		{"inspect -f '{{.State.Status}} {{.Config.Tty}}' egg", "running false", 0},
		{"exec egg sh -c 'echo in; exit 3'", "in", 3},
		{"exec -t egg tty", "/dev/pts/", 0},
		{"exec -d egg touch /made", "", 0},
		{"exec -w /tmp -u 1:1 -e K=v egg sh -c 'pwd; id -u; echo $K'", "/tmp\n1\nv\n", 0},
		{"cp up egg:/tmp/up", "", 0},
		{"exec egg cat /tmp/up", "from outside", 0},
		{"cp egg:/tmp/up down", "", 0},
		{"diff egg", "A /tmp/up", 0},
		{"pause egg", "egg", 0},
		{"exec egg true", "is paused", 1},
		{"unpause egg", "egg", 0},
		{"top egg", "sleep 1000", 0},
		{"stats --no-stream --format {{.Name}} egg", "egg", 0},
		{"update --restart no egg", "egg", 0},
		{"rename egg wren", "", 0},
		{"restart -t 0 wren", "wren", 0},
		{"commit wren nest", "sha256:", 0},
		{"stop -s KILL wren", "wren", 0},
		{"wait wren", "137", 0},
		{"logs wren", "out", 0},
		{"rm wren", "wren", 0},
		{"rm wren", "No such container: wren", 1},
		{"images --format {{.Repository}}", "nest", 0},
		{"history nest", "packaging/images", 0},
		{"tag nest nest:2", "", 0},
		{"rmi nest:2", "Untagged: nest:2", 0},
		{"save -o nest.tar nest", "", 0},
		{"load -i nest.tar", "Loaded image: nest:latest", 0},
		{"build -t bird ctx", "Successfully tagged bird:latest", 0},
		{"run --rm --network none bird", "built", 0},
		{"volume create vol", "vol", 0},
		{"run --rm --network none -v vol:/d box touch /d/x", "", 0},
		{"volume inspect -f {{.Driver}} vol", "local", 0},
		{"volume rm vol", "vol", 0},
		{"create --network none --name cc box cat /etc/hostname", "", 0},
		{"start -a cc", "", 0},
		{"container prune -f", "Deleted Containers", 0},
		{"system df", "Images", 0},
		{"swarm leave", "not a swarm manager", 1},
		{"plugin ls", "ID", 0},
		{"info --format {{.Swarm.LocalNodeState}}", "inactive", 0},
	})
	if b, err := os.ReadFile(dir + "/down"); err != nil || string(b) != "from outside\n" {
		t.Errorf("copied out: %q, %v", b, err)
	}
}

const pythonScript = `
import docker
c = docker.from_env()
assert c.containers.run('box', ['echo', 'hi'], remove=True, network_mode='none') == b'hi\n'
x = c.containers.run('box', 'sh -c "echo one; sleep 1000"', detach=True, network_mode='none', name='snake', labels={'a': 'b'})
assert x.exec_run('echo hello').output == b'hello\n'
assert x.exec_run('sh -c "exit 4"').exit_code == 4
assert [k.name for k in c.containers.list(filters={'label': 'a=b'})] == ['snake']
assert x.top()['Titles'][0] == 'UID'
assert x.stats(stream=False)['id'] == x.id
bits, st = x.get_archive('/etc/passwd')
assert st['name'] == 'passwd' and len(b''.join(bits)) > 1000
x.reload()
assert x.attrs['State']['Status'] == 'running'
x.kill()
assert x.wait()['StatusCode'] == 137
assert x.logs() == b'one\n'
x.remove()
v = c.volumes.create('pv')
assert [k.name for k in c.volumes.list()] == ['pv']
v.remove()
assert 'box:latest' in c.images.get('box').tags
assert c.df()['ContainerUsage'].get('Items', []) == [] # since API 1.52; Containers before
assert docker.from_env(version='1.51').df()['Containers'] == []
try:
    c.containers.get('nope')
    assert False
except docker.errors.NotFound as e:
    assert e.explanation == 'No such container: nope'
print('done')
`

func TestPython(t *testing.T) {
	python := testenv.Program(t, "python3")
	testenv.Need(t, "python3-docker", exec.Command(python, "-c", "import docker").Run() == nil)
	s := start(t)
	if out, err := s.call(s.dir, python, "-c", pythonScript); err != nil || !strings.Contains(out, "done") {
		t.Errorf("%v: %s", err, out)
	}
}

const application = `
version: "3.7"
services:
  store:
    image: box
    command: ["sh", "-c", "mkdir -p /srv/www; echo from-store >/data/x; cp /data/x /srv/www/index.html; exec httpd -f -p 8080 -h /srv/www"]
    volumes: ["data:/data"]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"], interval: 1s}
  web:
    build: ./web
    depends_on: [store]
    ports: ["18081:9090"]
  job:
    image: box
    command: ["sh", "-c", "until wget -q -O - http://store:8080/index.html; do sleep 1; done; sleep 1000"]
volumes: {data: {}}
`

// An application of three services with a network, a volume, a health check and a build,
// in a network namespace of the server's own.
func TestCompose(t *testing.T) {
	compose := testenv.Program(t, "docker-compose")
	testenv.Program(t, "nft")
	s := start(t)
	dir := t.TempDir()
	write(t, dir+"/docker-compose.yml", application)
	write(t, dir+"/web/Dockerfile", "FROM box\nRUN echo built >/built\nCMD [\"sleep\", \"1000\"]\n")
	s.steps(t, dir, compose, []string{"-p", "app"}, []step{
		{"up -d", "app_web_1", 0},
		{"ps", "app_store_1", 0},
		{"exec -T web cat /built", "built", 0},
		{"exec -T job sh -c 'until wget -q -O - http://store:8080/; do sleep 0.1; done'", "from-store", 0},
		{"up -d --scale job=2", "app_job_2", 0},
		{"logs job", "Attaching to", 0},
		{"top", "httpd", 0},
		{"down -v", "Removing volume app_data", 0},
	})
}
