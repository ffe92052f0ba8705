// Package features writes the document of `bantam-oci features` (runtime-spec
// features.md): what the runtime implements, whatever the host has. The lists
// come from the tables that the runtime itself reads.
package features

import (
	"bantam/internal/linux/capability"
	"bantam/internal/linux/mount"
	"bantam/internal/linux/namespace"
	"bantam/internal/linux/seccomp"
	"bantam/internal/oci"
)

// Runtime says what the document cannot know by itself.
type Runtime struct {
	Version string // of the program
	Commit  string
	GOARCH  string
}

// Document is the features document, indented as runc's.
func Document(r Runtime) []byte {
	w := &writer{}
	w.open("")
	w.text("ociVersionMin", "1.0.0")
	w.text("ociVersionMax", oci.SpecVersion)
	w.list("hooks", []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"})
	w.list("mountOptions", mount.Names())
	linux(w, r)
	annotations(w, r)
	w.list("potentiallyUnsafeConfigAnnotations", []string{"org.systemd.property."})
	w.close()
	return append(w.b, '\n')
}

func linux(w *writer, r Runtime) {
	w.open("linux")
	w.list("namespaces", namespace.Types())
	w.list("capabilities", capability.Known(capability.Last))
	w.flags("cgroup", "v1", "v2", "systemd", "systemdUser", "rdma")
	w.open("seccomp")
	w.flag("enabled", true)
	w.list("actions", seccomp.Actions())
	w.list("operators", seccomp.Operators())
	w.list("archs", seccomp.Archs(r.GOARCH))
	w.list("knownFlags", seccomp.Flags())
	w.list("supportedFlags", seccomp.Flags())
	w.close()
	w.flags("apparmor", "enabled")
	w.flags("selinux", "enabled")
	w.flags("intelRdt", "enabled", "schemata", "monitoring")
	w.open("memoryPolicy")
	w.list("modes", []string{"MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL"})
	w.list("flags", []string{"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"})
	w.close()
	w.open("mountExtensions")
	w.flags("idmap", "enabled")
	w.close()
	w.flags("netDevices", "enabled")
	w.close()
}

// annotations: checkpoint is said as runc says it, for callers that look there.
func annotations(w *writer, r Runtime) {
	w.open("annotations")
	w.text("bantam.commit", r.Commit)
	w.text("bantam.version", r.Version)
	w.text("org.opencontainers.runc.checkpoint.enabled", "false")
	w.close()
}
