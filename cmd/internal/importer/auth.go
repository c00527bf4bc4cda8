// Package importer decides what `mcp-bridge add` makes of a document and of its flags.
// It returns values and prints nothing.
//
// # Terminology
//
// Auth is what the person says about how an API is called, on the command line: it wins
// over what the document requires. An edit changes keys of a profile's text and leaves
// every other byte as it is.
package importer

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// FlagError is a value of a flag that means nothing.
type FlagError struct {
	Message string
	hint    string
}

// Error names the flag and its value.
func (e *FlagError) Error() string { return e.Message }

// Hint says what to type instead.
func (e *FlagError) Hint() string { return e.hint }

// AuthForms are the values that --auth takes.
const AuthForms = "bearer, basic, apiKey:header:NAME, apiKey:query:NAME, apiKey:cookie:NAME, oidc=ISSUER, oauth2=DISCOVERY-URL or none"

// Auth is what --auth, --scope, --client-id and --redirect say.
type Auth struct {
	Schemes  []profiles.SecurityScheme // of --auth
	None     bool                      // --auth none: the API needs no credential
	Scopes   []string
	ClientID string
	Redirect profiles.Redirect
}

// ParseAuth reads the flags. The error is a *FlagError.
func ParseAuth(auth, scopes []string, clientID, redirect string) (Auth, error) {
	a := Auth{ClientID: clientID}
	for _, text := range auth {
		if strings.EqualFold(text, "none") {
			a.None = true
			continue
		}
		s, err := scheme(text)
		if err != nil {
			return Auth{}, err
		}
		if !slices.ContainsFunc(a.Schemes, func(old profiles.SecurityScheme) bool { return same(old, s) }) {
			s.ID = unusedID(s.ID, a.Schemes)
			a.Schemes = append(a.Schemes, s)
		}
	}
	if a.None && len(auth) > 1 {
		return Auth{}, &FlagError{"--auth none cannot be combined: it says that no credential is sent", "leave out the other --auth, or --auth none"}
	}
	for _, s := range scopes {
		a.Scopes = append(a.Scopes, strings.Fields(s)...)
	}
	var err error
	a.Redirect, err = parseRedirect(redirect)
	return a, err
}

// Given reports whether --auth was given.
func (a Auth) Given() bool { return a.None || len(a.Schemes) > 0 }

// IsZero reports that no flag was given.
func (a Auth) IsZero() bool { return !a.Given() && !a.forClient() }

// forClient reports flags about this program as a client of an authorization server.
func (a Auth) forClient() bool {
	return len(a.Scopes) > 0 || a.ClientID != "" || a.Redirect != (profiles.Redirect{})
}

// scheme is the security scheme of one --auth.
func scheme(text string) (profiles.SecurityScheme, error) {
	kind, rest, _ := strings.Cut(text, ":")
	if i := strings.IndexAny(text, "=:"); i >= 0 {
		kind, rest = text[:i], text[i+1:]
	}
	none := profiles.SecurityScheme{}
	switch word := strings.ToLower(kind); word {
	case "bearer", "basic":
		if rest == "" && len(text) == len(kind) {
			return profiles.SecurityScheme{ID: word, Type: profiles.HTTPScheme, Scheme: word}, nil
		}
		return none, unknownAuth(text, "type --auth "+word+"; the credential itself is given to mcp-bridge login")
	case "apikey":
		in, name, ok := strings.Cut(rest, ":")
		if !ok {
			return none, unknownAuth(text, "type --auth apiKey:header:"+nameOr(rest)+", or query or cookie in place of header")
		}
		return keyScheme(text, strings.ToLower(in), name)
	case "header", "query", "cookie":
		return keyScheme(text, word, rest)
	case "oidc", "openidconnect":
		address, err := discovery(text, "oidc", rest)
		return profiles.SecurityScheme{ID: "signIn", Type: profiles.OpenIDConnect, OpenIDConnectURL: address}, err
	case "oauth2", "oauth":
		address, err := discovery(text, "oauth2", rest)
		return profiles.SecurityScheme{ID: "signIn", Type: profiles.OAuth2, OpenIDConnectURL: address}, err
	default:
		if near := plaintext.Nearest(word, []string{"bearer", "basic", "apiKey", "oidc", "oauth2", "none"}); near != "" {
			return none, unknownAuth(text, "did you mean "+near+"? It takes "+AuthForms)
		}
		return none, unknownAuth(text, "type --auth "+AuthForms)
	}
}

