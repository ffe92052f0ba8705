package killed

import (
	"fmt"
	"slices"
)

// operation is one command line on one container.
type operation struct {
	name  string
	from  state // it is done to containers that may be so
	to    state // what they are once it is acknowledged; 0: as before
	via   state // what they may be besides when it was cut short
	exact bool  // in doubt it is left alone: it might wait for ever
	loose bool  // it may fail: it depends on what others do
	args  func(w *worker, s *subject) (args []string, code int)

	acknowledged func(w *worker, s *subject)
	cut          func(w *worker, s *subject)
}

// result is what a container is after the operation. Doubt stays, but for what removes.
func (o *operation) result(before state) state {
	switch {
	case o.to == 0:
		return before
	case o.to == absent, before.certain() && o.name != "stop":
		return o.to
	case o.name == "stop" && before == created:
		return created
	case o.name == "stop" && before.certain():
		return exited
	}
	return o.to | before
}

// plain is a command line that ends with the container's name.
func plain(args ...string) func(*worker, *subject) ([]string, int) {
	return func(_ *worker, s *subject) ([]string, int) { return append(slices.Clone(args), s.name), 0 }
}

// in is a command line with words behind the container's name.
func in(code int, verb []string, words ...string) func(*worker, *subject) ([]string, int) {
	return func(_ *worker, s *subject) ([]string, int) { return slices.Concat(verb, []string{s.name}, words), code }
}

// programs of containers: one that knows no signals, one that ends when it is asked to.
var programs = [][]string{
	{"sleep", "100000"},
	{"sh", "-c", "trap 'exit 0' TERM; echo started; sleep 100000 & wait"},
}

// fresh is a command line that makes a container.
func fresh(verb ...string) func(*worker, *subject) ([]string, int) {
	return func(w *worker, s *subject) ([]string, int) {
		args := append(slices.Clone(verb), "--name", s.name)
		switch w.random.IntN(5) {
		case 0:
			args = append(args, "--network", "none")
		case 1:
			args = append(args, "-v", fmt.Sprintf("w%d:/data", w.number))
		case 2:
			args = append(args, "-v", "/anonymous", "--init")
		case 3: // nobody else's, so it must be free whenever the container starts again
			args = append(args, "-p", fmt.Sprintf("127.0.0.1:%d:80", 10000+w.number*1000+w.count%1000), "-p", "81")
		}
		return slices.Concat(args, []string{"box"}, programs[w.random.IntN(len(programs))]), 0
	}
}

