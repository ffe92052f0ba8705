// Package device decides which device nodes the processes of a control group
// may use. The rules of a spec (config-linux.md, "Allowed Device list") are read
// in order and the last one that speaks of a device and of an access decides;
// what no rule speaks of is denied.
//
//	Parse      rules of the spec to [Rule], invalid ones are errors
//	Allowed    the plain interpreter: what everything else is compared with
//	Compile    v2: an eBPF program, [Attach] puts it on a group
//	Exceptions v1: the kernel's list of exceptions, or an error where v1 can't say it
package device

import (
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Access is a set of ways to use a device; the bits are the kernel's (BPF_DEVCG_ACC_*).
type Access uint8

const (
	Mknod Access = 1 << iota
	Read
	Write
	All = Mknod | Read | Write
)

// Kind is the type of a device node; the numbers are the kernel's (BPF_DEVCG_DEV_*).
type Kind uint8

const (
	Any   Kind = 0
	Block Kind = 1
	Char  Kind = 2
)

// Wild stands for every major or minor number.
const Wild int64 = -1

// Rule allows or denies access to devices.
type Rule struct {
	Allow        bool
	Kind         Kind
	Major, Minor int64
	Access       Access
}

// Parse reads the rules of a spec.
func Parse(list []specs.LinuxDeviceCgroup) ([]Rule, error) {
	rules := make([]Rule, len(list))
	for i := range list {
		r, err := parseRule(&list[i])
		if err != nil {
			return nil, errors.New("resources.devices[" + strconv.Itoa(i) + "]: " + err.Error())
		}
		rules[i] = r
	}
	return rules, nil
}

func parseRule(s *specs.LinuxDeviceCgroup) (r Rule, err error) {
	r.Allow = s.Allow
	switch s.Type {
	case "", "a":
	case "b":
		r.Kind = Block
	case "c", "u":
		r.Kind = Char
	default:
		return r, errors.New("type " + strconv.Quote(s.Type) + " is not a, b or c")
	}
	if r.Major, err = number("major", s.Major); err != nil {
		return r, err
	}
	if r.Minor, err = number("minor", s.Minor); err != nil {
		return r, err
	}
	r.Access, err = parseAccess(s.Access)
	return r, err
}

func number(name string, n *int64) (int64, error) {
	switch {
	case n == nil, *n == Wild:
		return Wild, nil
	case *n < 0, *n > 1<<32-1:
		return 0, errors.New(name + " " + strconv.FormatInt(*n, 10) + " is out of range")
	}
	return *n, nil
}

func parseAccess(s string) (Access, error) {
	if s == "" {
		return All, nil
	}
	var a Access
	for _, c := range s {
		switch c {
		case 'r':
			a |= Read
		case 'w':
			a |= Write
		case 'm':
			a |= Mknod
		default:
			return 0, errors.New("access " + strconv.Quote(s) + " has letters other than r, w and m")
		}
	}
	return a, nil
}

// covers tells whether the rule speaks of the device.
func (r *Rule) covers(k Kind, major, minor int64) bool {
	return (r.Kind == Any || r.Kind == k) &&
		(r.Major == Wild || r.Major == major) &&
		(r.Minor == Wild || r.Minor == minor)
}

// universal tells whether the rule speaks of everything.
func (r *Rule) universal() bool {
	return r.Kind == Any && r.Major == Wild && r.Minor == Wild && r.Access == All
}

// Allowed interprets the rules: each wanted access must be allowed by the last
// rule that speaks of it.
func Allowed(rules []Rule, k Kind, major, minor int64, want Access) bool {
	var allowed Access
	for i := range rules {
		switch r := &rules[i]; {
		case !r.covers(k, major, minor):
		case r.Allow:
			allowed |= r.Access
		default:
			allowed &^= r.Access
		}
	}
	return want&^allowed == 0
}
