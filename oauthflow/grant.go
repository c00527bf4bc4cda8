package oauthflow

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

const (
	defaultLife = time.Hour
	maxToken    = 64 << 10
)

// granted is a token response, read but not yet trusted.
type granted struct {
	access, refresh, id secret.Value
	kind                string
	life                time.Duration // 0: not told
	scopes              []string      // nil: not told
}

// readGranted reads a token response (RFC 6749, section 5.1) as JSON or, as some
// servers have it, as a form. It holds what a header can carry, or is an error that
// shows nothing of it.
func readGranted(a *answer) (*granted, error) {
	o := a.object()
	if o == nil {
		o = formObject(a.form())
	}
	if o == nil {
		return nil, errors.New("the answer is neither JSON nor a form")
	}
	o = ofUser(o)
	g := &granted{access: secret.New(o.text("access_token")), refresh: secret.New(o.text("refresh_token")),
		id: secret.New(o.text("id_token")), kind: o.text("token_type"), life: o.seconds("expires_in")}
	switch access := g.access.Reveal(); {
	case access == "":
		return nil, errors.New("the answer holds no access_token")
	case unfit(access) || unfit(g.refresh.Reveal()):
		return nil, errors.New("the answer holds a token that is none: it has spaces or control characters, or more than 64 KiB")
	}
	g.scopes = readScopes(o)
	return g, nil
}

// ofUser returns where the token of the person stands: in the answer itself; at Slack,
// in a member beside the one for its bots, and the type of a bearer token is user.
func ofUser(o object) object {
	var user object
	if o["access_token"] != nil || json.Unmarshal(o["authed_user"], &user) != nil || user["access_token"] == nil {
		return o
	}
	if user.text("token_type") == "user" {
		user["token_type"] = json.RawMessage(`"Bearer"`)
	}
	return user
}

// formObject makes a form look like a JSON object of strings.
func formObject(form url.Values) object {
	if len(form) == 0 {
		return nil
	}
	o := object{}
	for name, values := range form {
		o[name], _ = json.Marshal(values[0])
	}
	return o
}

// unfit reports a token that no header can carry.
func unfit(token string) bool {
	return len(token) > maxToken || strings.ContainsFunc(token, notPlain)
}

// readScopes reads scope: words, or an array as some servers send it.
func readScopes(o object) []string {
	scopes := o.list("scope")
	if scopes == nil {
		scopes = strings.Fields(o.text("scope"))
	}
	if checkScopes(scopes) != nil || len(scopes) == 0 || len(scopes) > 1000 {
		return nil
	}
	return scopes
}

// split takes apart what GitHub sends: scopes with commas between them. A comma may
// stand in a scope, so that only an answer without any asked scope is split.
func split(scopes, asked []string) []string {
	if len(scopes) != 1 || slices.Contains(asked, scopes[0]) {
		return scopes
	}
	return strings.FieldsFunc(scopes[0], func(r rune) bool { return r == ',' })
}

// tokenType returns how an access token is sent. A bound one must stay bound: with a
// key Bearer is refused (RFC 9449, section 5), and without one DPoP is.
func tokenType(kind string, bound bool) (string, error) {
	switch {
	case strings.EqualFold(kind, "DPoP") && bound:
		return "DPoP", nil
	case strings.EqualFold(kind, "Bearer") && bound:
		return "", errors.New("the server gave a bearer token where one that is bound to our key was asked")
	case (strings.EqualFold(kind, "Bearer") || kind == "") && !bound:
		return "Bearer", nil
	}
	return "", errors.New("the server gave a token of the type " + clean(kind, nil, 40) + ", which is not the one asked")
}

// expiry returns until when a token is good. Where the server does not say so, the end
// is assumed only of what is renewed without a person: the others, such as those of
// GitHub's OAuth apps, are good until a backend refuses them.
func (f *Flow) expiry(life time.Duration, now time.Time, renewable bool) time.Time {
	if life == 0 {
		life = f.config.ExpiresIn
	}
	switch {
	case life < 0, life == 0 && !renewable:
		return time.Time{}
	case life == 0:
		life = defaultLife
	}
	return now.Add(life)
}

// missing tells which scopes were asked and not granted; empty when none.
func missing(asked, got []string) string {
	var lost []string
	for _, s := range asked {
		// offline_access is asked for a refresh token and often not listed.
		if !slices.Contains(got, s) && s != "offline_access" {
			lost = append(lost, s)
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return "the server did not grant " + strings.Join(lost, " ")
}
