package vm

import (
	"fmt"
	"strings"
)

// suite is what one test program printed.
type suite struct {
	name   string
	code   string // exit code, "" if it did not end
	output string
}

// split cuts the results port's text into suites. done tells whether the guest
// came to its end.
func split(text string) (suites []suite, done bool) {
	var s *suite
	for _, line := range strings.SplitAfter(text, "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		verb, name, _ := strings.Cut(rest, " ")
		switch {
		case word == "@@" && verb == "begin":
			suites = append(suites, suite{name: name})
			s = &suites[len(suites)-1]
		case word == "@@" && verb == "end" && s != nil:
			s.code = name[strings.LastIndex(name, " ")+1:]
			s = nil
		case word == "@@" && verb == "done":
			done = true
		case s != nil:
			s.output += line
		}
	}
	return suites, done
}

// result is one test of a suite.
type result struct {
	name, verdict string // PASS, FAIL or SKIP
	output        string
}

// results reads the output of a test program run with -test.v.
func (s suite) results() []result {
	var all []result
	output := map[string]string{}
	current := ""
	for _, line := range strings.SplitAfter(s.output, "\n") {
		trimmed := strings.TrimSpace(line)
		if name, ok := started(trimmed); ok {
			current = name
			continue
		}
		if verdict, name, ok := verdictLine(trimmed); ok {
			all = append(all, result{name, verdict, output[name]})
			continue
		}
		output[current] += line
	}
	return all
}

// started reads "=== RUN   TestName" and the other lines that say whose output follows.
func started(line string) (name string, ok bool) {
	for _, word := range []string{"RUN", "CONT", "NAME", "PAUSE"} {
		if name, found := strings.CutPrefix(line, "=== "+word+" "); found {
			return strings.TrimSpace(name), true
		}
	}
	return "", false
}

// verdictLine reads "--- PASS: TestName (0.00s)".
func verdictLine(line string) (verdict, name string, ok bool) {
	for _, verdict := range []string{"PASS", "FAIL", "SKIP"} {
		if rest, found := strings.CutPrefix(line, "--- "+verdict+": "); found {
			name, _, _ := strings.Cut(rest, " ")
			return verdict, name, true
		}
	}
	return "", "", false
}

// check says what is wrong with a suite beyond its failed tests, or nil.
func (s suite) check(results []result) error {
	for _, r := range results {
		if r.verdict == "FAIL" {
			return nil // reported by itself
		}
	}
	if s.code != "0" {
		return fmt.Errorf("%s ended with code %q:\n%s", s.name, s.code, s.output)
	}
	return nil
}
