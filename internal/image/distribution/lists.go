package distribution

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// pageSize is the most entries of one answer.
const pageSize = 1000

// page picks what the query asks for, n entries behind last, and links the next page.
func (c *call) page(all []string) ([]string, error) {
	q := c.r.URL.Query()
	n := pageSize
	if text := q.Get("n"); text != "" {
		asked, err := strconv.Atoi(text)
		if err != nil || asked < 0 {
			return nil, failure{http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "n is no number"}
		}
		n = min(n, asked)
	}
	if last := q.Get("last"); last != "" {
		at, found := slices.BinarySearch(all, last)
		if found {
			at++
		}
		all = all[at:]
	}
	if len(all) <= n {
		return all, nil
	}
	if n > 0 {
		q.Set("n", strconv.Itoa(n))
		q.Set("last", all[n-1])
		next := url.URL{Path: c.r.URL.Path, RawQuery: q.Encode()}
		c.w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	return all[:n], nil
}

// tags serves GET /v2/NAME/tags/list.
func (c *call) tags() error {
	if !c.repo.exists() {
		return failure{http.StatusNotFound, "NAME_UNKNOWN", "the repository " + c.repo.name + " is unknown to the registry"}
	}
	all, err := c.repo.list("_tags")
	if err != nil {
		return err
	}
	return c.answerNames("tags", c.repo.name, all)
}

// catalog serves GET /v2/_catalog.
func (c *call) catalog() error {
	list, err := c.repositories()
	if err != nil {
		return err
	}
	var names []string
	for _, r := range list {
		names = append(names, r.name)
	}
	return c.answerNames("repositories", "", names)
}

func (c *call) answerNames(key, name string, all []string) error {
	some, err := c.page(all)
	if err != nil {
		return err
	}
	if some == nil {
		some = []string{}
	}
	body := map[string]any{key: some}
	if name != "" {
		body["name"] = name
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.json("application/json", b)
}

// referrers serves GET /v2/NAME/referrers/DIGEST. A repository that nobody has pushed to
// has none.
func (c *call) referrers(text string) error {
	subject, err := parseContent(text)
	if err != nil {
		return err
	}
	names, err := c.repo.list("_referrers/" + subject.key())
	if err != nil {
		return err
	}
	names, err = c.page(names)
	if err != nil {
		return err
	}
	filter := c.r.URL.Query().Get("artifactType")
	list := []entry{}
	for _, n := range names {
		e, err := c.repo.entry(digest.FromHex(n))
		if err != nil || e.Subject != subject.String() || filter != "" && e.ArtifactType != filter {
			continue
		}
		e.Subject = ""
		list = append(list, e)
	}
	if filter != "" {
		c.w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	b, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifest.TypeIndex, "manifests": list})
	if err != nil {
		return err
	}
	return c.json(manifest.TypeIndex, b)
}
