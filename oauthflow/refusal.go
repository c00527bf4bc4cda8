package oauthflow

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// How long words of a server may be, in characters.
const (
	maxDescription = 300
	maxCode        = 64
)

// masker knows what a request carries that is a secret: everything but what every
// address shows anyway.
func masker(form url.Values, more ...secret.Value) *secret.Masker {
	m := secret.NewMasker(more...)
	for name, values := range form {
		switch name {
		case "grant_type", "client_id", "redirect_uri", "scope", "resource", "response_type", "code_challenge_method", "token_type_hint",
			"prompt", "access_type", "audience":
			continue
		}
		for _, v := range values {
			m.Add(secret.New(v))
		}
	}
	return m
}

// clean makes words of a server harmless: what we sent is masked, nothing is hidden,
// and no more than most characters are left.
func clean(words string, m *secret.Masker, most int) string {
	if m != nil {
		words = m.String(words)
	}
	words = plaintext.OneLine(strings.ToValidUTF8(words, " "))
	if m != nil {
		words = m.String(words) // a hidden character may have stood in what is masked
	}
	return plaintext.Shorten(words, most)
}

// cleanCode cleans an error code, whose alphabet RFC 6749, section 5.2 gives.
func cleanCode(words string, m *secret.Masker) string {
	words = clean(words, m, maxCode)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, words)
}

// words returns a body's error and error_description, which are empty when it has
// none. Some servers write an object where text belongs.
func (a *answer) words() (code, description string) {
	if o := a.object(); o != nil {
		code, description = o.text("error"), o.text("error_description")
		var nested object
		if code == "" && json.Unmarshal(o["error"], &nested) == nil {
			code, description = nested.text("code"), nested.text("message")
		}
		if description == "" {
			description = o.text("message")
		}
		return code, description
	}
	form := a.form()
	return form.Get("error"), form.Get("error_description")
}

// anyWords are the words of a body that speaks a dialect of its own: the members by which
// other APIs tell what went wrong, or a short text. Empty when it has none.
func (a *answer) anyWords() (code, description string) {
	if code, description = a.words(); code != "" {
		return code, description
	}
	o := a.object()
	if o == nil {
		return "", firstOf(description, a.plain())
	}
	for _, name := range []string{"errcode", "error_code", "errorCode", "code"} {
		if n := o.number(name); code == "" && o[name] != nil {
			if code = o.text(name); code == "" && n != 0 {
				code = strconv.FormatFloat(n, 'f', -1, 64)
			}
		}
	}
	for _, name := range []string{"error_message", "errorMessage", "errmsg", "msg", "detail", "title"} {
		description = firstOf(description, o.text(name))
	}
	return code, description
}

// plain is a body that is a short text and no markup.
func (a *answer) plain() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !utf8.Valid(a.body) {
		return ""
	}
	return string(a.body)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// refusal turns an answer that grants nothing into an *Error.
func (a *answer) refusal(stage string, m *secret.Masker, now time.Time) *Error {
	c, description := a.anyWords()
	e := &Error{Kind: Refused, Stage: stage, Host: a.host, Code: cleanCode(c, m), Description: clean(description, m, maxDescription)}
	switch {
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout, a.status/100 == 5:
		e.Kind, e.RetryAfter = Unreachable, retryAfter(a.header, now)
		e.Err = fmt.Errorf("status %d", a.status)
	case a.status/100 == 3:
		e.Kind, e.Err = Unusable, fmt.Errorf("status %d: a redirect is not followed with credentials", a.status)
	case e.Code == "temporarily_unavailable", e.Code == "server_error":
		e.Kind, e.RetryAfter = Unreachable, retryAfter(a.header, now)
	case e.Code == "access_denied":
		e.Kind = Denied
	case invalidGrant(e.Code):
		e.Kind = InvalidGrant
	case e.Code == "":
		e.Err = fmt.Errorf("status %d", a.status)
	}
	return e
}

// invalidGrant reports the code of RFC 6749, and what GitHub and Slack say instead.
func invalidGrant(code string) bool {
	switch code {
	case "invalid_grant", "bad_refresh_token", "invalid_refresh_token", "bad_verification_code":
		return true
	}
	return false
}
