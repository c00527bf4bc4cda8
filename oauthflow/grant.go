package oauthflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
// shows nothing of it. now is for servers that write a time where a number of seconds
// belongs.
func readGranted(a *answer, now time.Time) (*granted, error) {
	o := a.object()
	if o == nil {
		o = formObject(a.form())
	}
	if o == nil {
		return nil, errors.New("the answer is neither JSON nor a form")
	}
	names := slices.Sorted(maps.Keys(o))
	o = spelled(ofUser(o))
	g := &granted{access: bearer(o.text("access_token")), refresh: secret.New(strings.TrimSpace(o.text("refresh_token"))),
		id: secret.New(strings.TrimSpace(o.text("id_token"))), kind: o.text("token_type"), life: readLife(o, now)}
	switch access := g.access.Reveal(); {
	case access == "":
		return nil, errors.New("the answer holds no access_token" + among(names))
	case unfit(access) || unfit(g.refresh.Reveal()):
		return nil, errors.New("the answer holds a token that is none: it has spaces or control characters, or more than 64 KiB")
	}
	g.scopes = readScopes(o)
	return g, nil
}

// among says which members an answer has.
func among(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; it has " + clean(strings.Join(names, ", "), nil, 100)
}

// bearer takes the word off that a few servers write before the token itself.
func bearer(token string) secret.Value {
	token = strings.TrimSpace(token)
	if word, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(word, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	return secret.New(token)
}

// ofUser returns where the token of the person stands: in the answer itself, or in the
// one member of it that has a token, as at Slack beside the one for its bots, where the
// type of a bearer token is user. What only the answer itself has is added.
func ofUser(o object) object {
	if hasToken(o) {
		return o
	}
	var inner object
	for _, name := range slices.Sorted(maps.Keys(o)) {
		var member object
		if json.Unmarshal(o[name], &member) != nil || !hasToken(member) {
			continue
		}
		if inner != nil {
			return o // nobody knows which is meant
		}
		inner = member
	}
	if inner == nil {
		return o
	}
	if kind := inner.text("token_type"); kind == "user" {
		inner["token_type"] = json.RawMessage(`"Bearer"`)
	}
	for name, value := range o {
		if inner[name] == nil {
			inner[name] = value
		}
	}
	return inner
}

func hasToken(o object) bool { return o.text("access_token") != "" || o.text("accessToken") != "" }

// spelled fills in the members that some servers write as accessToken.
func spelled(o object) object {
	for name, other := range map[string]string{"access_token": "accessToken", "refresh_token": "refreshToken", "id_token": "idToken",
		"token_type": "tokenType", "expires_in": "expiresIn"} {
		if o[name] == nil && o[other] != nil {
			o[name] = o[other]
		}
	}
	return o
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

// readLife reads expires_in: a number of seconds, as a number or text. A few servers
// write the time of the end there instead, as text or as seconds or milliseconds since
// 1970. It is 0 for what is no positive time, and ten years at most.
func readLife(o object, now time.Time) time.Duration {
	const most = 10 * 365 * 24 * time.Hour
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(o.text("expires_in"))); err == nil {
		return max(0, min(at.Sub(now), most))
	}
	n := o.number("expires_in")
	if n <= most.Seconds() {
		return time.Duration(max(0, n) * float64(time.Second)).Truncate(time.Second)
	}
	for _, unit := range []float64{1, 1000} {
		if left := n/unit - float64(now.Unix()); -most.Seconds() < left && left < most.Seconds() {
			return max(0, time.Duration(left)*time.Second)
		}
	}
	return most
}

// readScopes reads scope: words, or an array as some servers send it.
func readScopes(o object) []string {
	scopes := o.list("scope")
	if scopes == nil {
		scopes = []string{o.text("scope")}
	}
	scopes = strings.Fields(strings.Join(scopes, " "))
	if checkScopes(scopes) != nil || len(scopes) == 0 || len(scopes) > 1000 {
		return nil
	}
	return scopes
}

// unfit reports a token that no header can carry.
func unfit(token string) bool {
	return len(token) > maxToken || strings.ContainsFunc(token, notPlain)
}

// split takes apart what GitHub and others send: scopes with commas between them. A
// comma may stand in a scope, so that what was asked as it is stays as it is.
func split(scopes, asked []string) []string {
	var out []string
	for _, scope := range scopes {
		if slices.Contains(asked, scope) {
			out = append(out, scope)
			continue
		}
		out = append(out, strings.FieldsFunc(scope, func(r rune) bool { return r == ',' })...)
	}
	return out
}

// tokenType returns how an access token is sent. A bound one must stay bound: with a
// key Bearer is refused (RFC 9449, section 5), and without one DPoP is. The type has no
// case (RFC 6749, section 5.1), and servers write it in more ways than that.
func tokenType(kind string, bound bool) (string, error) {
	word := strings.ToLower(strings.Trim(kind, " \t\r\n:"))
	switch word {
	case "bearertoken", "bearer_token", "bearer token":
		word = "bearer"
	}
	switch {
	case word == "dpop" && bound:
		return "DPoP", nil
	case (word == "bearer" || word == "") && bound:
		return "", errors.New("the server gave a bearer token where one that is bound to our key was asked (client.dpop)")
	case (word == "bearer" || word == "") && !bound:
		return "Bearer", nil
	case word == "dpop":
		return "", errors.New("the server gave a token that is bound to a key (DPoP), which was not asked for: set client.dpop = true in the profile")
	}
	return "", fmt.Errorf("the server gave a token of the type %q, and only Bearer and DPoP can be used", clean(kind, nil, 40))
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
