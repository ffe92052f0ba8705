package systemd

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	service      = "org.freedesktop.systemd1"
	managerPath  = "/org/freedesktop/systemd1"
	managerIface = "org.freedesktop.systemd1.Manager"
)

// Running tells whether systemd is the init of this machine (sd_booted(3)).
func Running() bool {
	fi, err := os.Lstat("/run/systemd/system")
	return err == nil && fi.IsDir()
}

// SystemBus lists the ways to the system's manager: its own socket, as
// systemctl does it for root, then the bus.
func SystemBus() []string {
	if a := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
		return []string{a}
	}
	return []string{"unix:path=/run/systemd/private", "unix:path=/run/dbus/system_bus_socket"}
}

// UserBus lists the ways to the manager of this user.
func UserBus() []string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return []string{a}
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run/user/" + strconv.Itoa(os.Getuid())
	}
	return []string{"unix:path=" + dir + "/systemd/private", "unix:path=" + dir + "/bus"}
}

func (c *Conn) manager(member string, args ...Value) ([]Value, error) {
	return c.Call(service, managerPath, managerIface, member, args...)
}

// subscribe makes the manager's signals come here.
func (c *Conn) subscribe() error {
	if c.direct {
		return nil // systemd sends them to every direct peer
	}
	if _, err := c.manager("Subscribe"); err != nil {
		if e := (*Error)(nil); !errors.As(err, &e) || !strings.HasSuffix(e.Name, "AlreadySubscribed") {
			return err
		}
	}
	_, err := c.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
		String("type='signal',interface='"+managerIface+"',member='JobRemoved'"))
	return err
}

// StartUnit starts a transient unit and waits until it is there. A failed unit
// of that name that was left over is reset first.
func (c *Conn) StartUnit(name string, props []Property) error {
	if err := c.subscribe(); err != nil {
		return wrap("start", name, err)
	}
	aux := Value{Sig: "a(sa(sv))"}
	start := func() error {
		return c.job("StartTransientUnit", String(name), String("replace"), properties(props), aux)
	}
	err := start()
	if e := (*Error)(nil); errors.As(err, &e) && strings.HasSuffix(e.Name, ".UnitExists") {
		if err := c.ResetFailed(name); err != nil {
			return wrap("start", name, errors.New("it exists already"))
		}
		err = start()
	}
	if err != nil {
		return wrap("start", name, err)
	}
	return nil
}

// StopUnit stops a unit, waits for it and lets systemd forget it. A unit that
// is not there is no error.
func (c *Conn) StopUnit(name string) error {
	if err := c.subscribe(); err != nil {
		return wrap("stop", name, err)
	}
	err := c.job("StopUnit", String(name), String("replace"))
	if missing(err) {
		err = nil
	}
	if e := c.ResetFailed(name); err == nil && !missing(e) {
		err = e
	}
	return wrap("stop", name, err)
}

func missing(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && strings.HasSuffix(e.Name, ".NoSuchUnit")
}

// ResetFailed lets systemd forget that a unit failed.
func (c *Conn) ResetFailed(name string) error {
	_, err := c.manager("ResetFailedUnit", String(name))
	return err
}

// SetProperties changes a running unit, until the next boot.
func (c *Conn) SetProperties(name string, props []Property) error {
	_, err := c.manager("SetUnitProperties", String(name), Bool(true), properties(props))
	return wrap("change", name, err)
}

// Get returns a property of the manager: "Version", "ControlGroup".
func (c *Conn) Get(name string) (string, error) {
	r, err := c.Call(service, managerPath, "org.freedesktop.DBus.Properties", "Get", String(managerIface), String(name))
	if err != nil {
		return "", wrap("read property", name, err)
	}
	if len(r) != 1 || len(r[0].Items) != 1 {
		return "", errMalformed
	}
	return r[0].Items[0].Str, nil
}

// Version returns systemd's version number.
func (c *Conn) Version() (int, error) {
	text, err := c.Get("Version")
	if err != nil {
		return 0, err
	}
	return versionNumber(text)
}

// versionNumber reads "v245.4-1.fc32", "252.17-1~deb12u1", "\"255\"".
func versionNumber(text string) (int, error) {
	digits := strings.TrimLeft(text, `"v`)
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(digits[:n])
	if err != nil {
		return 0, errors.New("systemd's version " + strconv.Quote(text) + " is no number")
	}
	return v, nil
}

// job calls a method that starts a job and waits for the job's end.
func (c *Conn) job(method string, args ...Value) error {
	c.signals = nil
	r, err := c.manager(method, args...)
	if err != nil {
		return err
	}
	if len(r) != 1 || r[0].Sig != "o" {
		return errMalformed
	}
	result, err := c.awaitJob(r[0].Str)
	if err == nil && result != "done" {
		err = errors.New("the job ended with " + strconv.Quote(result))
	}
	return err
}

// awaitJob waits for JobRemoved(id, job, unit, result) of a job.
func (c *Conn) awaitJob(job string) (string, error) {
	end := time.Now().Add(callPatience)
	for {
		for _, s := range c.signals {
			if s.member == "JobRemoved" && len(s.body) == 4 && s.body[1].Str == job {
				return s.body[3].Str, nil
			}
		}
		m, err := c.receive(end)
		if err != nil {
			return "", errors.New("wait for the job: " + err.Error())
		}
		c.signals = []*message{m}
	}
}

func wrap(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return &UnitError{verb, name, err}
}

// UnitError says what could not be done with which unit.
type UnitError struct {
	Verb, Unit string
	Err        error
}

func (e *UnitError) Error() string {
	return e.Verb + " systemd unit " + e.Unit + ": " + e.Err.Error()
}

func (e *UnitError) Unwrap() error { return e.Err }
