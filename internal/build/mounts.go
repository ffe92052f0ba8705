package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"golang.org/x/sys/unix"
)

// mounting makes the --mount of a RUN.
type mounting struct {
	*work
	step  *dockerfile.Step
	from  []*work // stages that are read, by the order of the mounts; nil where none is
	locks []func()
	binds map[int]group // files of the context, or of a --build-context
}

// sources waits for the stages that something is mounted of.
func (m *mounting) sources(ctx context.Context) error {
	for _, x := range m.step.Run.Mounts {
		if x.From == nil {
			continue
		}
		d, err := m.await(ctx, x.From)
		if err != nil {
			return err
		}
		m.from = append(m.from, d)
	}
	return nil
}

func (m *mounting) release() {
	for _, free := range m.locks {
		free()
	}
}

// sum adds the mounts to the step's key: what they are, and the content of what is bound.
func (m *mounting) sum(ctx context.Context, k key) error {
	for i, x := range m.step.Run.Mounts {
		k.add("mount", string(x.Type), x.Target, x.ID, x.Source, fmt.Sprint(x.ReadOnly, x.Required, x.SizeLimit), optional(x.Mode), optional(x.UID), optional(x.GID))
		if x.Env != nil {
			k.add(*x.Env)
		}
		if x.Type != instructions.MountTypeBind && !(x.Type == instructions.MountTypeCache && x.From != nil) {
			continue
		}
		g, err := m.bound(ctx, x)
		if err != nil {
			return fmt.Errorf("failed to compute cache key: %w", err)
		}
		if err := g.sum(k); err != nil {
			return err
		}
		if m.binds == nil {
			m.binds = map[int]group{}
		}
		m.binds[i] = *g
	}
	return nil
}

func optional(n *uint64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(*n, 10)
}

// bound finds what a bind mount shows.
func (m *mounting) bound(ctx context.Context, x dockerfile.Mount) (*group, error) {
	t := m.opt.Context.Tree
	if x.From != nil {
		d, err := m.await(ctx, x.From)
		if err != nil {
			return nil, err
		}
		if t, err = d.tree(); err != nil {
			return nil, err
		}
	}
	src := "/" + x.Source
	real, st, exists, err := t.Resolve(src)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, &tree.NotFound{Path: tree.Clean(src)}
	}
	s := &tree.Source{Entry: tree.Entry{Path: real, Stat: st}, Name: "file"}
	g := &group{tree: t, name: "file", isDir: s.IsDir()}
	return g, g.fill(s, nil)
}

// make makes the mounts; env are secrets that the program gets as variables.
func (m *mounting) make(ctx context.Context) (list []Mount, env []string, err error) {
	for i, x := range m.step.Run.Mounts {
		var y *Mount
		switch x.Type {
		case instructions.MountTypeTmpfs:
			y = &Mount{Target: x.Target, Tmpfs: true, Size: x.SizeLimit, ReadOnly: x.ReadOnly}
		case instructions.MountTypeBind:
			y, err = m.bind(ctx, i, x)
		case instructions.MountTypeCache:
			y, err = m.cacheFolder(ctx, i, x)
		case instructions.MountTypeSSH:
			y, err = m.agent(&x, &env)
		case instructions.MountTypeSecret:
			y, err = m.secret(&x, &env)
		default:
			err = fmt.Errorf("unsupported mount type %q", x.Type)
		}
		if err != nil {
			return nil, nil, err
		}
		if y != nil {
			list = append(list, *y)
		}
	}
	return list, env, nil
}

// bind mounts a stage's layers, or a layer made of files of the context.
func (m *mounting) bind(ctx context.Context, i int, x dockerfile.Mount) (*Mount, error) {
	y := &Mount{Target: x.Target, ReadOnly: x.ReadOnly}
	if x.From != nil {
		d, err := m.await(ctx, x.From)
		if err != nil {
			return nil, err
		}
		if d.files == nil || len(d.layers) > 0 {
			y.Lower, y.Sub = d.folders(), m.binds[i].path()
			return y, nil
		}
	}
	diff, err := m.layerOf(ctx, m.binds[i])
	if err != nil {
		return nil, err
	}
	y.Lower = m.Lease.Folders([]digest.Digest{diff})
	if !m.binds[i].isDir {
		y.Sub = "file"
	}
	return y, nil
}

// path is where a group's source is in its tree.
func (g group) path() string {
	if len(g.entries) == 0 {
		return ""
	}
	return g.entries[0].Path
}

