package engine

import (
	"slices"
	"strings"
)

// causes are the likely reasons of an error, the likeliest first, each with what confirms it.
func (c *container) causes(text string) []string {
	for _, k := range knownCauses {
		if strings.Contains(text, k.step) && strings.Contains(text, k.in) {
			return c.inItsWords(k.causes)
		}
	}
	return []string{"What this machine lacks: bantam system check"}
}

// endCauses are those of an exit code.
func (c *container) endCauses() []string {
	if c.State.OOM {
		return outOfMemory
	}
	for _, k := range knownEnds {
		if k.code == c.State.ExitCode {
			return k.causes
		}
	}
	return nil
}

// inItsWords are causes with the container's own words in their commands, and docker's where it is docker's.
func (c *container) inItsWords(causes []string) (list []string) {
	r := c.Record
	program := "PROGRAM"
	if args := append(slices.Clone(r.Config.Entrypoint), r.Config.Cmd...); len(args) > 0 {
		program = word(args[0])
	}
	pairs := []string{"CONTAINER", r.Name, "IMAGE", word(r.Config.Image), "PROGRAM", program, "FOLDER", word(r.Config.WorkingDir)}
	if c.docker {
		pairs = append(pairs, "bantam image tree --files IMAGE", "bantam debug "+r.Name+" ls -l "+program,
			"bantam trace", "docker start "+r.Name+"; bantam trace", "bantam ps", "docker ps", "bantam system df", "docker system df")
		for _, verb := range [...]string{"inspect", "image inspect", "logs", "events", "stats"} {
			pairs = append(pairs, "bantam "+verb, "docker "+verb)
		}
	}
	own := strings.NewReplacer(pairs...)
	for _, text := range causes {
		list = append(list, own.Replace(text))
	}
	return list
}

// word writes a word for the shell, in quotes where it wants them.
func word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return quote(s)
}

// knownCauses belong to an error in which both texts stand. Those of a certain step come first.
var knownCauses = []struct {
	step, in string
	causes   []string
}{
	{"chdir to the working directory", "", []string{
		"The working folder is, or lies below, a file of the image, or the user may not enter it: bantam debug -u 0 CONTAINER ls -ld FOLDER",
	}},
	{"set sysctl", "", []string{
		"1. The name is mistyped, or this kernel has no such setting in a new namespace: bantam run --rm box sysctl -a",
		"2. The value is not one of those that the setting takes: bantam inspect --format '{{.HostConfig.Sysctls}}' CONTAINER",
	}},
	{"mount ", "invalid argument", []string{unlike}},
	{"mount ", "not a directory", []string{unlike}},
	{"cpuset.cpus", "", []string{"This machine, or the control group that bantam is in, has not these processors: nproc; lscpu --online"}},
	{"cpuset.mems", "", []string{"This machine, or the control group that bantam is in, has not these memory nodes: lscpu"}},
	{"", "executable file not found", []string{
		"1. The image has no such program: bantam image tree --files IMAGE",
		"2. PATH of the image does not lead to it: bantam inspect --format '{{.Config.Env}}' CONTAINER",
	}},
	{"", "exec format error", []string{
		"1. The program is for another architecture: bantam image inspect --format '{{.Architecture}}' IMAGE",
		"2. It is a script without a first line #!: bantam debug CONTAINER head -c 20 PROGRAM",
	}},
	{"exec", "no such file or directory", []string{
		"1. The program's loader or a script's interpreter is not in the image: bantam debug CONTAINER head -c 200 PROGRAM",
		"2. The image has no such program: bantam debug CONTAINER ls -l PROGRAM",
	}},
	{"", "no such file or directory", []string{
		"A file or folder that is to be mounted or opened is not there: bantam inspect --format '{{.Mounts}}' CONTAINER",
	}},
	{"", "operation not permitted", []string{
		"1. This process has not the right: are you root? bantam system check",
		"2. A security module or the outer container's seccomp filter refuses the call: dmesg | tail",
	}},
	{"", "permission denied", []string{
		"1. The file may not be executed: bantam debug CONTAINER ls -l PROGRAM",
		"2. The file system is mounted with noexec: bantam debug CONTAINER cat /proc/mounts",
	}},
	{"", "address already in use", []string{"A port that is to be published is taken: bantam ps; ss -ltnp"}},
	{"", "no space left on device", []string{"The disk is full, or out of inodes: df; df -i; bantam system df"}},
	{"", "cannot allocate memory", []string{"Too little memory, or too many mounts or namespaces: bantam system check; sysctl user fs.mount-max"}},
}

// unlike is why a mount is refused.
const unlike = "A file is to be mounted on a folder, or a folder on a file: bantam inspect --format '{{.Mounts}}' CONTAINER; ls -ld SOURCE"

var outOfMemory = []string{"It needs more than --memory gives: bantam inspect --format '{{.HostConfig.Memory}}' CONTAINER; bantam stats CONTAINER while it runs"}

// knownEnds belong to an exit code (signal(7); 126 and 127 are a shell's).
var knownEnds = []struct {
	code   int
	causes []string
}{
	{CodeNoExec, []string{"A program that it calls may not be executed, or is for another machine: bantam trace CONTAINER"}},
	{CodeNotFound, []string{"A program that it calls is not in the image, or not in PATH: bantam trace CONTAINER"}},
	{128 + 4, []string{"The program has instructions that this processor lacks, or has ended itself: lscpu"}},
	{128 + 6, []string{"The program has ended itself, and mostly says why: bantam logs CONTAINER"}},
	{128 + 9, []string{
		"1. Somebody has killed it: bantam events --since 24h --until 0s --filter container=CONTAINER",
		"2. The host was out of memory: dmesg | grep -i oom",
	}},
	{128 + 11, []string{"An error in the program, or a library that doesn't fit it: bantam trace CONTAINER; dmesg | grep segfault"}},
	{128 + 15, []string{"Somebody has stopped it: bantam events --since 24h --until 0s --filter container=CONTAINER"}},
	{128 + 31, []string{"The seccomp profile forbids a call that the program makes: bantam trace --summary CONTAINER"}},
}
