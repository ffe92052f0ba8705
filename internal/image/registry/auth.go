package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// authority has what one server wants to be told with each request.
type authority struct {
	host *host
	mu   sync.Mutex
	ways []Challenge
	// tokens by scope; asking is held while one of them is being fetched.
	tokens map[string]accessToken
	asking sync.Mutex
	cred   *Credential
	looked bool
}

type accessToken struct {
	value string
	until time.Time
}

// learn remembers what a server said with its refusal.
func (a *authority) learn(h http.Header) {
	list := challenges(h)
	if len(list) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ways = list
}

// credential looks once.
func (a *authority) credential() (*Credential, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.looked || a.host.client.opt.Credential == nil {
		return a.cred, nil
	}
	c, err := a.host.client.opt.Credential(a.host.domain)
	if err != nil {
		return nil, fmt.Errorf("credentials of %s: %w", a.host.domain, err)
	}
	a.cred, a.looked = c, true
	return c, nil
}

func (a *authority) way(scheme string) *Challenge {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.ways {
		if a.ways[i].Scheme == scheme {
			return &a.ways[i]
		}
	}
	return nil
}

// authorize adds the header that a request for the scope needs; fresh fetches a new token.
func (a *authority) authorize(ctx context.Context, q *http.Request, scope string, fresh bool) error {
	bearer, basic := a.way("bearer"), a.way("basic")
	if bearer == nil && basic == nil {
		return nil
	}
	cred, err := a.credential()
	if err != nil {
		return err
	}
	switch {
	case cred != nil && cred.RegistryToken != "":
		q.Header.Set("Authorization", "Bearer "+cred.RegistryToken)
	case bearer != nil:
		t, err := a.token(ctx, bearer, scope, cred, fresh)
		if err != nil {
			return err
		}
		q.Header.Set("Authorization", "Bearer "+t)
	case cred != nil:
		q.SetBasicAuth(cred.Username, cred.Password)
	}
	return nil
}

// token returns the one for a scope. Layers that start together wait for one request.
func (a *authority) token(ctx context.Context, way *Challenge, scope string, cred *Credential, fresh bool) (string, error) {
	if scope == "" {
		scope = way.Parameters["scope"]
	}
	a.asking.Lock()
	defer a.asking.Unlock()
	if t, ok := a.tokens[scope]; ok && !fresh && time.Now().Before(t.until) {
		return t.value, nil
	}
	t, err := a.fetch(ctx, way, scope, cred)
	if err != nil {
		return "", err
	}
	if a.tokens == nil {
		a.tokens = map[string]accessToken{}
	}
	a.tokens[scope] = t
	return t.value, nil
}

// fetch asks the token server (distribution, "Token Authentication Specification").
func (a *authority) fetch(ctx context.Context, way *Challenge, scope string, cred *Credential) (accessToken, error) {
	realm, err := url.Parse(way.Parameters["realm"])
	if err != nil || realm.Host == "" || realm.Scheme != "https" && realm.Scheme != "http" {
		return accessToken{}, fmt.Errorf("registry %s names no token server: realm is %q", a.host.address, printable(way.Parameters["realm"]))
	}
	if realm.Scheme == "http" && a.host.scheme != "http" && !a.host.client.opt.Config.insecure(realm.Host) {
		return accessToken{}, fmt.Errorf("registry %s names a token server without TLS, %s: nothing is told to it", a.host.address, realm.Redacted())
	}
	q, err := tokenRequest(ctx, realm, way.Parameters["service"], scope, cred)
	if err != nil {
		return accessToken{}, err
	}
	q.Header.Set("User-Agent", a.host.client.opt.Agent)
	answer, err := a.host.http.Do(q)
	if err != nil {
		return accessToken{}, fmt.Errorf("ask %s for a token: %w", realm.Host, plainError(err))
	}
	defer discard(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return accessToken{}, &StatusError{Method: q.Method, URL: realm.String(), Status: answer.StatusCode, Errors: readErrors(answer)}
	}
	t, err := readToken(answer.Body)
	if err != nil {
		return t, fmt.Errorf("ask %s for a token: %w", realm.Host, err)
	}
	return t, nil
}

func tokenRequest(ctx context.Context, realm *url.URL, service, scope string, cred *Credential) (*http.Request, error) {
	form := url.Values{}
	if service != "" {
		form.Set("service", service)
	}
	if cred != nil && cred.IdentityToken != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", cred.IdentityToken)
		form.Set("client_id", "bantam")
		form.Set("scope", scope)
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, realm.String(), strings.NewReader(form.Encode()))
		if err == nil {
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return q, err
	}
	for _, s := range strings.Fields(scope) {
		form.Add("scope", s)
	}
	if cred != nil {
		form.Set("account", cred.Username)
	}
	u := *realm
	if old := u.Query(); len(old) > 0 {
		for k, v := range form {
			old[k] = v
		}
		form = old
	}
	u.RawQuery = form.Encode()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err == nil && cred != nil {
		q.SetBasicAuth(cred.Username, cred.Password)
	}
	return q, err
}

// readToken reads the answer. A token lives 60 seconds where nothing else is said; it is
// given up a little earlier.
func readToken(r io.Reader) (accessToken, error) {
	var body struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return accessToken{}, err
	}
	if err := json.Unmarshal(b, &body); err != nil {
		return accessToken{}, errors.New("its answer is not JSON")
	}
	t := accessToken{value: body.Token, until: time.Now().Add(max(time.Duration(body.ExpiresIn), 60) * time.Second * 9 / 10)}
	if t.value == "" {
		t.value = body.AccessToken
	}
	if t.value == "" || strings.ContainsFunc(t.value, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return accessToken{}, errors.New("its answer has no token")
	}
	return t, nil
}
