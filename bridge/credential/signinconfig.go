package credential

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// IsOAuth reports whether a scheme's credential comes from a sign-in at an
// authorization server.
func IsOAuth(s *profiles.SecurityScheme) bool {
	return s != nil && (s.Type == profiles.OAuth2 || s.Type == profiles.OpenIDConnect)
}

// SecretRecord names the keychain record of a client secret that is kept there.
func SecretRecord(s *profiles.SecurityScheme) string { return secretPrefix + s.ID }

const secretPrefix = "client:"

// isSecretRecord reports a client secret, which nobody types during a call.
func isSecretRecord(record string) bool { return strings.HasPrefix(record, secretPrefix) }

// SecretOrigin returns the origin that a client secret is sent to, and that a
// secret in the keychain has to be approved for.
func SecretOrigin(c oauthflow.Config) string {
	return outbound.Origin(cmp.Or(c.Endpoints.Token, c.Issuer, c.DiscoveryURL, c.API))
}

// refusal says why a scheme can never be signed in to as it is written.
type refusal struct{ why, hint string }

func (e *refusal) Error() string { return e.why }

// Config returns what a profile's scheme says about this program as a client of an
// authorization server, without the client's secret. The hosts that the profile
// names are added to n. The error is an *Error with the Reason Refused: a flow that
// hands passwords around (RFC 9700 section 2.4), an implicit flow without a token
// endpoint, an unknown grant, a client without what its grant needs.
func Config(p *profiles.Profile, s *profiles.SecurityScheme, n oauthflow.Network) (oauthflow.Config, error) {
	c, err := config(p, s, n)
	if err != nil {
		return oauthflow.Config{}, &Error{Profile: p.Name, Scheme: s.ID, Record: s.ID, Reason: Refused, Err: err, OAuth: true, hint: err.hint}
	}
	return c, nil
}

func config(p *profiles.Profile, s *profiles.SecurityScheme, n oauthflow.Network) (oauthflow.Config, *refusal) {
	if !IsOAuth(s) {
		return oauthflow.Config{}, &refusal{"the scheme is of the type " + string(s.Type) + ", for which nobody signs in", "mcp-bridge check"}
	}
	client := profiles.OAuthClient{}
	if s.Client != nil {
		client = *s.Client
	}
	c := oauthflow.Config{
		Issuer: s.Issuer, DiscoveryURL: s.OpenIDConnectURL, API: apiOf(p),
		ClientID: client.ID, Grant: oauthflow.Grant(client.Grant),
		Scopes: slices.Clone(client.Scopes), Offline: offline(client), Resource: client.Resource,
		AssumePKCE: client.PKCE == "assume-s256", DPoP: client.DPoP, PAR: client.PAR,
		ScopeParam: client.ScopeParam, ExtraParams: maps.Clone(client.ExtraParams),
		RefreshScope: client.Refresh.Scope, RefreshRedirectURI: client.Refresh.RedirectURI,
		ExpiresIn: time.Duration(client.ExpiresIn),
		Redirect:  oauthflow.Redirect{Host: client.Redirect.Host, Port: client.Redirect.Port, Path: client.Redirect.Path},
	}
	if err := chooseFlow(p, s, &c); err != nil {
		return oauthflow.Config{}, err
	}
	if c.Grant == oauthflow.ClientCredentials {
		if client.ID == "" || client.Secret == nil {
			return oauthflow.Config{}, &refusal{"the grant clientCredentials needs client.id and client.secret", "write them into " + p.File}
		}
	} else if s.Type == profiles.OpenIDConnect && len(c.Scopes) == 0 {
		c.Scopes = []string{"openid"} // OpenID Connect Core section 3.1.2.1
	}
	c.Network = network(p, s, n)
	return c, nil
}

// offline reports whether a refresh token is asked for in the server's own way: unless a
// person has written down which scopes are asked for.
func offline(c profiles.OAuthClient) bool {
	if c.OfflineAccess != nil {
		return *c.OfflineAccess
	}
	return len(c.Scopes) == 0
}

// chooseFlow takes grant and endpoints from the flow that the client is for.
func chooseFlow(p *profiles.Profile, s *profiles.SecurityScheme, c *oauthflow.Config) *refusal {
	f := profiles.Flows{}
	if s.Flows != nil {
		f = *s.Flows
	}
	if e := p.Unusable(s); e != nil && !s.Usable() {
		return &refusal{e.Why, e.Hint()}
	}
	var flow *profiles.Flow
	switch c.Grant {
	case oauthflow.ClientCredentials:
		flow = cmp.Or(f.ClientCredentials, f.AuthorizationCode, f.DeviceAuthorization)
	case oauthflow.DeviceAuthorization:
		flow = cmp.Or(f.DeviceAuthorization, f.AuthorizationCode)
	case oauthflow.AuthorizationCode:
		flow = cmp.Or(f.AuthorizationCode, f.Implicit)
	case "":
		flow, c.Grant = defaultFlow(&f)
	default:
		return &refusal{"the grant " + string(c.Grant) + " is not known", "use authorizationCode, deviceAuthorization or clientCredentials"}
	}
	if flow != nil {
		c.Issuer = cmp.Or(flow.Issuer, c.Issuer)
		c.Endpoints = oauthflow.Endpoints{Authorization: flow.AuthorizationURL, Token: flow.TokenURL, Refresh: flow.RefreshURL,
			Device: flow.DeviceAuthorizationURL, Revocation: flow.RevocationURL, Introspection: flow.IntrospectionURL}
	}
	if c.Endpoints.Token == "" && c.Issuer == "" && c.DiscoveryURL == "" && c.API == "" {
		return &refusal{"nothing says where its authorization server is", "write flows, or openIdConnectUrl, into " + p.File}
	}
	return nil
}

