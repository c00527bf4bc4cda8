package oauthflow

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Server is an authorization server as its metadata and the profile describe it,
// checked: each address may be asked or opened.
type Server struct {
	Issuer      string // empty when only the profile's endpoints are known
	Endpoints   Endpoints
	Silent      bool     // there are no metadata: what the server supports is not known
	S256        bool     // PKCE with S256 is advertised
	Assumed     bool     // it is not, but the profile says that it works
	Iss         bool     // authorization_response_iss_parameter_supported (RFC 9207)
	RequirePAR  bool     // require_pushed_authorization_requests (RFC 9126)
	DPoP        []string // dpop_signing_alg_values_supported (RFC 9449)
	Scopes      []string // scopes_supported
	AuthMethods []string // token_endpoint_auth_methods_supported
	Grants      []string // grant_types_supported
	ClientIDURL bool     // client_id_metadata_document_supported

	Resource       string   // as resource metadata name it; empty: none were read
	ResourceScopes []string // scopes_supported of resource metadata
	ResourceBound  bool     // dpop_bound_access_tokens_required of resource metadata
}

// Server finds the authorization server, or returns what an earlier call found. Several
// calls at once ask once. Its *Errors are of kind Configuration, Unreachable, Unusable
// or IssuerMismatch; that the server does not advertise PKCE is told by S256 and no
// error here. The caller must not change what it gets.
func (f *Flow) Server(ctx context.Context) (*Server, error) {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.found != nil {
		return f.found, nil
	}
	defer f.net.close()
	s, err := f.discover(ctx)
	if err != nil {
		return nil, err
	}
	f.found = s
	return s, nil
}

// told reports whether the profile has the endpoints that its grant needs.
func (c *Config) told() bool {
	switch e := c.Endpoints; c.Grant {
	case ClientCredentials:
		return e.Token != ""
	case DeviceAuthorization:
		return e.Token != "" && e.Device != ""
	default:
		return e.Token != "" && e.Authorization != ""
	}
}

