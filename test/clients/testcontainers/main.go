// A user's program over testcontainers-go, which test/api runs against bantamd: a service that behaves
// like a database and a job that runs once. It is a module of its own, so that what it needs is no need of Bantam's.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for _, part := range []func(context.Context) error{service, job} {
		if err := part(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println("done")
}

const database = `
mkdir -p /srv/db
cp /seed /srv/db/rows
echo "database system was shut down"
echo "database system is ready to accept connections"
exec httpd -f -p 5432 -h /srv/db
`

// service waits for a log, a port, a health check and an answer, and uses what it waited for.
func service(ctx context.Context) error {
	net, err := network.New(ctx)
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	defer net.Remove(ctx)
	c, err := testcontainers.Run(ctx, "box",
		testcontainers.WithEntrypoint("sh", "-c", database),
		testcontainers.WithEnv(map[string]string{"DB_PASSWORD": "secret"}),
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithFiles(testcontainers.ContainerFile{Reader: strings.NewReader("a row\n"), ContainerFilePath: "/seed", FileMode: 0o644}),
		network.WithNetwork([]string{"db"}, net),
		testcontainers.WithConfigModifier(func(c *container.Config) {
			c.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5432/rows"}, Interval: 200 * time.Millisecond, Retries: 50}
		}),
		testcontainers.WithWaitStrategyAndDeadline(2*time.Minute,
			wait.ForLog("ready to accept connections"), wait.ForListeningPort("5432/tcp"), wait.ForHealthCheck(), wait.ForHTTP("/rows").WithPort("5432/tcp")),
	)
	if err != nil {
		return fmt.Errorf("service: %w", err)
	}
	defer testcontainers.TerminateContainer(c)
	address, err := c.PortEndpoint(ctx, "5432/tcp", "http")
	if err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	a, err := http.Get(address + "/rows")
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer a.Body.Close()
	if b, err := io.ReadAll(a.Body); err != nil || string(b) != "a row\n" {
		return fmt.Errorf("query: %q, %v", b, err)
	}
	code, out, err := c.Exec(ctx, []string{"sh", "-c", "echo $DB_PASSWORD; exit 3"}, tcexec.Multiplexed())
	if err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	if b, err := io.ReadAll(out); err != nil || code != 3 || string(b) != "secret\n" {
		return fmt.Errorf("exec: code %d, %q, %v", code, b, err)
	}
	if err := copyOut(ctx, c); err != nil {
		return err
	}
	return client(ctx, net)
}

func copyOut(ctx context.Context, c testcontainers.Container) error {
	r, err := c.CopyFileFromContainer(ctx, "/srv/db/rows")
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "a row\n" {
		return fmt.Errorf("copy: %q, %v", b, err)
	}
	return nil
}

// client reaches the service by its name.
func client(ctx context.Context, net *testcontainers.DockerNetwork) error {
	c, err := testcontainers.Run(ctx, "box", testcontainers.WithCmd("wget", "-q", "-O", "-", "http://db:5432/rows"), network.WithNetwork(nil, net), testcontainers.WithWaitStrategy(wait.ForExit()))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer testcontainers.TerminateContainer(c)
	return printed(ctx, c, "a row\n", 0)
}

// job runs once, and has an exit code and a log.
func job(ctx context.Context) error {
	c, err := testcontainers.Run(ctx, "box", testcontainers.WithCmd("sh", "-c", "echo migrated; exit 5"), testcontainers.WithWaitStrategy(wait.ForExit()))
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	defer testcontainers.TerminateContainer(c)
	return printed(ctx, c, "migrated\n", 5)
}

func printed(ctx context.Context, c *testcontainers.DockerContainer, want string, code int) error {
	s, err := c.State(ctx)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	logs, err := c.Logs(ctx)
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	defer logs.Close()
	if b, err := io.ReadAll(logs); err != nil || string(b) != want || s.ExitCode != code {
		return fmt.Errorf("it printed %q and ended with %d, want %q and %d; %v", b, s.ExitCode, want, code, err)
	}
	return nil
}
