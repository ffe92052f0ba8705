package cni

import (
	"io"

	"bantam/internal/network"
	"bantam/internal/statefile"
)

func (r *Request) members(f *statefile.Fields) {
	f.Str("Op", &r.Op)
	f.Str("Name", &r.Name)
	f.Str("Conf", &r.Conf)
	f.Str("Path", &r.Path)
	f.Str("Dir", &r.Dir)
	f.Str("Container", &r.Container)
	f.Str("Interface", &r.Interface)
	f.Str("NetNS", &r.NetNS)
	f.List("IPs", &r.IPs)
	f.List("Aliases", &r.Aliases)
	f.Str("MAC", &r.MAC)
	statefile.List(f, "Ports", &r.Ports, func(p *network.Port) statefile.Members { return p.Members })
	f.List("Servers", &r.Servers)
	f.List("Searches", &r.Searches)
	f.List("DNSOptions", &r.DNSOptions)
}

func (r *Result) members(f *statefile.Fields) {
	f.Str("MAC", &r.MAC)
	f.Str("IPv4", &r.IPv4)
	f.Str("IPv6", &r.IPv6)
	f.Str("Gateway", &r.Gateway)
	f.Str("Gateway6", &r.Gateway6)
	f.Object("DNS", r.DNS.Members)
}

// Answer reads a request, has it done and writes what came of it: bantamd's side.
func Answer(in io.Reader, out io.Writer, do func(*Request) (*Result, error)) error {
	b, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	r := new(Request)
	if err := statefile.Decode(b, r.members); err != nil {
		return err
	}
	result, err := do(r)
	if err != nil {
		return err
	}
	_, err = out.Write(statefile.Encode(result.members))
	return err
}