func (f *Flow) discover(ctx context.Context) (*Server, error) {
	c := &f.config
	s := &Server{Issuer: c.Issuer, Silent: true}
	from, err := f.askResource(ctx, s)
	if err != nil {
		return nil, err
	}
	var a *answer
	switch {
	case c.DiscoveryURL != "":
		a, err = f.ownDocument(ctx, s, c.DiscoveryURL, "")
	case issuerOf(s.Issuer) != "": // the address of metadata in the place of an issuer
		address := s.Issuer
		s.Issuer = ""
		a, err = f.ownDocument(ctx, s, address, from)
	case s.Issuer != "":
		a, err = f.issuerDocument(ctx, s.Issuer, from)
	case !c.told():
		return nil, fail(Configuration, "discover", errors.New("neither the profile nor the API says where to sign in"))
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == Unusable && c.told() {
		a, err = nil, nil // the profile's endpoints do without
	}
	if err != nil {
		return nil, err
	}
	if a != nil {
		if err := f.readServer(s, a, from); err != nil {
			return nil, err
		}
	}
	s.Assumed = !s.S256 && c.AssumePKCE
	s.Endpoints = c.Endpoints.over(s.Endpoints)
	return s, nil
}

// askResource reads the API's metadata when they are needed for the issuer, or for the
// resource that a challenge spoke of. It returns the document.
func (f *Flow) askResource(ctx context.Context, s *Server) (from string, err error) {
	c := &f.config
	lost := c.Issuer == "" && c.DiscoveryURL == "" && !c.told()
	if c.API == "" || !lost && (c.Metadata == "" || c.Resource != "") {
		return "", nil
	}
	m, err := f.resource(ctx)
	switch {
	case err != nil && (lost || ctx.Err() != nil):
		return "", err
	case err != nil:
		return "", nil // what must not be used is not used
	}
	s.Resource, s.ResourceScopes, s.ResourceBound = m.resource, m.scopes, m.bound
	if !lost {
		return "", nil
	}
	if len(m.servers) == 0 {
		return "", fail(Unusable, "discover", errors.New("resource metadata name no authorization server"))
	}
	s.Issuer = m.servers[0]
	return m.from, nil
}

const (
	wellKnownOIDC  = "/.well-known/openid-configuration"
	wellKnownOAuth = "/.well-known/oauth-authorization-server"
)

// ownDocument reads the metadata at an address that was given as theirs, and learns the
// issuer from it unless the profile names one. Where nothing lies at the address it is
// the issuer itself, as the consoles of providers show it, and its metadata lie at the
// well-known places of the same origin.
func (f *Flow) ownDocument(ctx context.Context, s *Server, address, from string) (*answer, error) {
	a, err := f.document(ctx, address, from)
	if err != nil {
		return nil, err
	}
	if !a.isMetadata() {
		missing := f.absent(a)
		if issuerOf(address) != "" {
			return nil, missing
		}
		a, address, err = f.placesOf(ctx, address, from)
		if e, ok := errors.AsType[*Error](err); ok {
			return nil, keep(missing, e)
		} else if err != nil {
			return nil, err
		}
	}
	if s.Issuer == "" {
		s.Issuer = learnIssuer(address, a.object().text("issuer"))
	}
	return a, nil
}

// isMetadata reports whether the answer can be metadata of an authorization server.
func (a *answer) isMetadata() bool { return a.ok() && a.object()["issuer"] != nil }

// placesOf reads the first of an issuer's well-known places that has metadata, which
// may be of the issuer with or without a final slash. The error is an *Error, or that
// of ctx.
func (f *Flow) placesOf(ctx context.Context, issuer, from string) (a *answer, address string, err error) {
	if u, parseErr := url.Parse(issuer); parseErr != nil || u.RawQuery != "" {
		return nil, "", fail(Unusable, "discover", errors.New("no metadata"))
	}
	places := issuerPlaces(issuer)
	slices.Reverse(places) // what was given for an openIdConnectUrl is most likely OpenID Connect
	var last error
	for _, address := range places {
		a, err := f.document(ctx, address, from)
		if err != nil {
			return nil, "", err
		}
		if a.isMetadata() {
			return a, address, nil
		}
		last = keep(last, f.absent(a))
	}
	return nil, "", last
}

// learnIssuer returns the issuer that the document at an address must be of. One and
// the same well-known address belongs to an issuer with and without a final slash
// (OpenID Connect Discovery, section 4.1), so that the document tells which of them it
// is, as it does at an address that is not well-known.
func learnIssuer(address, says string) string {
	issuer := issuerOf(address)
	if issuer == "" || says == issuer+"/" || isTemplateOf(says, issuer) {
		return says
	}
	return issuer
}

// tenant stands in the issuer of Microsoft Entra ID's metadata that are for all tenants.
const tenant = "{tenantid}"

// isTemplateOf reports whether an issuer of metadata is a pattern of which the expected
// issuer is an example: the one segment of its path that differs is the name of the
// tenant, as in https://login.microsoftonline.com/common/v2.0.
func isTemplateOf(says, issuer string) bool {
	before, after, ok := strings.Cut(says, "/"+tenant+"/")
	if !ok || strings.Contains(after, tenant) {
		return false
	}
	rest, ok := strings.CutPrefix(issuer, before+"/")
	segment, rest, slash := strings.Cut(rest, "/")
	u, err := url.Parse(before)
	return ok && slash && rest == after && segment != "" && err == nil && u.Host != ""
}

// isOf reports whether the profile permits a token of the issuer: it names another one,
// or none.
func (c *Config) isOf(issuer string) bool {
	if c.Issuer == "" || issuer == "" {
		return true
	}
	if issuerOf(c.Issuer) != "" {
		return learnIssuer(c.Issuer, issuer) == issuer
	}
	return isIssuer(issuer, c.Issuer)
}

// isIssuer reports whether a server that calls itself says is the expected one: letter by
// letter, but for the tenant of a pattern.
func isIssuer(says, expected string) bool {
	return says == expected || isTemplateOf(says, expected)
}

// issuerOf returns the issuer whose metadata lie at the address; "" when it is none of
// the well-known ones.
func issuerOf(address string) string {
	if issuer, ok := strings.CutSuffix(address, wellKnownOIDC); ok {
		return issuer
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	origin := u.Scheme + "://" + u.Host
	for _, w := range []string{wellKnownOAuth, wellKnownOIDC} {
		if rest, ok := strings.CutPrefix(address, origin+w); ok && (rest == "" || rest[0] == '/') {
			return origin + rest
		}
	}
	return ""
}

// issuerPlaces lists where the metadata of an issuer lie, in the order of RFC 8414,
// section 5 and MCP: inserted before its path, as OAuth and as OpenID Connect, then
// appended.
func issuerPlaces(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	all := []string{origin + wellKnownOAuth + path, origin + wellKnownOIDC + path}
	if path != "" {
		all = append(all, origin+path+wellKnownOIDC)
	}
	return all
}

// issuerDocument reads the first place that has metadata.
func (f *Flow) issuerDocument(ctx context.Context, issuer, from string) (*answer, error) {
	if _, err := f.net.check(issuer, from); err != nil {
		return nil, fail(Unusable, "discover", err)
	}
	var last error
	for _, address := range issuerPlaces(issuer) {
		a, err := f.document(ctx, address, from)
		if err != nil {
			return nil, err
		}
		if a.ok() && a.object() != nil {
			return a, nil
		}
		last = keep(last, f.absent(a))
	}
	return nil, last
}

// readServer takes metadata over after checking that they are the issuer's own (RFC
// 8414, section 3.3: identical, without any normalisation) and lead to addresses that
// may be asked.
func (f *Flow) readServer(s *Server, a *answer, from string) error {
	o := a.object()
	issuer := o.text("issuer")
	if !isIssuer(issuer, s.Issuer) || issuer == "" {
		return &Error{Kind: IssuerMismatch, Stage: "discover", Host: a.host, Issuer: f.writable(issuer),
			Err: fmt.Errorf("the metadata are of %q and not of %q", clean(issuer, nil, 200), s.Issuer)}
	}
	s.Issuer, s.Silent = issuer, false
	s.Endpoints = Endpoints{
		Authorization: o.text("authorization_endpoint"),
		Token:         o.text("token_endpoint"),
		Device:        o.text("device_authorization_endpoint"),
		Revocation:    o.text("revocation_endpoint"),
		Introspection: o.text("introspection_endpoint"),
		Registration:  o.text("registration_endpoint"),
		PAR:           o.text("pushed_authorization_request_endpoint"),
	}
	learned := s.Issuer
	if from == "" && f.config.Issuer == "" {
		learned = f.config.DiscoveryURL
	}
	for name, address := range s.Endpoints.byName() {
		if address == "" {
			continue
		}
		if _, err := f.net.check(address, learned); err != nil {
			return &Error{Kind: Unusable, Stage: "discover", Host: a.host, Err: fmt.Errorf("metadata: %s: %w", name, err)}
		}
	}
	s.S256 = slices.Contains(o.list("code_challenge_methods_supported"), "S256")
	s.Iss = o.flag("authorization_response_iss_parameter_supported")
	s.RequirePAR = o.flag("require_pushed_authorization_requests")
	s.ClientIDURL = o.flag("client_id_metadata_document_supported")
	s.DPoP = o.list("dpop_signing_alg_values_supported")
	s.Scopes = o.list("scopes_supported")
	s.AuthMethods = o.list("token_endpoint_auth_methods_supported")
	s.Grants = o.list("grant_types_supported")
	return nil
}

// writable returns an issuer that a person could write into the profile; "" when it is no
// address that may be asked.
func (f *Flow) writable(issuer string) string {
	if _, err := f.net.check(issuer, ""); err != nil || strings.ContainsAny(issuer, "\"\\{}") {
		return ""
	}
	return issuer
}

// over returns e with what it leaves empty taken from other.
func (e Endpoints) over(other Endpoints) Endpoints {
	for _, p := range []struct {
		mine   *string
		theirs string
	}{
		{&e.Authorization, other.Authorization}, {&e.Token, other.Token}, {&e.Refresh, other.Refresh},
		{&e.Device, other.Device}, {&e.Revocation, other.Revocation}, {&e.Introspection, other.Introspection},
		{&e.Registration, other.Registration}, {&e.PAR, other.PAR},
	} {
		if *p.mine == "" {
			*p.mine = p.theirs
		}
	}
	return e
}
