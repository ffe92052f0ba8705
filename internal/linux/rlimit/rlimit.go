// Package rlimit knows the resources of prlimit(2) by the spec's names.
package rlimit

// names stand by number, as in asm-generic/resource.h (amd64 and arm64 alike).
var names = [...]string{
	"RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
	"RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS",
	"RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
}

// Number is the resource of a name ("RLIMIT_NOFILE").
func Number(name string) (resource int, ok bool) {
	for i := range names {
		if names[i] == name {
			return i, true
		}
	}
	return 0, false
}

// Name is the name of a resource, or empty.
func Name(resource int) string {
	if resource < 0 || resource >= len(names) {
		return ""
	}
	return names[resource]
}
