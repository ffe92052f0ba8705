package main

import (
	"fmt"
	"slices"
	"time"
)

// row is one line of the table: what the contestants needed for one thing.
type row struct {
	Name    string             `json:"name"`
	View    string             `json:"view"`
	Idle    bool               `json:"idle"`
	Unit    string             `json:"unit"`
	Medians map[string]float64 `json:"medians"`
	Minima  map[string]float64 `json:"minima"`
	Runs    int                `json:"runs"`
}

// samples are the costs of one contestant.
type samples []cost

func (s samples) quantile(of func(cost) float64, q float64) float64 {
	values := make([]float64, len(s))
	for i, c := range s {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[min(int(q*float64(len(values))), len(values)-1)]
}

func milliseconds(c cost) float64    { return float64(c.wall) / float64(time.Millisecond) }
func cpuMilliseconds(c cost) float64 { return float64(c.cpu) / float64(time.Millisecond) }
func kibibytes(c cost) float64       { return float64(c.peak) }

// newRow reduces the contestants' samples to a row.
func newRow(name, view, unit string, idle bool, of func(cost) float64, all map[string]samples) row {
	r := row{Name: name, View: view, Idle: idle, Unit: unit, Medians: map[string]float64{}, Minima: map[string]float64{}}
	for who, s := range all {
		r.Medians[who] = s.quantile(of, 0.5)
		r.Minima[who] = s.quantile(of, 0)
		r.Runs = len(s)
	}
	return r
}

func (r row) cell(who string) string {
	if m, ok := r.Medians[who]; ok {
		return number(m)
	}
	return ""
}

// our returns our own median of the row.
func (r row) our() float64 {
	for _, who := range []string{"bantam-oci", "box"} {
		if m, ok := r.Medians[who]; ok {
			return m
		}
	}
	return r.Medians["bantam"]
}

func (r row) ours() string { return number(r.our()) }

func (r row) ratio(peer string) string {
	if m, ok := r.Medians[peer]; ok && m > 0 {
		return fmt.Sprintf("%.2f", r.our()/m)
	}
	return ""
}

func number(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
