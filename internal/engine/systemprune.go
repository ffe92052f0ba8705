package engine

// pruner is one kind of thing that system prune removes.
type pruner struct {
	title string // "Deleted Containers:"
	// warning is what the user is told before, "" if it is left out this time.
	warning func(o *SystemPruneOptions) string
	run     func(e *Engine, o *SystemPruneOptions) (*Pruned, error)
}

// SystemPruneOptions are those of docker system prune.
type SystemPruneOptions struct {
	All     bool // images that have a name, too
	Volumes bool // anonymous volumes, too
	Filters Filters
}

// pruners are in docker's order; a kind of thing that can be pruned is a line here.
func pruners() []pruner {
	return []pruner{
		{"Deleted Containers:", func(*SystemPruneOptions) string { return "all stopped containers" }, func(e *Engine, o *SystemPruneOptions) (*Pruned, error) {
			return e.ContainerPrune(o.Filters)
		}},
		{"Deleted Volumes:", func(o *SystemPruneOptions) string {
			if o.Volumes {
				return "all anonymous volumes not used by at least one container"
			}
			return ""
		}, func(e *Engine, o *SystemPruneOptions) (*Pruned, error) {
			return e.VolumePrune(o.Filters)
		}},
		{"Deleted Images:", func(o *SystemPruneOptions) string {
			if o.All {
				return "all images without at least one container associated to them"
			}
			return "all dangling images"
		}, func(e *Engine, o *SystemPruneOptions) (*Pruned, error) {
			out, err := e.PruneImages(&PruneImagesOptions{All: o.All, Filters: o.Filters})
			if out == nil {
				return nil, err
			}
			return &Pruned{removedWords(out.Removed), out.Space}, err
		}},
	}
}

// removedWords are docker's lines of images.
func removedWords(list []Removed) []string {
	var words []string
	for _, r := range list {
		if r.Untagged != "" {
			words = append(words, "untagged: "+r.Untagged)
		} else {
			words = append(words, "deleted: "+r.Deleted)
		}
	}
	return words
}

// PrunedKind is what system prune removed of one kind.
type PrunedKind struct {
	Title string
	*Pruned
}

// Warnings are what system prune is about to remove.
func (o *SystemPruneOptions) Warnings() []string {
	var list []string
	for _, p := range pruners() {
		if text := p.warning(o); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// SystemPrune removes what nobody uses.
func (e *Engine) SystemPrune(o *SystemPruneOptions) ([]PrunedKind, error) {
	if o.Volumes && o.Filters.Has("until") {
		return nil, &BadFilter{`The "until" filter is not supported with "--volumes"`}
	}
	if err := o.Filters.Check("until", "label", "label!"); err != nil {
		return nil, err
	}
	var list []PrunedKind
	for _, p := range pruners() {
		if p.warning(o) == "" {
			continue
		}
		done, err := p.run(e, o)
		if done != nil {
			list = append(list, PrunedKind{p.title, done})
		}
		if err != nil {
			return list, err
		}
	}
	return list, nil
}