func unknownAuth(text, hint string) *FlagError {
	return &FlagError{fmt.Sprintf("unknown --auth %q", text), hint}
}

func nameOr(name string) string {
	if name == "" || !profiles.IsToken(name) {
		return "NAME"
	}
	return name
}

func keyScheme(text, in, name string) (profiles.SecurityScheme, error) {
	s := profiles.SecurityScheme{ID: "apiKey", Type: profiles.APIKey, In: in, Name: name}
	if s.Usable() {
		return s, nil
	}
	if in != "header" && in != "query" && in != "cookie" {
		return s, unknownAuth(text, "type --auth apiKey:header:"+nameOr(name)+", or query or cookie in place of header")
	}
	return s, &FlagError{fmt.Sprintf("--auth %q does not name a %s", text, map[string]string{"header": "header", "query": "query parameter", "cookie": "cookie"}[in]),
		"type --auth apiKey:" + in + ":" + nameOr(name)}
}

// discovery is the address of an authorization server's metadata: as it is given, or the
// well-known one of an issuer (OpenID Connect Discovery, section 4; RFC 8414, section 3).
func discovery(text, kind, address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		example := "https://auth.example.com"
		if err == nil && address != "" && u.Scheme == "" && strings.Contains(address, ".") {
			example = "https://" + strings.TrimLeft(address, "/")
		}
		return "", &FlagError{fmt.Sprintf("--auth %q has no address of a sign-in server", text), "as in --auth " + kind + "=" + example}
	case u.Scheme != "https" && !(u.Scheme == "http" && outbound.Loopback(u.Hostname())):
		return "", &FlagError{fmt.Sprintf("--auth %q: the address of a sign-in server begins with https://", text), "as in --auth " + kind + "=https://" + u.Host + u.Path}
	case strings.Contains(u.Path, "/.well-known/"):
		return address, nil
	case kind == "oidc":
		return strings.TrimRight(address, "/") + "/.well-known/openid-configuration", nil
	}
	return u.Scheme + "://" + u.Host + "/.well-known/oauth-authorization-server" + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// same reports whether two schemes carry a credential in the same way.
func same(a, b profiles.SecurityScheme) bool {
	return a.Type == b.Type && strings.EqualFold(a.Scheme, b.Scheme) && a.In == b.In && strings.EqualFold(a.Name, b.Name) &&
		a.OpenIDConnectURL == b.OpenIDConnectURL && (a.Flows == nil || b.Flows == nil || a.Flows == b.Flows)
}

// unusedID returns id, or id with a number, that no scheme has.
func unusedID(id string, among []profiles.SecurityScheme) string {
	for n, name := 2, id; ; n++ {
		if !slices.ContainsFunc(among, func(s profiles.SecurityScheme) bool { return s.ID == name }) {
			return name
		}
		name = id + strconv.Itoa(n)
	}
}

// parseRedirect reads a port, a path, HOST:PORT/PATH or an address of this machine.
func parseRedirect(text string) (profiles.Redirect, error) {
	if text == "" {
		return profiles.Redirect{}, nil
	}
	wrong := &FlagError{fmt.Sprintf("--redirect %q is no address of this machine", text), "as in --redirect http://127.0.0.1:8765/callback, --redirect 8765 or --redirect /callback"}
	address := text
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	switch {
	case strings.Contains(text, "://"):
	case digits > 0 && (digits == len(text) || text[digits] == '/'):
		address = "http://:" + text
	default:
		address = "http://" + text
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(address, "?") {
		return profiles.Redirect{}, wrong
	}
	r := profiles.Redirect{Host: u.Hostname(), Path: u.EscapedPath()}
	if !slices.Contains([]string{"", "127.0.0.1", "localhost", "::1"}, r.Host) {
		return profiles.Redirect{}, wrong
	}
	if p := u.Port(); p != "" {
		if r.Port, err = strconv.Atoi(p); err != nil || r.Port < 1 || r.Port > 65535 {
			return profiles.Redirect{}, wrong
		}
	}
	return r, nil
}
