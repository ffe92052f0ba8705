package local

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestChange(t *testing.T) {
	for _, c := range []struct{ changes, want string }{
		{`CMD ["a","b c"]`, `{"Cmd":["a","b c"]}`},
		{`CMD a "b  c"`, `{"Cmd":["/bin/sh","-c","a \"b  c\""]}`},
		{`cmd [ -f /x ]`, `{"Cmd":["/bin/sh","-c","[ -f /x ]"]}`},
		{"CMD a ;; ENTRYPOINT [\"e\"]", `{"Entrypoint":["e"],"Cmd":["/bin/sh","-c","a"]}`},
		{`ENTRYPOINT exec top`, `{"Entrypoint":["/bin/sh","-c","exec top"]}`},
		{`ENV A=b C='d e' F="g \"h\"" I=j\ k`, `{"Env":["A=b","C=d e","F=g \"h\"","I=j k"]}`},
		{`ENV A b  c`, `{"Env":["A=b  c"]}`},
		{"ENV A=1 B=2 ;; ENV A=3 C=$A$B", `{"Env":["A=3","B=2","C=12"]}`},
		{`ENV A=b ;; ENV B=${A}x C='$A' D=\$A E="$A" F=${N:-none} G=${A:+yes} H=$N.`, `{"Env":["A=b","B=bx","C=$A","D=$A","E=b","F=none","G=yes","H=."]}`},
		{"EXPOSE 80 ;; EXPOSE 53/udp 80/TCP", `{"ExposedPorts":{"53/udp":{},"80/tcp":{}}}`},
		{"EXPOSE 1-3/sctp", `{"ExposedPorts":{"1/sctp":{},"2/sctp":{},"3/sctp":{}}}`},
		{"HEALTHCHECK NONE", `{"Healthcheck":{"Test":["NONE"]}}`},
		{"HEALTHCHECK --interval=5s --timeout=3s --start-period=1m --start-interval=2ms --retries=4 CMD curl -f x || exit 1",
			`{"Healthcheck":{"Test":["CMD-SHELL","curl -f x || exit 1"],"Interval":5000000000,"Timeout":3000000000,"StartPeriod":60000000000,"StartInterval":2000000,"Retries":4}}`},
		{`HEALTHCHECK cmd ["true"]`, `{"Healthcheck":{"Test":["CMD","true"]}}`},
		{`LABEL a=b "c d"="e f" ;; LABEL a=z`, `{"Labels":{"a":"z","c d":"e f"}}`},
		{"LABEL a b c", `{"Labels":{"a":"b c"}}`},
		{"ONBUILD RUN make  all ;; ONBUILD COPY . /x", `{"OnBuild":["RUN make  all","COPY . /x"]}`},
		{"STOPSIGNAL SIGINT", `{"StopSignal":"SIGINT"}`},
		{"STOPSIGNAL 15", `{"StopSignal":"15"}`},
		{"STOPSIGNAL rtmin+3", `{"StopSignal":"rtmin+3"}`},
		{"USER 7:8", `{"User":"7:8"}`},
		{`VOLUME ["/a","/b c"] ;; VOLUME /d /e`, `{"Volumes":{"/a":{},"/b c":{},"/d":{},"/e":{}}}`},
		{"WORKDIR /a ;; WORKDIR b ;; WORKDIR ../c/", `{"WorkingDir":"/a/c"}`},
		{"WORKDIR b", `{"WorkingDir":"/b"}`},
		{"# comment\nENV A=1 \\\n  B=2\n\nUSER x", `{"User":"x","Env":["A=1","B=2"]}`},
	} {
		var p Process
		err := p.Change(strings.Split(c.changes, " ;; "))
		if got, _ := json.Marshal(p); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.changes, got, err, c.want)
		}
	}
}

func TestChangeErrors(t *testing.T) {
	for change, want := range map[string]string{
		"RUN x":                           "RUN is not a valid change command",
		"copy a b":                        "COPY is not a valid change command",
		"":                                "file with no instructions",
		"CMD":                             "CMD requires at least one argument",
		"USER ":                           "USER requires exactly one argument",
		`CMD ["a", 1]`:                    "arrays must be comprised of strings only",
		"ENV A":                           "ENV must have two arguments",
		"ENV A=1 B":                       `can't find = in "B"`,
		"ENV =x":                          "ENV names can not be blank",
		"LABEL a='b":                      "matching single-quote",
		`LABEL a="b`:                      "matching double-quote",
		"ENV A=${B":                       "bad substitution",
		"ENV A=${B:-x":                    "missing '}'",
		"ENV A=${B%x}":                    "unsupported modifier (%)",
		"ENV A=${B:?gone}":                "B: gone",
		"EXPOSE x":                        "invalid containerPort: x",
		"EXPOSE 65536":                    "invalid containerPort: 65536",
		"EXPOSE 9-8":                      "invalid containerPort: 9-8",
		"EXPOSE 80/icmp":                  "invalid proto: icmp",
		"HEALTHCHECK NONE x":              "takes no arguments",
		"HEALTHCHECK CMD":                 "Missing command after HEALTHCHECK CMD",
		"HEALTHCHECK CMD []":              "Missing command after HEALTHCHECK CMD",
		"HEALTHCHECK curl":                `Unknown type "CURL" in HEALTHCHECK (try CMD)`,
		"HEALTHCHECK --retries=1":         "HEALTHCHECK requires at least one argument",
		"HEALTHCHECK --x=1 CMD a":         "unknown flag: --x",
		"HEALTHCHECK --timeout CMD a":     "Missing a value on flag: timeout",
		"HEALTHCHECK --timeout=1us CMD a": "cannot be less than 1ms",
		"HEALTHCHECK --timeout=z CMD a":   "invalid duration",
		"HEALTHCHECK --retries=-1 CMD a":  "cannot be negative",
		"HEALTHCHECK --retries=1 --retries=2 CMD a": "Duplicate flag specified: retries",
		"ONBUILD ONBUILD RUN x":                     "isn't allowed",
		"ONBUILD from x":                            "FROM isn't allowed as an ONBUILD trigger",
		"STOPSIGNAL SIGNOTHING":                     "invalid signal: SIGNOTHING",
		"STOPSIGNAL 0":                              "invalid signal: 0",
		"STOPSIGNAL RTMIN+31":                       "invalid signal",
		`VOLUME [""]`:                               "can not be an empty string",
		`WORKDIR ""`:                                "cannot normalize nothing",
		"USER " + strings.Repeat("${A:-", 200):      "nested too deeply",
	} {
		if err := new(Process).Change([]string{change}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

// What is taken is a configuration that can be stored and read again.
func FuzzChange(f *testing.F) {
	for _, s := range []string{`ENV A='b' C=${A:-x}`, `CMD ["a"]`, "EXPOSE 1-9/udp", "HEALTHCHECK --interval=1s CMD a", "WORKDIR ../x", `VOLUME ["/a"]`, "LABEL a \\\n b", "STOPSIGNAL RTMAX-1", "ONBUILD RUN x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p Process
		if p.Change([]string{s}) != nil {
			return
		}
		if p.WorkingDir != "" && (p.WorkingDir[0] != '/' || strings.Contains(p.WorkingDir+"/", "/../")) {
			t.Errorf("working folder %q", p.WorkingDir)
		}
		b, err := json.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &Process{}); err != nil {
			t.Errorf("%s: %v", b, err)
		}
	})
}
