package engine

import "runtime"

// VersionInfo says what this program is.
type VersionInfo struct {
	Version   string
	GoVersion string
	GitCommit string
	Os, Arch  string // docker's names, for --format
}

// NewVersion completes what the linker has put into main.
func NewVersion(version, commit string) VersionInfo {
	return VersionInfo{Version: version, GoVersion: runtime.Version(), GitCommit: commit, Os: runtime.GOOS, Arch: runtime.GOARCH}
}
