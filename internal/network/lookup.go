package network

import (
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// CheckLabel says that a name or alias of a container can be looked up. Anything else could not
// be asked for, or would lead out of the folder of names.
func CheckLabel(name string) bool {
	return name != "" && len(name) < 256 && name[0] != '.' && !strings.ContainsAny(name, "/\x00")
}

// Lookup returns the addresses of the containers that have the name on this network, in no
// order. A name that nobody has is no error: there are none then.
func (f Folder) Lookup(name string) (addrs []netip.Addr, err error) {
	name = strings.ToLower(name)
	if !CheckLabel(name) {
		return nil, nil
	}
	dir := f.Dir + "/names/" + name
	holders, err := names(dir)
	for _, h := range holders {
		text, err := os.Readlink(dir + "/" + h)
		if err != nil {
			continue // it has left meanwhile
		}
		for _, a := range strings.Fields(text) {
			if ip, err := netip.ParseAddr(a); err == nil {
				addrs = append(addrs, ip)
			}
		}
	}
	return addrs, err
}

// Holder returns the ID of the container that has the address on this network.
func (f Folder) Holder(addr netip.Addr) (container string, ok bool) {
	id, err := os.Readlink(f.lease(addr))
	return id, err == nil && id != reserved
}

// Announce makes a container known by names; its addresses are as Claim returned them.
func (f Folder) Announce(container string, names []string, addrs ...netip.Addr) error {
	for _, name := range names {
		dir := f.Dir + "/names/" + strings.ToLower(name)
		var err error
		for try := 0; try < 100; try++ {
			unix.Mkdir(dir, 0o710)
			// The last one to leave may have removed the folder in between.
			err = unix.Symlink(join(addrs), dir+"/"+container)
			if err == unix.EEXIST { // of an earlier life
				unix.Unlink(dir + "/" + container)
			} else if err != unix.ENOENT {
				break
			}
		}
		if err != nil {
			return &os.PathError{Op: "announce", Path: dir, Err: err}
		}
	}
	return nil
}

// Forget takes the names away again.
func (f Folder) Forget(container string, names []string) {
	for _, name := range names {
		dir := f.Dir + "/names/" + strings.ToLower(name)
		unix.Unlink(dir + "/" + container)
		unix.Rmdir(dir)
	}
}

func join(addrs []netip.Addr) string {
	var b []byte
	for _, a := range addrs {
		if !a.IsValid() {
			continue
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = a.AppendTo(b)
	}
	return string(b)
}
