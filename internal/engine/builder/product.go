package builder

import (
	"context"
	"errors"
	"strings"
	"sync"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
)

// product is what a build makes for one platform.
type product struct {
	*job
	opt *build.Options // the job's, for this platform
	res *build.Result
}

// platform is the one that the image says.
func (p *product) platform() dockerfile.Platform {
	i := &p.res.Image
	return dockerfile.Platform{OS: i.OS, Arch: i.Architecture, Variant: i.Variant}
}

// folder is its name among the folders of several platforms, as buildx has it: linux_arm64.
func (p *product) folder() string { return strings.ReplaceAll(p.platform().String(), "/", "_") }

// suffix tells its steps in the progress from those of other platforms.
func (p *product) suffix() string {
	if len(p.products) == 1 {
		return ""
	}
	return " " + p.platform().String()
}

// plan makes a product for each platform of --platform, or one for this machine's. To look at the
// file one is enough.
func (j *job) plan() {
	list := []*dockerfile.Platform{nil}
	if len(j.platforms) > 0 {
		list = list[:0]
		for i := range j.platforms {
			list = append(list, &j.platforms[i])
		}
	}
	if j.opt.Check {
		list = list[:1]
	}
	for _, p := range list {
		opt := *j.opt
		opt.File.Platform, opt.File.Several = p, len(list) > 1
		j.products = append(j.products, &product{job: j, opt: &opt})
	}
}

// buildAll builds all products side by side: what is the same for several platforms, a stage
// FROM --platform=$BUILDPLATFORM for instance, is made once. The first error ends all.
func (j *job) buildAll(ctx context.Context, b *build.Builder) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for _, p := range j.products {
		wg.Go(func() {
			var err error
			if p.res, err = b.Build(ctx, p.opt); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	wg.Wait()
	if sums := j.opt.Context.Sums; sums != nil {
		first = errors.Join(first, sums.Save())
	}
	return first
}
