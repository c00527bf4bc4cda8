package request

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Credential is one usable credential and the scheme that says where it goes.
type Credential struct {
	// Scheme is the upstream scheme. nil hands Value on as the Authorization
	// header, which is what server.passthroughAuthHeader asks for.
	Scheme *profiles.SecurityScheme
	// Value is the token, the key, user:password, or what one of the plan's Secrets
	// stands for. It is empty for mutualTLS, which the connection carries.
	Value secret.Value
	// Passthrough says that Value is what [Extract] took from the client. Such a
	// value is prefixed, but never encoded.
	Passthrough bool
	// Type is the type of an OAuth token: Bearer, also when empty, or DPoP.
	Type string
	// Proof is the DPoP proof (RFC 9449) of this one request, which a token of that
	// type needs.
	Proof string
}

// Request makes the request to send. It is the one place where a credential
// meets a request: templates are rendered with the secret values; http schemes, oauth2 and openIdConnect set Authorization, an
// apiKey sets its header, query parameter or cookie, and replaces what stands
// there under that name. It may be called again, with other credentials too:
// the plan stays as it is, and the body can be read again (GetBody is set).
//
// The error is an [*Error] of kind CredentialMissing, and no request is returned,
// when creds satisfy none of the plan's alternatives or lack a secret value, when a scheme cannot be
// applied, when two credentials need one place, or when a credential holds what
// cannot be sent. Its text never holds a credential.
func (p *Plan) Request(ctx context.Context, creds []Credential) (*http.Request, error) {
	if p.Direct {
		return nil, &Error{Kind: TemplateFailed, Tool: p.toolName(), Message: "answers without a request"}
	}
	if err := p.satisfied(creds); err != nil {
		err.Tool = p.toolName()
		return nil, err
	}
	full, problem := p.revealed(creds)
	if problem != nil {
		problem.Tool = p.toolName()
		return nil, problem
	}
	r, err := http.NewRequestWithContext(ctx, full.Method, full.URL, bytes.NewReader(full.Body))
	if err != nil {
		return nil, &Error{Kind: TemplateFailed, Tool: p.toolName(), Part: "url", Message: "is not a valid request"}
	}
	r.Header = full.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	places := map[string]bool{}
	for _, c := range slices.SortedStableFunc(slices.Values(creds), forwardedFirst) {
		place, err := apply(r, c)
		if err == nil && place != "" && places[place] {
			err = credentialError(c, "needs a place that another credential of this call has", "")
		}
		if err != nil {
			err.Tool = p.toolName()
			return nil, err
		}
		if c.Scheme != nil {
			places[place] = true
		}
	}
	return r, nil
}

