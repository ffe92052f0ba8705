package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"

	"golang.org/x/sys/unix"
)

// errNoGit says what is missing.
var errNoGit = errors.New("a git repository needs the program git: install it")

func (o *Opener) git(ctx context.Context, text string) (*Source, error) {
	if strings.HasPrefix(text, "github.com/") {
		text = "https://" + text
		if base, _, _ := strings.Cut(text, "#"); !strings.HasSuffix(base, ".git") {
			text = strings.Replace(text, base, base+".git", 1)
		}
	}
	g, _, err := dockerfile.ParseGit(text)
	if err != nil {
		return nil, err
	}
	keep := g.Keep != nil && *g.Keep
	return o.Clone(ctx, g, keep)
}

// Clone brings a repository in and returns its files, at the commit that is meant.
func (o *Opener) Clone(ctx context.Context, g *dockerfile.Git, keep bool) (*Source, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, errNoGit
	}
	dir, err := o.Folder()
	if err != nil {
		return nil, err
	}
	c := &clone{o, dir, g}
	if err := c.fetch(ctx); err != nil {
		return nil, fmt.Errorf("git %s: %w", Shown(g.Remote), err)
	}
	head, err := c.run(ctx, "rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	if g.Checksum != "" && !strings.HasPrefix(head, g.Checksum) {
		return nil, fmt.Errorf("git %s: expected checksum to match %s, got %s", Shown(g.Remote), g.Checksum, head)
	}
	if !keep {
		if err := c.dropFolders(); err != nil {
			return nil, err
		}
	}
	t, err := c.root()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w", Shown(g.Remote), err)
	}
	return &Source{Tree: t, Revision: head, Remote: Shown(g.Remote)}, nil
}

type clone struct {
	o   *Opener
	dir string
	g   *dockerfile.Git
}

// fetch gets the one commit; a server that gives no commit by its name, or an abbreviated
// one, gives everything.
func (c *clone) fetch(ctx context.Context) error {
	if _, err := c.run(ctx, "init", "--quiet"); err != nil {
		return err
	}
	ref := c.g.Ref
	if ref == "" {
		ref = "HEAD"
	}
	_, err := c.run(ctx, "fetch", "--quiet", "--depth=1", "--no-tags", "--", c.g.Remote, ref)
	target := "FETCH_HEAD"
	if err != nil && isCommit(ref) {
		_, err = c.run(ctx, "fetch", "--quiet", "--tags", "--", c.g.Remote, "+refs/heads/*:refs/remotes/origin/*")
		target = ref
	}
	if err != nil {
		return err
	}
	if _, err := c.run(ctx, "remote", "add", "origin", c.g.Remote); err != nil {
		return err
	}
	if _, err := c.run(ctx, "checkout", "--quiet", "--detach", target, "--"); err != nil {
		return err
	}
	if !c.g.Submodules {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(c.dir, ".gitmodules")); err != nil {
		return nil
	}
	_, err = c.run(ctx, "submodule", "update", "--init", "--recursive", "--depth=1", "--quiet")
	return err
}

// isCommit: seven digits or more, as git abbreviates.
func isCommit(ref string) bool {
	return len(ref) >= 7 && len(ref) <= 64 && strings.Trim(ref, "0123456789abcdef") == ""
}

// run runs git in the folder, without the user's configuration and without questions.
func (c *clone) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "protocol.file.allow=always", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C")
	cmd.Env = append(cmd.Env, c.o.GitEnv...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(errs.String())
		if said == "" {
			said = err.Error()
		}
		return "", errors.New(said)
	}
	return strings.TrimSpace(out.String()), nil
}

// dropFolders removes .git, the submodules' too.
func (c *clone) dropFolders() error {
	return filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != ".git" {
			return err
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if d.IsDir() {
			return filepath.SkipDir
		}
		return nil
	})
}

// root opens the folder of the repository that is meant; no link leads out of it.
func (c *clone) root() (*tree.Tree, error) {
	t, err := openTree(c.dir)
	if err != nil || c.g.Folder == "" {
		return t, err
	}
	defer unix.Close(t.FD)
	fd, err := t.Open(c.g.Folder, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", c.g.Folder, err)
	}
	return &tree.Tree{FD: fd, Unowned: true}, nil
}