var operations = []operation{
	{name: "create", from: absent, to: created, via: absent, args: fresh("create")},
	{name: "run -d", from: absent, to: running, via: absent | created | exited, args: fresh("run", "-d")},
	{name: "run -d", from: absent, to: running, via: absent | created | exited, args: fresh("run", "-d")},
	{name: "run --rm", from: absent, to: absent, via: present &^ paused, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"run", "--rm", "--name", s.name, "box", "sh", "-c", "exit 3"}, 3
	}},
	{name: "start", from: created | exited | running, to: running, via: exited, args: plain("start")},
	{name: "start", from: created | exited, to: running, via: exited, args: plain("start")},
	{name: "stop", from: present, to: exited, via: exited, args: plain("stop", "-t", "0")},
	{name: "restart", from: present &^ paused, to: running, via: exited, args: plain("restart", "-t", "0")},
	{name: "kill", from: running, to: running | exited, via: exited, args: plain("kill")},
	{name: "wait", from: exited, exact: true, args: plain("wait")},
	{name: "pause", from: running, to: paused, via: paused, args: plain("pause")},
	{name: "unpause", from: paused, to: running, via: running, args: plain("unpause")},
	{name: "rm", from: ended, to: absent, via: absent, args: plain("rm")},
	{name: "rm -f", from: present, to: absent, via: absent | exited, args: plain("rm", "-f")},
	{name: "rm -fv", from: present, to: absent, via: absent | exited, args: plain("rm", "-f", "-v")},
	{name: "exec", from: running, args: in(5, []string{"exec"}, "sh", "-c", "exit 5")},
	{name: "exec -d", from: running, args: in(0, []string{"exec", "-d"}, "sleep", "100000")},
	{name: "write", from: running, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"exec", s.name, "sh", "-c", fmt.Sprintf("echo line-%d- >/proc/1/fd/1", w.count)}, 0
	}, acknowledged: func(w *worker, s *subject) { s.lines = append(s.lines, fmt.Sprintf("line-%d-", w.count)) }},
	{name: "rename", from: present, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"rename", s.name, fmt.Sprintf("w%d-%dr", w.number, w.count)}, 0
	}, acknowledged: func(w *worker, s *subject) { s.name = fmt.Sprintf("w%d-%dr", w.number, w.count) }, cut: renamed},
	{name: "update", from: present, args: plain("update", "--cpu-shares", "512")},
	{name: "logs", from: present, args: plain("logs")},
	{name: "inspect", from: present, args: plain("inspect")},
	{name: "top", from: running, args: plain("top")},
	{name: "diff", from: present, args: plain("diff")},
	{name: "stats", from: running, args: plain("stats", "--no-stream")},
	{name: "export", from: present, args: plain("export", "-o", "/dev/null")},
	{name: "cp out", from: present, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"cp", s.name + ":/etc/passwd", fmt.Sprintf("%s/cp%d", w.rig.dir, w.number)}, 0
	}},
	{name: "cp in", from: present, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"cp", w.rig.file, s.name + ":/tmp/copied"}, 0
	}},
	{name: "commit", from: present, args: func(w *worker, s *subject) ([]string, int) {
		return []string{"commit", s.name, fmt.Sprintf("commit%d", w.number)}, 0
	}},
	{name: "ps", from: present, args: func(*worker, *subject) ([]string, int) { return []string{"ps", "-a"}, 0 }},
	{name: "tag", from: present, args: other("tag", "box", "tag%d")},
	{name: "rmi tag", from: present, loose: true, args: other("rmi", "tag%d")},
	{name: "rmi commit", from: present, loose: true, args: other("rmi", "-f", "commit%d")},
	{name: "volume create", from: present, args: other("volume", "create", "w%d")},
	{name: "volume rm", from: present, loose: true, args: other("volume", "rm", "w%d")},
	{name: "network create", from: present, loose: true, args: other("network", "create", "net%d")},
	{name: "network rm", from: present, loose: true, args: other("network", "rm", "net%d")},
	{name: "network connect", from: present, loose: true, args: network("connect")},
	{name: "network disconnect", from: present, loose: true, args: network("disconnect")},
	{name: "another's", from: present, loose: true, args: foreign},
}

// other is a command line about something else than a container, of which each worker has one.
func other(words ...string) func(*worker, *subject) ([]string, int) {
	return func(w *worker, _ *subject) ([]string, int) {
		args := slices.Clone(words)
		args[len(args)-1] = fmt.Sprintf(args[len(args)-1], w.number)
		return args, 0
	}
}

func network(verb string) func(*worker, *subject) ([]string, int) {
	return func(w *worker, s *subject) ([]string, int) {
		return []string{"network", verb, fmt.Sprintf("net%d", w.number), s.name}, 0
	}
}

// foreign looks at another worker's container, which may be in the midst of something.
func foreign(w *worker, _ *subject) ([]string, int) {
	verbs := [][]string{{"inspect"}, {"logs"}, {"top"}, {"port"}, {"stats", "--no-stream"}}
	name := fmt.Sprintf("w%d-%d", w.random.IntN(workers), w.random.IntN(w.count+1))
	return append(slices.Clone(verbs[w.random.IntN(len(verbs))]), name), 0
}

// renamed finds out which of its two names a container has after a rename that was killed.
func renamed(w *worker, s *subject) {
	other := fmt.Sprintf("w%d-%dr", w.number, w.count)
	if name, ok := w.rig.nameOf(other); ok {
		s.name = name
	}
}
