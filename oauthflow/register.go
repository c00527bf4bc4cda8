package oauthflow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// The ways in which a client shows who it is at the token endpoint.
const (
	authNone  = "none"
	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"
)

// client is who we are for one server.
type client struct {
	id           string
	secret       secret.Value
	method       string
	registration Registration // when the server made it
	fresh        bool         // for this very request
}

// sign puts the client into a request: a public one only by its id in the body (a
// strict server takes the code back when it sees an Authorization header), a
// confidential one as RFC 6749, section 2.3.1 says.
func (c *client) sign(form url.Values, h http.Header) {
	switch c.method {
	case authBasic:
		r := http.Request{Header: h}
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret.Reveal()))
	case authPost:
		form.Set("client_id", c.id)
		form.Set("client_secret", c.secret.Reveal())
	default:
		form.Set("client_id", c.id)
	}
}

// client decides who we are: the profile's id; as a Client ID Metadata Document only
// where the server takes those; a registration of before; a new one; else an error
// that says what to do.
func (f *Flow) client(ctx context.Context, s *Server, redirectURI string, asked []string) (*client, error) {
	c := &f.config
	document := strings.HasPrefix(c.ClientID, "https://")
	if c.ClientID != "" && (!document || s.ClientIDURL || s.Silent || !c.ClientSecret.IsZero()) {
		method, err := authMethod(s, c.ClientSecret)
		if err != nil {
			return nil, err
		}
		return &client{id: c.ClientID, secret: c.ClientSecret, method: method}, nil
	}
	f.mu.Lock()
	known := f.registered
	f.mu.Unlock()
	if known.ClientID != "" && known.Issuer == s.Issuer && known.RedirectURI == redirectURI && (known.covers(asked) || s.Endpoints.Registration == "") {
		return known.client(), nil
	}
	if s.Endpoints.Registration == "" {
		return nil, &Error{Kind: Configuration, Stage: "register", Host: host(s.Endpoints.Token), Err: f.unregistered(redirectURI, document)}
	}
	return f.register(ctx, s, redirectURI, asked)
}

// unregistered says what the person must do where nothing works by itself.
func (f *Flow) unregistered(redirectURI string, document bool) error {
	if document {
		return errors.New("the server takes no Client ID Metadata Document as client.id and does not register clients automatically")
	}
	if redirectURI == "" {
		return errors.New("no client.id, and the server does not register clients automatically")
	}
	text := "no client.id, and the server does not register clients automatically; the redirect URI to register is " + redirectURI
	if address, any := f.config.Redirect.Registered(); any {
		text = "no client.id, and the server does not register clients automatically; the redirect URI to register is " + address +
			" with any port (RFC 8252); for a server that requires one port, choose it with client.redirect.port"
	}
	return errors.New(text)
}

// covers reports whether the client was made for the scopes, or was granted them. What an
// earlier version of this program stored does not tell.
func (r Registration) covers(asked []string) bool {
	return len(r.Scopes) == 0 || !slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(r.Scopes, s) })
}

// authMethod chooses how a configured client shows its secret.
func authMethod(s *Server, own secret.Value) (string, error) {
	switch methods := s.AuthMethods; {
	case own.IsZero():
		return authNone, nil
	case len(methods) == 0, slices.Contains(methods, authBasic):
		return authBasic, nil
	case slices.Contains(methods, authPost):
		return authPost, nil
	}
	return "", fail(Configuration, "register", errors.New("the server takes no client secret: it requires "+clean(strings.Join(s.AuthMethods, ", "), nil, 100)))
}

func (r Registration) client() *client {
	c := &client{id: r.ClientID, secret: r.ClientSecret, method: r.AuthMethod, registration: r}
	if c.method == "" || c.secret.IsZero() {
		c.method = authNone
		if !c.secret.IsZero() {
			c.method = authBasic // the default of RFC 7591, section 2
		}
	}
	return c
}

// request is what is sent to the registration endpoint (RFC 7591, section 2).
func (f *Flow) request(s *Server, redirectURI string, asked []string) map[string]any {
	m := map[string]any{
		"client_name":                f.config.ClientName,
		"application_type":           "native",
		"token_endpoint_auth_method": authNone,
		"grant_types":                []string{"authorization_code", "refresh_token"},
		"response_types":             []string{"code"},
		"redirect_uris":              []string{redirectURI},
	}
	if f.config.ClientName == "" {
		m["client_name"] = "mcp-bridge"
	}
	if redirectURI == "" { // nobody is redirected: a sign-in on another device
		m["grant_types"] = []string{grantDevice, "refresh_token"}
		delete(m, "response_types")
		delete(m, "redirect_uris")
	}
	if len(asked) > 0 {
		m["scope"] = strings.Join(asked, " ")
	}
	if f.config.DPoP || s.ResourceBound {
		m["dpop_bound_access_tokens"] = true
	}
	return m
}

// register makes a client for exactly this redirect URI: servers that compare ports
// would refuse any other.
func (f *Flow) register(ctx context.Context, s *Server, redirectURI string, asked []string) (*client, error) {
	body, err := json.Marshal(f.request(s, redirectURI, asked))
	if err != nil {
		return nil, fail(Configuration, "register", err)
	}
	a, err := f.post(ctx, "register", s.Endpoints.Registration, http.Header{"Content-Type": {"application/json"}}, body)
	if err != nil {
		return nil, err
	}
	if !a.ok() {
		return nil, a.refusal("register", nil, f.now())
	}
	o := a.object()
	r := Registration{Issuer: s.Issuer, ClientID: o.text("client_id"), ClientSecret: secret.New(o.text("client_secret")),
		AuthMethod: o.text("token_endpoint_auth_method"), Token: secret.New(o.text("registration_access_token")), RedirectURI: redirectURI, Scopes: asked}
	problem := ""
	switch uris := o.list("redirect_uris"); {
	case r.ClientID == "" || strings.ContainsFunc(r.ClientID, func(r rune) bool { return r < ' ' || r > '~' }):
		problem = "the answer holds no client_id"
	case redirectURI != "" && len(uris) > 0 && !slices.Contains(uris, redirectURI):
		problem = "the server registered another redirect URI than " + redirectURI
	case !slices.Contains([]string{"", authNone, authBasic, authPost}, r.AuthMethod):
		problem = "the server requires " + clean(r.AuthMethod, nil, 100) + ", which is not supported"
	}
	if problem != "" {
		return nil, &Error{Kind: Unusable, Stage: "register", Host: a.host, Err: errors.New(problem)}
	}
	f.mu.Lock()
	f.registered = r
	f.mu.Unlock()
	c := r.client()
	c.fresh = true
	return c, nil
}

// forget drops a registration that the server no longer knows, so that the next
// attempt registers again.
func (f *Flow) forget(c *client, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok || c.registration.ClientID == "" || e.Code != "invalid_client" && e.Code != "unauthorized_client" {
		return
	}
	f.drop(c.registration)
}

// drop makes the next request register a client, when this is still the last one.
func (f *Flow) drop(r Registration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.registered.ClientID == r.ClientID {
		f.registered = Registration{}
	}
}

// host returns an address's host, for errors.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
