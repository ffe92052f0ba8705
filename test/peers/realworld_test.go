package peers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/tools/txtar"
)

// TestRealWorld builds Dockerfiles as people write them, and runs the images: by bantam, and
// by Docker and Podman, which pull them from a registry of ours. Each is an archive in
// testdata/realworld:
//
//	Dockerfile, ...   the context
//	args              further arguments of build, one a line; $GOROOT is this machine's
//	check.sh          run once for each engine; prelude has its words
//
// Those that begin with debian, or need a toolchain, are slow: they are the nightly part.
func TestRealWorld(t *testing.T) {
	own := bantam(t)
	own.must(t, "load", "-i", imageArchive(t))
	own.must(t, "tag", "box:load", "box")
	address := registry(t)
	engines := map[string]*engine{"bantam": own, "docker": docker(t), "podman": podman(t)}
	files, err := filepath.Glob("testdata/realworld/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) { realWorld(t, f, address, engines) })
	}
}

func realWorld(t *testing.T, file, address string, engines map[string]*engine) {
	dir := folder(t)
	args := unpackContext(t, file, dir)
	text, err := os.ReadFile(dir + "/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	own := engines["bantam"]
	if strings.Contains(string(text), "FROM debian") {
		testenv.Nightly(t)
		debian(t, own)
	}
	if strings.Contains(string(text), "from=toolchain") {
		testenv.Nightly(t)
	}
	image := address + "/" + filepath.Base(strings.TrimSuffix(file, ".txtar"))
	words := append([]string{"build", "--progress", "plain", "--network", "host", "-t", image}, args...)
	slow(t, own, dir, append(words, "--push", ".")...)
	if again := slow(t, own, dir, append(words, ".")...); strings.Contains(again, "] RUN") && !strings.Contains(again, "CACHED") {
		t.Errorf("nothing of the second build is cached:\n%s", again)
	}
	for _, name := range [...]string{"bantam", "docker", "podman"} {
		t.Run(name, func(t *testing.T) { checked(t, name, engines[name], image, dir) })
	}
}

// unpackContext writes the archive's files and returns the build's arguments.
func unpackContext(t *testing.T, file, dir string) (args []string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		if f.Name == "args" {
			args = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range args {
		if strings.Contains(args[i], "$GOROOT") {
			args[i] = strings.ReplaceAll(args[i], "$GOROOT", goroot(t))
		}
	}
	for _, v := range [...]string{"http_proxy", "https_proxy", "no_proxy"} {
		if os.Getenv(v) != "" {
			args = append(args, "--build-arg="+v)
		}
	}
	return args
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(testenv.Program(t, "go"), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// prelude are the words of check.sh.
const prelude = `set -eu
engine() { $ENGINE "$@"; }
once() { engine run --rm --network none "$IMAGE" "$@"; }
start() { id=$(engine run -d --network none "$IMAGE"); }
inside() { engine exec "$id" "$@"; }
# until a command of the shell succeeds, or 60 seconds are over
try() { for n in $(seq 120); do "$@" 2>/dev/null && return; sleep 0.5; done; fail "never: $*"; }
fail() { echo "$*" >&2; [ -z "$id" ] || engine logs "$id" >&2; exit 1; }
id=
trap '[ -z "$id" ] || engine rm -f "$id" >/dev/null' EXIT
`

// checked runs the archive's check.sh against an engine. The image goes again, for it is large.
func checked(t *testing.T, name string, e *engine, image, dir string) {
	switch name {
	case "docker":
		slow(t, e, dir, "pull", "-q", image)
	case "podman":
		slow(t, e, dir, "pull", "-q", "--tls-verify=false", image)
	}
	script, err := os.ReadFile(dir + "/check.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-c", prelude+string(script)+"\nexit 0")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), e.env...), "ENGINE="+strings.Join(e.prefix, " "), "IMAGE="+image, "NAME="+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("check.sh: %v\n%s", err, out)
	}
	if name != "bantam" {
		e.must(t, "rmi", "-f", image)
	}
}

// slow runs a command that may take longer than others in a folder, and returns all that it said.
func slow(t *testing.T, e *engine, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(e.prefix[0], append(e.prefix[1:], args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), e.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// debianFile makes the image debian as its official one is made: a debootstrapped root with
// apt and dpkg set up for images.
const debianFile = `FROM scratch
ADD debian.tar /
RUN <<EOF
set -e
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/docker-apt-speedup
echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };' >/etc/apt/apt.conf.d/docker-clean
echo 'Acquire::Languages "none";' >/etc/apt/apt.conf.d/docker-no-languages
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
EOF
CMD ["bash"]
`

// debian builds the image debian of a root file system that debootstrap has made of the packages of
// the machine's Debian. It is kept in .cache for the next time.
func debian(t *testing.T, e *engine) {
	t.Helper()
	if e.try(t, "inspect", "--type", "image", "debian").code == 0 {
		return
	}
	kept := filepath.Join(testenv.Module(t), ".cache", "debian.tar")
	if _, err := os.Stat(kept); err != nil {
		debootstrap(t, kept)
	}
	dir := folder(t)
	if err := errors.Join(os.Link(kept, dir+"/debian.tar"), os.WriteFile(dir+"/Dockerfile", []byte(debianFile), 0o644)); err != nil {
		t.Fatal(err)
	}
	slow(t, e, dir, "build", "--network", "host", "-t", "debian", ".") // no bridge is left behind
}

func debootstrap(t *testing.T, kept string) {
	t.Helper()
	dir := folder(t) + "/root"
	script := `set -e
. /etc/os-release
debootstrap --variant=minbase "$VERSION_CODENAME" "$1" >"$1.log" 2>&1 || { tail -n 3 "$1.log"; exit 1; }
rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
mkdir -p "${2%/*}"
tar -C "$1" --one-file-system --exclude='./dev/*' -cf "$2.new" .
mv "$2.new" "$2"`
	testenv.Program(t, "debootstrap")
	if out, err := exec.Command("sh", "-c", script, "sh", dir, kept).CombinedOutput(); err != nil {
		testenv.Skip(t, "debootstrap", strings.TrimSpace(string(out)))
	}
}