// layerOf makes a layer of a group's files, or finds it.
func (m *mounting) layerOf(ctx context.Context, g group) (digest.Digest, error) {
	k := newKey("bind")
	k.add(m.epoch())
	if err := g.sum(k); err != nil {
		return "", err
	}
	s := &dockerfile.Step{Name: "[internal] mount source of " + m.step.Name, Stage: m.stage}
	free, hit, err := m.lookup(s, k.digest())
	if err != nil {
		return "", err
	}
	if hit != nil {
		return hit.Diff, nil
	}
	defer free()
	cp := &copier{dest: "/", now: m.time(), epoch: m.opt.File.Epoch}
	rec, err := m.keep(ctx, s, k.digest(), func(out io.Writer) error { return cp.tar([]group{g}, out) })
	if err != nil {
		return "", err
	}
	return rec.Diff, nil
}

// cacheFolder gives the step a folder that outlives it. sharing says who else may have it
// at the same time: others, nobody, or whoever comes next gets another one.
func (m *mounting) cacheFolder(ctx context.Context, i int, x dockerfile.Mount) (*Mount, error) {
	share := cache.Shared
	switch x.CacheSharing {
	case instructions.MountSharingLocked:
		share = cache.Locked
	case instructions.MountSharingPrivate:
		share = cache.Private
	}
	dir, fresh, free, err := m.Cache.Folder(x.ID, share)
	if err != nil {
		return nil, err
	}
	m.locks = append(m.locks, free)
	if fresh {
		if err := m.initial(dir, i, x); err != nil {
			return nil, errors.Join(err, layer.Remove(dir))
		}
		if err := m.Cache.Ready(dir); err != nil {
			return nil, err
		}
	}
	y := &Mount{Target: x.Target, ReadOnly: x.ReadOnly, Source: dir}
	if x.From == nil && x.Source != "" {
		return nil, errors.New("--mount=type=cache with a source needs from=")
	}
	return y, nil
}

// initial gives a new cache folder its owner, permissions and content.
func (m *mounting) initial(dir string, i int, x dockerfile.Mount) error {
	mode, uid, gid := uint64(0o755), uint64(0), uint64(0)
	for _, v := range [...]struct {
		from *uint64
		to   *uint64
	}{{x.Mode, &mode}, {x.UID, &uid}, {x.GID, &gid}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if err := os.Lchown(dir, int(uid), int(gid)); err != nil {
		return err
	}
	if err := unix.Chmod(dir, uint32(mode)); err != nil {
		return err
	}
	g, has := m.binds[i]
	if !has || !g.isDir {
		return nil
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, w := io.Pipe()
	cp := &copier{dest: "/", now: m.time()}
	go func() { w.CloseWithError(cp.tar([]group{g}, w)) }()
	defer r.Close()
	_, err = layer.Unpack(fd, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0})
	return err
}

// agent passes the socket of an ssh agent on.
func (m *mounting) agent(x *dockerfile.Mount, env *[]string) (*Mount, error) {
	socket, ok := m.opt.SSH[x.ID]
	if !ok {
		if x.Required {
			return nil, fmt.Errorf("unset ssh forward key %s: say --ssh %s", x.ID, x.ID)
		}
		return nil, nil
	}
	y := &Mount{Target: x.Target, Socket: socket, Mode: 0o600}
	if y.Target == "" {
		n := 0
		for _, e := range *env {
			if strings.HasPrefix(e, "SSH_AUTH_SOCK=") {
				n++
			}
		}
		y.Target = fmt.Sprintf("/run/buildkit/ssh_agent.%d", n)
	}
	setIDs(y, x)
	if !slices.ContainsFunc(*env, func(e string) bool { return strings.HasPrefix(e, "SSH_AUTH_SOCK=") }) {
		*env = append(*env, "SSH_AUTH_SOCK="+y.Target)
	}
	return y, nil
}

func setIDs(y *Mount, x *dockerfile.Mount) {
	if x.Mode != nil {
		y.Mode = uint32(*x.Mode)
	}
	if x.UID != nil {
		y.UID = int(*x.UID)
	}
	if x.GID != nil {
		y.GID = int(*x.GID)
	}
}

// secret is a file in memory, a variable, or both.
func (m *mounting) secret(x *dockerfile.Mount, env *[]string) (*Mount, error) {
	s, ok := m.opt.Secrets[x.ID]
	if !ok {
		if x.Required {
			return nil, fmt.Errorf("secret %s: not found: say --secret id=%s", x.ID, x.ID)
		}
		return nil, nil
	}
	data, err := s.Read()
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", x.ID, err)
	}
	if x.Env != nil {
		name := *x.Env
		if name == "" {
			name = x.ID
		}
		*env = append(*env, name+"="+string(data))
	}
	if x.Target == "" {
		return nil, nil
	}
	y := &Mount{Target: x.Target, File: true, Data: data, Mode: 0o400, ReadOnly: true}
	setIDs(y, x)
	return y, nil
}
