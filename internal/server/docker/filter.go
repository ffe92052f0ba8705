package docker

import (
	"encoding/json"
	"slices"

	"bantam/internal/engine"
)

// filters reads docker's query parameter of that name: {"label": ["a=b"]}, or in the older
// form {"label": {"a=b": true}}.
func (c *call) filters() (engine.Filters, error) {
	text := c.str("filters")
	if text == "" {
		return nil, nil
	}
	var f engine.Filters
	if json.Unmarshal([]byte(text), &f) == nil {
		return f, nil
	}
	var old map[string]map[string]bool
	if err := json.Unmarshal([]byte(text), &old); err != nil {
		return nil, badRequest("invalid filter: " + err.Error())
	}
	f = engine.Filters{}
	for name, values := range old {
		for v, on := range values {
			if on {
				f[name] = append(f[name], v)
			}
		}
		slices.Sort(f[name])
	}
	return f, nil
}
