package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/volumes"
	"bantam/internal/linux/mount"
	"bantam/internal/volume"

	"golang.org/x/sys/unix"
)

func (e *Engine) volumes() *volume.Store { return &volume.Store{Root: e.Root} }

// placeVolumes completes a record's mounts: what comes from other containers, anonymous volumes
// for the places that are free, images. Nothing is made yet.
func (e *Engine) placeVolumes(s *folder.Store, r *folder.Record) error {
	if err := inheritVolumes(s, r); err != nil {
		return err
	}
	for _, place := range r.Config.Volumes {
		if !mountedAt(r, place) {
			r.Mounts = append(r.Mounts, folder.Mount{Type: "volume", Destination: place})
		}
	}
	for i := range r.Mounts {
		m := &r.Mounts[i]
		switch m.Type {
		case "volume":
			if m.Name == "" {
				m.Name, m.Anonymous = volume.NewName(), true
			}
			m.Source = e.Root + "/volumes/" + m.Name + "/_data"
		case "image":
			if m.Layers != nil {
				continue // another container's
			}
			img, err := e.image(m.Source, "")
			if err != nil {
				return err
			}
			m.Source, m.Layers, m.ReadOnly = img.ID, img.Layers, true
		}
	}
	return nil
}

func mountedAt(r *folder.Record, place string) bool {
	_, tmpfs := r.Host.Tmpfs[place]
	return tmpfs || slices.ContainsFunc(r.Mounts, func(m folder.Mount) bool { return m.Destination == place })
}

// inheritVolumes takes over the mounts of --volumes-from: NAME[:ro]. The container's own stand before
// them, and a later container before an earlier one.
func inheritVolumes(s *folder.Store, r *folder.Record) error {
	var taken []folder.Mount
	for _, text := range r.Host.VolumesFrom {
		name, mode, has := strings.Cut(text, ":")
		var own folder.Mount
		if has {
			own.Type = "volume"
			if err := bindMode(&own, text, mode); err != nil || own.Chown || own.NoCopy {
				return &Invalid{fmt.Errorf("invalid mode for volumes-from: %s", mode)}
			}
		}
		f, err := s.Find(name)
		if err != nil {
			return err
		}
		other, err := f.ReadRecord()
		if err != nil {
			return err
		}
		for _, m := range other.Mounts {
			m.Anonymous, m.NoCopy, m.Chown = false, true, false
			m.ReadOnly = m.ReadOnly || own.ReadOnly
			taken = slices.DeleteFunc(taken, func(t folder.Mount) bool { return t.Destination == m.Destination })
			taken = append(taken, m)
		}
	}
	for _, m := range taken {
		if !mountedAt(r, m.Destination) {
			r.Mounts = append(r.Mounts, m)
		}
	}
	return nil
}

// makeVolumes makes the volumes that a container's record names where they are not there yet, and fills
// empty ones with what the image has at their place.
func (e *Engine) makeVolumes(r *folder.Record) error {
	root := -1 // the image's files, mounted when they are needed
	defer func() {
		if root >= 0 {
			unix.Close(root)
		}
	}()
	for i := range r.Mounts {
		m := &r.Mounts[i]
		if m.Type != "volume" {
			continue
		}
		labels := m.VolumeLabels
		if m.Anonymous {
			labels = mergeLabels(labels, map[string]string{volume.AnonymousLabel: ""})
		}
		want := volume.Record{Name: m.Name, Driver: volume.Driver, CreatedAt: time.Now().UTC(), Labels: labels, Options: m.VolumeOptions}
		if err := want.Check(); err != nil {
			return &Invalid{err}
		}
		v, made, err := e.volumes().Ensure(want)
		if err != nil {
			return err
		}
		if made {
			e.volumeEvent("create", v.Name)
		}
		if m.NoCopy || m.Subpath != "" || v.Filled() {
			continue
		}
		if root < 0 {
			if root, err = mount.Overlay(r.Layers, nil); err != nil {
				return fmt.Errorf("mount the image's layers: %w", err)
			}
		}
		if err := fill(v, root, m.Destination); err != nil {
			return err
		}
	}
	return nil
}

func mergeLabels(a, b map[string]string) map[string]string {
	for k, v := range a {
		b[k] = v
	}
	return b
}

// fill copies what the image has at a place into the volume, if that is empty.
func fill(v *volume.Volume, root int, place string) error {
	from, err := mount.OpenInRoot(root, place, unix.O_PATH|unix.O_DIRECTORY)
	switch {
	case err == unix.ENOTDIR:
		return fmt.Errorf("cannot mount volume over existing file, file exists %s", place)
	case err == unix.ENOENT:
		return nil
	case err != nil:
		return fmt.Errorf("open %s in the image: %w", place, err)
	}
	defer unix.Close(from)
	lock, err := v.Lock()
	if errors.Is(err, os.ErrNotExist) {
		return &volume.NotFound{Name: v.Name}
	}
	if err != nil {
		return err
	}
	defer lock.Free()
	options, err := v.Mount()
	switch {
	case err != nil:
		return err
	case options == nil:
		return v.Fill(from)
	case options.Type == "tmpfs":
		return nil // nobody has it mounted: what is copied would be gone at once, as with docker
	}
	return fillElsewhere(v, options, from)
}

// fillElsewhere fills a volume whose content is elsewhere: a folder of the host, or a file system.
func fillElsewhere(v *volume.Volume, options *volume.Mount, from int) (err error) {
	to := -1
	if options.Bind != "" {
		to, err = unix.Open(options.Bind, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	} else {
		to, err = volumes.Mount(v, options)
	}
	if err == nil {
		defer unix.Close(to)
		err = volume.FillFolder(from, to)
	}
	if err == unix.EROFS {
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to populate volume: error while mounting volume '%s': %w", v.Data(), err)
	}
	return nil
}