// forwardedFirst puts a forwarded Authorization header first, so that a scheme
// of the tool replaces it, as in Higress.
func forwardedFirst(a, b Credential) int {
	rank := func(c Credential) int {
		if c.Scheme == nil {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// satisfied reports whether one alternative of the plan has all its credentials.
func (p *Plan) satisfied(creds []Credential) *Error {
	if len(p.Security) == 0 {
		return nil
	}
	has := func(r tool.Requirement) bool {
		return slices.ContainsFunc(creds, func(c Credential) bool {
			return r.Scheme != nil && c.Scheme != nil && c.Scheme.ID == r.Scheme.ID
		})
	}
	for _, alternative := range p.Security {
		if !slices.ContainsFunc(alternative, func(r tool.Requirement) bool { return !has(r) }) {
			return nil
		}
	}
	flat, _ := p.ids()
	return &Error{Kind: CredentialMissing, Part: "security " + strings.Join(flat, ", "),
		Message: "no credential was given", hint: "sign in with `mcp-bridge login`, or name a defaultCredential"}
}

// apply puts one credential into r and returns the place where it stands.
func apply(r *http.Request, c Credential) (string, *Error) {
	value := c.Value.Reveal()
	if c.Scheme != nil && (c.Scheme.Type == profiles.MutualTLS || c.Scheme.Type == profiles.ValueScheme) {
		return "", nil // the connection carries it, or it is in the request already
	}
	if value == "" {
		return "", credentialError(c, "the credential is empty", "sign in with `mcp-bridge login`")
	}
	if strings.ContainsFunc(value, func(r rune) bool { return isControl(r) || r == '\t' }) {
		return "", credentialError(c, "the credential holds a line break or another control character",
			"store it again without a line break at its end")
	}
	if c.Scheme == nil {
		return setHeader(r, c, "Authorization", value)
	}
	switch c.Scheme.Type {
	case profiles.HTTPScheme:
		switch strings.ToLower(c.Scheme.Scheme) {
		case "basic":
			return setHeader(r, c, "Authorization", basic(value, c.Passthrough))
		case "bearer":
			return setHeader(r, c, "Authorization", bearer(value))
		}
	case profiles.OAuth2, profiles.OpenIDConnect:
		return applyToken(r, c, value)
	case profiles.APIKey:
		return applyKey(r, c, value)
	}
	return "", credentialError(c, "the scheme cannot be applied by this program",
		"use http basic or bearer, apiKey, oauth2, openIdConnect or mutualTLS")
}

// applyToken sends a token as its type wants it (RFC 6750 section 2.1, RFC 9449
// section 7.1).
func applyToken(r *http.Request, c Credential, value string) (string, *Error) {
	if !strings.EqualFold(c.Type, "DPoP") {
		return setHeader(r, c, "Authorization", bearer(value))
	}
	if c.Proof == "" {
		return "", credentialError(c, "the token is bound to a key, and there is no proof of that key for the request", "")
	}
	if _, err := setHeader(r, c, "DPoP", c.Proof); err != nil {
		return "", err
	}
	return setHeader(r, c, "Authorization", "DPoP "+value)
}

// basic keeps a value that begins with its scheme, encodes "user:password" from
// the profile or the keychain, and takes everything else as already encoded.
func basic(value string, passthrough bool) string {
	switch {
	case strings.HasPrefix(value, "Basic "):
		return value
	case !passthrough && strings.Contains(value, ":"):
		value = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return "Basic " + value
}

func bearer(value string) string {
	if strings.HasPrefix(value, "Bearer ") {
		return value
	}
	return "Bearer " + value
}

func applyKey(r *http.Request, c Credential, value string) (string, *Error) {
	name := c.Scheme.Name
	switch {
	case name == "":
		return "", credentialError(c, "the scheme names no header, query parameter or cookie", "set its name")
	case c.Scheme.In == "header":
		if !isToken(name) || ownHeader(name) {
			return "", credentialError(c, "the scheme's header may not be set", "")
		}
		return setHeader(r, c, name, value)
	case c.Scheme.In == "query":
		r.URL.RawQuery = editQuery(r.URL.RawQuery, []field{{name, url.QueryEscape(value)}})
		return "query " + name, nil
	case c.Scheme.In == "cookie":
		if !isToken(name) || strings.Contains(value, ";") || !visible(value) {
			return "", credentialError(c, `the cookie's name or value cannot be sent (";" or a byte outside visible ASCII)`, "")
		}
		setCookies(r.Header, name+"="+value)
		return "cookie " + name, nil
	}
	return "", credentialError(c, `the scheme's "in" is not header, query or cookie`, "")
}

func setHeader(r *http.Request, c Credential, name, value string) (string, *Error) {
	if !visible(value) {
		return "", credentialError(c, "the credential holds a byte outside visible ASCII", "store it again")
	}
	r.Header.Set(name, value)
	return "header " + http.CanonicalHeaderKey(name), nil
}

// visible reports bytes that a header may hold and every server reads alike.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func credentialError(c Credential, message, hint string) *Error {
	id := "Authorization"
	if c.Scheme != nil {
		id = c.Scheme.ID
	}
	return &Error{Kind: CredentialMissing, Part: "security " + id, Message: message, hint: hint}
}
