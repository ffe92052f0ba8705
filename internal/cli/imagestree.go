package cli

import (
	"slices"
	"strings"
	"text/tabwriter"

	"bantam/internal/engine"
)

// imageTree prints images with their platforms.
func (c *call) imageTree(filters engine.Filters, all bool) int {
	list, err := c.engine().ImageTrees(&engine.ImagesOptions{Filters: filters})
	if err != nil {
		return c.fail(err)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 1, 3, ' ', 0)
	_, _ = w.Write([]byte("IMAGE\tID\tDISK USAGE\tCONTENT SIZE\tEXTRA\n"))
	for _, i := range list {
		rest := treeCells(i.ID, i.Size, i.Content, i.InUse)
		names := append(i.RepoTags, i.RepoDigests...)
		if len(names) == 0 {
			names = []string{"<untagged>"}
		}
		for _, n := range names {
			_, _ = w.Write([]byte(n + rest + "\n"))
		}
		platforms := slices.DeleteFunc(i.Manifests, func(m engine.ImageManifest) bool { return m.Kind != engine.KindImage || m.ID == "" && !all })
		for k, p := range platforms {
			branch := "├─ "
			if k == len(platforms)-1 {
				branch = "└─ "
			}
			_, _ = w.Write([]byte(branch + p.Platform.String() + treeCells(p.ID, p.Size, p.Content, len(p.Containers) > 0) + "\n"))
		}
	}
	_ = w.Flush()
	c.print(b.String())
	return 0
}

// treeCells are an image's cells behind its name; a platform that is not here has no id.
func treeCells(id string, size, content int64, inUse bool) string {
	short, extra := "", ""
	if id != "" {
		short = id[len("sha256:"):][:12]
	}
	if inUse {
		extra = "U"
	}
	return "\t" + short + "\t" + engine.HumanSize(size) + "\t" + engine.HumanSize(content) + "\t" + extra
}
