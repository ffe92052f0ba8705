package cli

import (
	"strings"
	"text/tabwriter"

	"bantam/internal/engine"
)

// imageTree prints images with their platforms. An image has one here.
func (c *call) imageTree(filters engine.Filters) int {
	list, err := c.engine().ImageTrees(filters)
	if err != nil {
		return c.fail(err)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 1, 3, ' ', 0)
	_, _ = w.Write([]byte("IMAGE\tID\tDISK USAGE\tCONTENT SIZE\tEXTRA\n"))
	for _, i := range list {
		rest := "\t" + i.ID[len("sha256:"):][:12] + "\t" + engine.HumanSize(i.Size) + "\t" + engine.HumanSize(i.Content) + "\t"
		if i.InUse {
			rest += "U"
		}
		names := append(i.RepoTags, i.RepoDigests...)
		if len(names) == 0 {
			names = []string{"<untagged>"}
		}
		for _, n := range names {
			_, _ = w.Write([]byte(n + rest + "\n"))
		}
		_, _ = w.Write([]byte("└─ " + i.Platform + rest + "\n"))
	}
	_ = w.Flush()
	c.print(b.String())
	return 0
}
