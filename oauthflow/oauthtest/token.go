package oauthtest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The grant types.
const (
	codeGrant        = "authorization_code"
	refreshGrant     = "refresh_token"
	credentialsGrant = "client_credentials"
	deviceGrant      = "urn:ietf:params:oauth:grant-type:device_code"
	exchangeGrant    = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessTokenType  = "urn:ietf:params:oauth:token-type:access_token"
)

// granted is what a grant type found to issue.
type granted struct {
	family   *family
	scopes   []string // of this access token
	audience []string
	refresh  bool // a (new) refresh token belongs to it
	bind     string
	idToken  *IDToken
	issued   string // issued_token_type
}

// token is the token endpoint.
func (s *Server) token(c *call) {
	client, fault := s.enter(c)
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	jkt, fault := s.tokenProof(c)
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	g, fault := s.grantFor(c, client, jkt)
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	s.sendTokens(c, client, g, jkt)
}

// enter does what the token, revocation, introspection, device and push endpoints
// have in common: a form by POST, no parameter twice, a client that authenticates.
func (s *Server) enter(c *call) (*Client, *refusal) {
	if c.r.Method != http.MethodPost {
		return nil, &refusal{http.StatusMethodNotAllowed, "invalid_request", "only POST"}
	}
	if name := repeated(c.form); name != "" {
		return nil, refuse("invalid_request", "the parameter "+name+" was sent twice")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(c.r.URL.RawQuery) > 0 {
		s.violate(string(c.rec.Endpoint) + ": parameters in the query")
	}
	if c.r.Header.Get("Cookie") != "" || c.r.Header.Get("Referer") != "" {
		s.violate(string(c.rec.Endpoint) + ": Cookie or Referer header")
	}
	return s.authenticate(c)
}

// authenticate finds the client and checks its secret. The lock must be held.
func (s *Server) authenticate(c *call) (*Client, *refusal) {
	id, secret, method := s.clientCredentials(c)
	client := s.findClient(c.b, id, "")
	if client == nil {
		return nil, unauthorized("invalid_client", "the client is unknown")
	}
	basic := method == "client_secret_basic"
	if client.Secret == "" && basic {
		s.violate(string(c.rec.Endpoint) + ": Authorization header of a public client")
	}
	right := subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) == 1 && slices.Contains(c.b.Clients.Methods, method)
	if c.b.Clients.BurnOnBasic && basic && (!right || client.Secret == "") {
		right = false
		if lost := s.codes[c.form.Get("code")]; lost != nil {
			lost.used = true
		}
	}
	if !right {
		return nil, unauthorized("invalid_client", "client authentication failed")
	}
	return client, nil
}

// clientCredentials reads what the request says about its client.
func (s *Server) clientCredentials(c *call) (id, secret, method string) {
	id, secret, method = c.form.Get("client_id"), c.form.Get("client_secret"), "none"
	if secret != "" {
		method = "client_secret_post"
	}
	user, password, ok := c.r.BasicAuth()
	if !ok {
		if c.r.Header.Get("Authorization") != "" {
			s.violate(string(c.rec.Endpoint) + ": Authorization header of another scheme")
		}
		return id, secret, method
	}
	if secret != "" {
		s.violate(string(c.rec.Endpoint) + ": two ways of client authentication")
	}
	// RFC 6749, section 2.3.1: both are form-encoded first.
	id, _ = url.QueryUnescape(user)
	secret, _ = url.QueryUnescape(password)
	return id, secret, "client_secret_basic"
}

// grantFor finds what the request's grant type gives.
func (s *Server) grantFor(c *call, client *Client, jkt string) (*granted, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := c.form.Get("grant_type")
	if client.Grants != nil && !slices.Contains(client.Grants, kind) {
		return nil, refuse("unauthorized_client", "this client may not use this grant type")
	}
	switch kind {
	case codeGrant:
		return s.exchange(c, client, jkt)
	case refreshGrant:
		return s.refresh(c, client, jkt)
	case credentialsGrant:
		return s.credentials(c, client)
	case deviceGrant:
		return s.devicePoll(c, client)
	case exchangeGrant:
		return s.tokenExchange(c, client)
	case "password":
		s.violate("token: the password grant")
	}
	return nil, refuse("unsupported_grant_type", "")
}

// sendTokens issues tokens for what was granted.
func (s *Server) sendTokens(c *call, client *Client, g *granted, jkt string) {
	s.mu.Lock()
	doc := map[string]any{"token_type": "Bearer", "expires_in": int(c.b.Tokens.Lifetime.Seconds())}
	if jkt != "" && !c.b.DPoP.Downgrade {
		doc["token_type"] = "DPoP"
		g.bind = jkt
	}
	doc["access_token"] = s.newAccess(c.b, g.family, g.scopes, g.audience, g.bind)
	if g.refresh {
		bind := ""
		if client.Secret == "" {
			bind = g.bind // RFC 9449, section 5: of public clients only
		}
		doc["refresh_token"] = s.newRefresh(c.b, g.family, bind)
	}
	if g.idToken != nil && slices.Contains(g.scopes, "openid") && !g.idToken.Omit {
		doc["id_token"] = s.newIDToken(c.b, g)
	}
	s.mu.Unlock()
	shape(c.b, g, doc)
	sendTokenDocument(c, doc)
}

// shape changes a good answer as the behaviour wants.
func shape(b Behaviour, g *granted, doc map[string]any) {
	rules := b.Tokens
	if !rules.OmitScope && len(g.scopes) > 0 {
		doc["scope"] = strings.Join(g.scopes, " ")
	}
	if g.issued != "" {
		doc["issued_token_type"] = g.issued
	}
	if rules.Type != "" {
		doc["token_type"] = rules.Type
	}
	if rules.OmitExpiresIn {
		delete(doc, "expires_in")
	} else if rules.StringExpiresIn {
		doc["expires_in"] = fmt.Sprint(doc["expires_in"])
	}
	if rules.Pad > 0 {
		doc["filler"] = strings.Repeat("x", rules.Pad)
	}
	override(doc, rules.Override)
}

func sendTokenDocument(c *call, doc map[string]any) {
	rules, h := c.b.Tokens, c.w.Header()
	rules.Form = rules.Form || rules.FormUnlessAsked && !strings.Contains(c.r.Header.Get("Accept"), "json")
	if rules.Raw == "" && !rules.Form && rules.ContentType == "" {
		sendJSON(c.w, http.StatusOK, doc)
		return
	}
	h.Set("Cache-Control", "no-store")
	body, kind := rules.Raw, "application/json"
	if body == "" {
		data, _ := json.Marshal(doc)
		body = string(data)
	}
	if rules.Form {
		form := url.Values{}
		for name, value := range doc {
			form.Set(name, fmt.Sprint(value))
		}
		body, kind = form.Encode(), "application/x-www-form-urlencoded"
	}
	if rules.ContentType != "" {
		kind = rules.ContentType
	}
	h.Set("Content-Type", kind)
	_, _ = c.w.Write([]byte(body))
}

// narrowed is what is granted of what was asked.
func narrowed(b Behaviour, asked []string) []string {
	if b.Tokens.Grant == nil {
		return asked
	}
	return b.Tokens.Grant
}

// wantsRefresh reports whether a refresh token belongs to a first grant.
func wantsRefresh(b Behaviour, g grant) bool {
	return !b.Tokens.NoRefresh && (!b.Tokens.OfflineOnly || slices.Contains(g.scopes, "offline_access")) &&
		carries(g.params, b.Tokens.OfflineParameters)
}
