package oauthtest

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// exchange is the authorization code grant. The lock must be held, as for all grants.
func (s *Server) exchange(c *call, client *Client, jkt string) (*granted, *refusal) {
	known := s.codes[c.form.Get("code")]
	if known == nil || known.client != client.ID {
		return nil, refuse("invalid_grant", "the code is unknown")
	}
	if known.used {
		s.violate("token: a code was sent twice")
		if known.family != nil {
			known.family.revoked = true
		}
		return nil, refuse("invalid_grant", "the code was used before")
	}
	known.used = true
	switch {
	case !s.now().Before(known.issued.Add(c.b.Authorization.CodeLifetime)):
		return nil, refuse("invalid_grant", "the code has expired")
	case c.form.Get("redirect_uri") != known.redirect:
		s.violate("token: redirect_uri differs from the authorization request's")
		return nil, refuse("invalid_grant", "redirect_uri differs")
	case known.jkt != "" && known.jkt != jkt:
		return nil, refuse("invalid_grant", "the code is bound to another key")
	}
	if fault := s.checkVerifier(known.challenge, c.form.Get("code_verifier")); fault != nil {
		return nil, fault
	}
	audience, fault := s.audience(c, known.grant)
	if fault != nil {
		return nil, fault
	}
	g := known.grant
	g.scopes = narrowed(c.b, g.scopes)
	known.family = &family{grant: g}
	return &granted{
		family: known.family, scopes: g.scopes, audience: audience, refresh: wantsRefresh(c.b, g), idToken: &c.b.LoginIDToken,
	}, nil
}

// checkVerifier is RFC 7636, section 4.6.
func (s *Server) checkVerifier(challenge, verifier string) *refusal {
	if verifier != "" {
		s.secrets = append(s.secrets, verifier)
	}
	sum := sha256.Sum256([]byte(verifier))
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return refuse("invalid_grant", "a verifier without a challenge")
	case !isVerifier(verifier):
		return refuse("invalid_grant", "the verifier is not one")
	case encode(sum[:]) != challenge:
		return refuse("invalid_grant", "the verifier does not fit the challenge")
	}
	return nil
}

// isVerifier is the grammar of RFC 7636, section 4.1.
func isVerifier(text string) bool {
	for _, c := range []byte(text) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("-._~", rune(c)) {
			return false
		}
	}
	return len(text) >= 43 && len(text) <= 128
}

// audience finds whom an access token is for: what was asked now, as far as it was
// granted, else all that was granted, else every resource that is known.
func (s *Server) audience(c *call, g grant) ([]string, *refusal) {
	asked := c.form["resource"]
	if fault := s.checkResources(c.b, asked); fault != nil {
		return nil, fault
	}
	if len(g.resource) > 0 && len(asked) == 0 {
		s.violate("token: resource was granted and is not asked for again")
	}
	for _, r := range asked {
		if len(g.resource) > 0 && !slices.Contains(g.resource, r) {
			return nil, refuse("invalid_target", "the resource was not granted")
		}
	}
	switch {
	case len(asked) > 0:
		return asked, nil
	case len(g.resource) > 0:
		return g.resource, nil
	default:
		return append([]string{s.API()}, c.b.Resources...), nil
	}
}

// refresh is the refresh grant, with rotation and reuse detection (RFC 9700, section
// 4.14.2).
func (s *Server) refresh(c *call, client *Client, jkt string) (*granted, *refusal) {
	rules := c.b.Refresh
	if rules.Error != "" {
		return nil, refuse(rules.Error, rules.Description)
	}
	known := s.tokens[c.form.Get("refresh_token")]
	if fault := s.checkRefreshToken(c.b, client, known, jkt); fault != nil {
		return nil, fault
	}
	switch {
	case rules.NeedRedirectURI && c.form.Get("redirect_uri") != known.family.redirect:
		return nil, refuse("invalid_request", "redirect_uri is required")
	case rules.NeedScope && c.form.Get("scope") == "":
		return nil, refuse("invalid_request", "scope is required")
	case rules.RefuseEarly && s.accessLives(known.family):
		return nil, refuse("invalid_request", "the access token is still valid")
	}
	scopes, fault := s.refreshScopes(c, known.family)
	if fault != nil {
		return nil, fault
	}
	audience, fault := s.audience(c, known.family.grant)
	if fault != nil {
		return nil, fault
	}
	if rules.Rotate && known.replaced.IsZero() {
		known.replaced = s.now()
	}
	return &granted{family: known.family, scopes: scopes, audience: audience, refresh: rules.Rotate, idToken: &c.b.RefreshIDToken}, nil
}

