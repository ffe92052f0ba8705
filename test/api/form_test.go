package api

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// dockerd starts docker's own daemon with everything in a folder and a network namespace of its own.
func dockerd(t *testing.T) *peer {
	t.Helper()
	testenv.Root(t)
	program := testenv.Program(t, "dockerd")
	testenv.Program(t, "containerd")
	dir, err := os.MkdirTemp("", "bantam-dockerd-") // its sockets' paths are short there
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(dir + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	socket := dir + "/docker.sock"
	cmd := exec.Command(program, "-H", "unix://"+socket, "--data-root", dir+"/data", "--exec-root", dir+"/exec", "--pidfile", dir+"/pid", "--config-file", "",
		"--log-level", "warn", "--bridge=none", "--iptables=false", "--ip6tables=false")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := cmd.Start(); err != nil {
		testenv.Skip(t, "dockerd-starts", err.Error())
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
		}
		_ = os.RemoveAll(dir)
	})
	p := &peer{t: t, h: over(socket)}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if a, err := p.h.Get("http://d/_ping"); err == nil {
			a.Body.Close()
			return p
		}
		select {
		case <-ended:
			b, _ := os.ReadFile(log.Name())
			testenv.Skip(t, "dockerd-starts", string(b))
		default:
		}
		if time.Now().After(end) {
			testenv.Skip(t, "dockerd-starts", "it does not answer")
		}
	}
}

func over(socket string) *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
	}}
}

// peer is one of two servers that are asked the same.
type peer struct {
	t *testing.T
	h *http.Client
}

func (p *peer) ask(method, target, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, "http://d/v1.41"+target, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := p.h.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// shape lists the members of a JSON value and their types, as "State.Pid number". Lists have one element, [].
func shape(v any, at string, to map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		to[at] = "object"
		for k, e := range v {
			if named[at] {
				k = "*"
			}
			shape(e, strings.TrimPrefix(at+"."+k, "."), to)
		}
	case []any:
		to[at] = "array"
		for _, e := range v {
			shape(e, at+"[]", to)
		}
	case string:
		to[at] = "string"
	case float64:
		to[at] = "number"
	case bool:
		to[at] = "bool"
	case nil:
		if to[at] == "" {
			to[at] = "null"
		}
	}
}

// named are objects whose members' names are data.
var named = map[string]bool{"Runtimes": true, "[].Options": true, "Containers": true, "memory_stats.stats": true, "GraphDriver.Data": true}

// reasons are the differences that are meant to be, by the end of their names.
var reasons = map[string]string{
	"BuildTime string":                              "a build of bantam can be repeated, so it has no time",
	"Commit.Expected string":                        "bantam has no containerd, runc and docker-init",
	"BridgeNfIp6tables bool":                        "netfilter of bridges is not used",
	"BridgeNfIptables bool":                         "netfilter of bridges is not used",
	"KernelMemory bool":                             "is no more since 1.42",
	"KernelMemoryTCP bool":                          "is no more since 1.52",
	"KernelMemory number":                           "is no more since 1.42",
	"KernelMemoryTCP number":                        "is no more since 1.52",
	"AllowNondistributableArtifactsCIDRs array":     "is no more since 1.52",
	"AllowNondistributableArtifactsHostnames array": "is no more since 1.52",
	"DriverStatus[] array":                          "bantam's store has no options to show",
	"DriverStatus[][] string":                       "bantam's store has no options to show",
	"Config.AttachStdout bool":                      "what a client was attached to is not kept",
	"Config.AttachStderr bool":                      "what a client was attached to is not kept",
	"ContainerConfig.Cmd[] string":                  "docker's is empty where no container was the image's origin",
	"ContainerConfig.Env[] string":                  "docker's is empty where no container was the image's origin",
	"CDISpecDirs null":                              "since 1.44",
	"DNSNames null":                                 "since 1.44",
	"GwPriority number":                             "since 1.48",
	"EnableIPv4 bool":                               "since 1.47",
	"os_type string":                                "since 1.52",
	"[].IPAM.Config[] object":                       "this dockerd has no bridge",
	"[].IPAM.Config[].Gateway string":               "this dockerd has no bridge",
	"[].IPAM.Config[].Subnet string":                "this dockerd has no bridge",
	"[].Options.* string":                           "this dockerd has no bridge",
}

func meant(difference string) bool {
	if strings.Contains(difference, " blkio_stats.") && strings.Contains(difference, "[]") {
		return true // who finds its files in the page cache reads no block
	}
	for end := range reasons {
		if strings.HasSuffix(difference, end) {
			return true
		}
	}
	return false
}

func form(t *testing.T, text string) map[string]string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	m := map[string]string{}
	shape(v, "", m)
	return m
}

// differences says where two forms differ. null is any type, for Go's empty lists are null.
func differences(docker, ours map[string]string) (list []string) {
	for k, kind := range docker {
		switch own, ok := ours[k]; {
		case !ok:
			list = append(list, "lacks "+k+" "+kind)
		case own != kind && own != "null" && kind != "null":
			list = append(list, k+" is "+own+" and not "+kind)
		}
	}
	for k, kind := range ours {
		if _, ok := docker[k]; !ok {
			list = append(list, "has "+k+" "+kind)
		}
	}
	slices.Sort(list)
	return list
}

