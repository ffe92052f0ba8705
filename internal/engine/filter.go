package engine

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Filters are what --filter NAME=VALUE has collected: the values of each name.
type Filters map[string][]string

// Add takes one filter as the user wrote it.
func (f *Filters) Add(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("bad format of filter (expected name=value)")
	}
	if *f == nil {
		*f = Filters{}
	}
	name = strings.ToLower(strings.TrimSpace(name))
	(*f)[name] = append((*f)[name], strings.TrimSpace(value))
	return nil
}

// Check refuses a name that is none of the known.
func (f Filters) Check(known ...string) error {
	for name := range f {
		if !slices.Contains(known, name) {
			return &BadFilter{"invalid filter '" + name + "'"}
		}
	}
	return nil
}

// BadFilter is a filter that makes no sense; the API answers it with 400.
type BadFilter struct{ Text string }

func (e *BadFilter) Error() string { return e.Text }

func badFilter(name, value string) error {
	return &BadFilter{"invalid filter '" + name + "=" + value + "'"}
}

// Has says whether there is such a filter.
func (f Filters) Has(name string) bool { return len(f[name]) > 0 }

// Any says whether one of the name's values fits; without any everything does.
func (f Filters) Any(name string, fits func(value string) bool) bool {
	return !f.Has(name) || slices.ContainsFunc(f[name], fits)
}

// Is is Any for values that are equal.
func (f Filters) Is(name string, values ...string) bool {
	return f.Any(name, func(v string) bool { return slices.Contains(values, v) })
}

// Labels says whether the labels have all that filters of that name want: NAME or NAME=VALUE.
func (f Filters) Labels(name string, labels map[string]string) bool {
	return !slices.ContainsFunc(f[name], func(want string) bool { return !hasLabel(labels, want) })
}

// PruneLabels is what prune makes of label and label!: the first must all be there, none
// of the second may.
func (f Filters) PruneLabels(labels map[string]string) bool {
	return f.Labels("label", labels) &&
		!slices.ContainsFunc(f["label!"], func(not string) bool { return hasLabel(labels, not) })
}

func hasLabel(labels map[string]string, want string) bool {
	k, v, exact := strings.Cut(want, "=")
	have, ok := labels[k]
	return ok && (!exact || have == v)
}

// Bool reads a filter of which docker takes true or false, as 1 or 0 too; nil is none.
func (f Filters) Bool(name string) (*bool, error) {
	var found *bool
	for _, v := range f[name] {
		var is bool
		switch v {
		case "1", "true":
			is = true
		case "0", "false":
		default:
			return nil, badFilter(name, v)
		}
		if found != nil && *found != is {
			return nil, &BadFilter{"invalid filter '" + name + "': both true and false"}
		}
		found = &is
	}
	return found, nil
}

// until is the time of the filter until: what came before it fits. Zero is none.
func (f Filters) until() (earliest time.Time, err error) {
	for _, v := range f["until"] {
		t, err := untilTime(v, time.Now())
		if err != nil {
			return t, badFilter("until", v)
		}
		if earliest.IsZero() || t.Before(earliest) {
			earliest = t
		}
	}
	return earliest, nil
}