// checkRefreshToken judges the token itself. One that was replaced ends its family.
func (s *Server) checkRefreshToken(b Behaviour, client *Client, known *token, jkt string) *refusal {
	now := s.now()
	switch {
	case known == nil || known.access || known.family.client != client.ID:
		return refuse("invalid_grant", "the refresh token is unknown")
	case known.jkt != "" && known.jkt != jkt:
		return refuse("invalid_grant", "the refresh token is bound to another key")
	case known.revoked || known.family.revoked:
		return refuse("invalid_grant", "the refresh token was revoked")
	case !known.expires.IsZero() && !now.Before(known.expires):
		return refuse("invalid_grant", "the refresh token has expired")
	case !known.replaced.IsZero() && !now.Before(known.replaced.Add(b.Refresh.Grace)):
		s.reuses++
		known.family.revoked = !b.Refresh.KeepFamily
		return refuse("invalid_grant", "the refresh token was used before")
	}
	return nil
}

// refreshScopes are those asked for, which must have been granted, or all.
func (s *Server) refreshScopes(c *call, f *family) ([]string, *refusal) {
	asked := strings.Fields(c.form.Get("scope"))
	if len(asked) == 0 {
		return f.scopes, nil
	}
	for _, scope := range asked {
		if !slices.Contains(f.scopes, scope) {
			s.violate("token: a refresh asks for more")
			return nil, refuse("invalid_scope", "the scope "+scope+" was not granted")
		}
	}
	return asked, nil
}

func (s *Server) accessLives(f *family) bool {
	for _, t := range s.tokens {
		if t.access && t.family == f && t.alive(s.now()) {
			return true
		}
	}
	return false
}

// credentials is the client credentials grant.
func (s *Server) credentials(c *call, client *Client) (*granted, *refusal) {
	if client.Secret == "" {
		return nil, refuse("unauthorized_client", "only confidential clients speak for themselves")
	}
	scopes := strings.Fields(c.form.Get("scope"))
	if fault := s.checkScopes(c.b, client, scopes); fault != nil {
		return nil, fault
	}
	g := grant{client: client.ID, user: client.ID, scopes: narrowed(c.b, scopes), resource: c.form["resource"]}
	audience, fault := s.audience(c, g)
	if fault != nil {
		return nil, fault
	}
	return &granted{family: &family{grant: g}, scopes: g.scopes, audience: audience}, nil
}

// tokenExchange is RFC 8693: an access token for another one of the same person.
func (s *Server) tokenExchange(c *call, client *Client) (*granted, *refusal) {
	subject := s.tokens[c.form.Get("subject_token")]
	switch {
	case c.form.Get("subject_token_type") != accessTokenType:
		return nil, refuse("invalid_request", "only access tokens are exchanged")
	case subject == nil || !subject.access || !subject.alive(s.now()):
		return nil, refuse("invalid_request", "the subject token is not valid")
	}
	g := subject.family.grant
	g.client, g.resource = client.ID, nil
	if asked := strings.Fields(c.form.Get("scope")); len(asked) > 0 {
		g.scopes = asked
	}
	audience, fault := s.audience(c, g)
	if fault != nil {
		return nil, fault
	}
	issued := accessTokenType
	if c.b.Tokens.IssuedType != "" {
		issued = c.b.Tokens.IssuedType
	}
	return &granted{family: &family{grant: g}, scopes: g.scopes, audience: audience, issued: issued}, nil
}