// The same requests to docker's daemon and to ours: the answers have the same members of the same types.
func TestFormAsDockers(t *testing.T) {
	s := start(t)
	docker, ours := dockerd(t), &peer{t, over(s.socket())}
	image, err := exec.Command(s.bantam, "--root", s.dir+"/root", "save", "box").Output()
	if err != nil {
		t.Fatal(err)
	}
	if code, text := docker.ask("POST", "/images/load", string(image)); code != 200 {
		testenv.Skip(t, "dockerd-loads", text)
	}
	both := func(method, target, body string) {
		t.Helper()
		want, theirs := docker.ask(method, target, body)
		got, own := ours.ask(method, target, body)
		if got != want {
			t.Errorf("%s %s: %d %s, docker's is %d %s", method, target, got, own, want, theirs)
			return
		}
		if strings.TrimSpace(theirs) == "" || strings.TrimSpace(own) == "" {
			return
		}
		for _, d := range differences(form(t, theirs), form(t, own)) {
			if !meant(d) {
				t.Errorf("%s %s %s", method, target, d)
			}
		}
	}
	both("GET", "/version", "")
	both("GET", "/info", "")
	both("GET", "/images/json", "")
	both("GET", "/images/box/json", "")
	both("GET", "/images/box/history", "")
	both("GET", "/images/nope/json", "")
	both("POST", "/volumes/create", `{"Name":"vol","Labels":{"a":"b"}}`)
	both("GET", "/volumes", "")
	both("GET", "/volumes/vol", "")
	both("POST", "/containers/create?name=egg", `{"Image":"box","Cmd":["sleep","1000"],"Labels":{"a":"b"},"HostConfig":{"NetworkMode":"none","Binds":["vol:/v"],"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}},"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000}}`)
	both("POST", "/containers/create?name=egg", `{"Image":"box"}`)
	both("GET", "/containers/egg/json", "")
	both("POST", "/containers/egg/start", "")
	both("POST", "/containers/egg/start", "")
	healthy(t, docker, ours)
	both("GET", "/containers/egg/json?size=1", "")
	both("GET", "/containers/json?size=1", "")
	both("GET", "/containers/egg/stats?stream=0", "")
	both("GET", "/containers/egg/top", "")
	both("GET", "/containers/egg/changes", "")
	both("GET", "/networks", "")
	both("GET", "/networks/none", "")
	both("GET", "/networks/nope", "")
	both("POST", "/containers/egg/exec", `{"Cmd":["true"]}`)
	both("GET", "/system/df", "")
	both("POST", "/containers/egg/kill?signal=SIGNOPE", "")
	both("POST", "/containers/egg/update", `{"Memory":100000000,"MemorySwap":200000000}`)
	both("POST", "/containers/egg/update", `{"Memory":300000000}`)
	both("POST", "/containers/egg/stop?t=0", "")
	both("POST", "/containers/egg/stop?t=0", "")
	both("POST", "/containers/egg/kill", "")
	both("DELETE", "/containers/egg", "")
	both("DELETE", "/containers/egg", "")
	both("POST", "/containers/prune", "")
	both("POST", "/images/prune", "")
	both("POST", "/volumes/prune", "")
	both("POST", "/networks/prune", "")
	both("POST", "/build/prune", "")
	both("DELETE", "/images/box", "")
}

// healthy waits until a probe has run in both containers, whose results are part of the description.
func healthy(t *testing.T, peers ...*peer) {
	t.Helper()
	for _, p := range peers {
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if _, text := p.ask("GET", "/containers/egg/json", ""); strings.Contains(text, `"Status":"healthy"`) {
				break
			}
			if time.Now().After(end) {
				t.Fatal("no probe has run")
			}
		}
	}
}

// What inspect says of a container makes another one like it, as watchtower does.
func TestAgainFromInspect(t *testing.T) {
	s := start(t)
	p := &peer{t, over(s.socket())}
	for name, host := range map[string]string{
		"plain":      `{"NetworkMode":"none"}`,
		"privileged": `{"NetworkMode":"none","Privileged":true}`,
		"open":       `{"NetworkMode":"none","SecurityOpt":["systempaths=unconfined"],"Memory":100000000,"Init":true,"Tmpfs":{"/t":"size=1m"}}`,
	} {
		if code, text := p.ask("POST", "/containers/create?name="+name, `{"Image":"box","HostConfig":`+host+`}`); code != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, code, text)
		}
		var i struct{ Config, HostConfig json.RawMessage }
		_, text := p.ask("GET", "/containers/"+name+"/json", "")
		if err := json.Unmarshal([]byte(text), &i); err != nil {
			t.Fatal(err)
		}
		again := strings.TrimSuffix(string(i.Config), "}") + `,"HostConfig":` + string(i.HostConfig) + "}"
		if code, text := p.ask("POST", "/containers/create?name="+name+"-again", again); code != http.StatusCreated {
			t.Errorf("%s again: %d %s", name, code, text)
		}
		_, now := p.ask("GET", "/containers/"+name+"-again/json", "")
		var j struct{ HostConfig json.RawMessage }
		if err := json.Unmarshal([]byte(now), &j); err != nil || string(j.HostConfig) != string(i.HostConfig) {
			t.Errorf("%s again: %v\n%s\nwas\n%s", name, err, j.HostConfig, i.HostConfig)
		}
	}
}