// defaultFlow is the flow of a client that names no grant: the one that signs a
// person in, else what there is.
func defaultFlow(f *profiles.Flows) (flow *profiles.Flow, grant oauthflow.Grant) {
	switch {
	case f.AuthorizationCode != nil:
		return f.AuthorizationCode, oauthflow.AuthorizationCode
	case f.Implicit != nil:
		return f.Implicit, oauthflow.AuthorizationCode
	case f.DeviceAuthorization != nil:
		return f.DeviceAuthorization, oauthflow.DeviceAuthorization
	case f.ClientCredentials != nil:
		return f.ClientCredentials, oauthflow.ClientCredentials
	}
	return nil, oauthflow.AuthorizationCode
}

// apiOf returns the API's base URL; for a profile of hand-written tools alone, the
// origin of the first that has one.
func apiOf(p *profiles.Profile) string {
	if p.Server.BaseURL != "" {
		return p.Server.BaseURL
	}
	for i := range p.Tools {
		if o := outbound.Origin(p.Tools[i].RequestTemplate.URL); o != "" { // no template is part of it
			return o
		}
	}
	return ""
}

// network adds the hosts that the person named, which may be private.
func network(p *profiles.Profile, s *profiles.SecurityScheme, n oauthflow.Network) oauthflow.Network {
	n.Named = slices.Concat(n.Named, p.NamedHosts().List(), p.SchemeHosts(s).List())
	slices.Sort(n.Named)
	n.Named = slices.Compact(n.Named)
	return n
}

// OAuthConfig is [Config] with what a sign-in needs besides: the client's secret, the
// dynamic registration that is stored, and as scopes those of the profile, those
// that were granted before and those that a backend has asked for; but not what the
// profile asked for before and does not any more. The error is an *Error: Refused,
// Missing for the secret, or KeychainUnavailable.
func (r *Resolver) OAuthConfig(ctx context.Context, s *profiles.SecurityScheme) (oauthflow.Config, error) {
	c, err := r.client(s)
	if err != nil {
		return oauthflow.Config{}, err
	}
	w := &work{r: r, client: c}
	out, err := w.config(ctx)
	if err != nil {
		return oauthflow.Config{}, err
	}
	f := w.listed()
	stored, err := w.stored(ctx)
	switch {
	case err == nil:
		if !f.Plain {
			out.Scopes = union(out.Scopes, stored.wanted(out.Scopes))
		}
		if t := stored.token; out.ClientID == "" && !f.Forgotten {
			out.Registered = oauthflow.Registration{Issuer: t.Issuer, ClientID: t.ClientID, ClientSecret: t.ClientSecret,
				AuthMethod: t.AuthMethod, Token: t.RegistrationToken, RedirectURI: t.RedirectURI,
				Scopes: union(union(t.Scopes, stored.missing), stored.profile)}
		}
	case !notStored(err):
		return oauthflow.Config{}, r.fail(s, s.ID, KeychainUnavailable, err, "")
	}
	out.Scopes = union(out.Scopes, f.Wanted)
	return out, nil
}

// client is what a Resolver knows of a scheme that needs no keychain.
type client struct {
	scheme *profiles.SecurityScheme
	config oauthflow.Config
	key    string
}

// client returns the client of a scheme, made once. The error is an *Error.
func (r *Resolver) client(s *profiles.SecurityScheme) (*client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[s.ID]; c != nil {
		return c, nil
	}
	// What a person signs in to is what the profile says, whoever compiled the tool.
	for i := range r.o.Profile.Server.SecuritySchemes {
		if own := &r.o.Profile.Server.SecuritySchemes[i]; own.ID == s.ID {
			s = own
		}
	}
	c, refused := config(r.o.Profile, s, r.o.Network)
	if refused != nil {
		e := r.fail(s, s.ID, Refused, refused, refused.hint)
		e.OAuth = true
		return nil, e
	}
	r.clients[s.ID] = &client{scheme: s, config: c, key: r.tokenKey(&c)}
	return r.clients[s.ID], nil
}

// config returns the client's configuration with its secret.
func (w *work) config(ctx context.Context) (oauthflow.Config, error) {
	c, s := w.client.config, w.client.scheme
	if s.Client == nil || s.Client.Secret == nil {
		return c, nil
	}
	u, err := w.r.reference(ctx, s, s.Client.Secret, SecretRecord(s), SecretOrigin(c))
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.Reason == Missing && e.Record == SecretRecord(s) {
			e.Err = cmp.Or[error](e.Err, errors.New("there is no client secret"))
		}
		return oauthflow.Config{}, err
	}
	c.ClientSecret = u.Value
	return c, nil
}
