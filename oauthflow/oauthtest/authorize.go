package oauthtest

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authorization is an authorization request that was found valid so far as its
// client and redirect go; fault is what else is wrong with it.
type authorization struct {
	grant
	state  string
	fault  *refusal
	client *Client
	hint   string // login_hint
	pushed string // the request_uri that it came by
}

// authorize is the authorization endpoint.
func (s *Server) authorize(c *call) {
	params := c.r.URL.Query()
	if c.r.Method == http.MethodPost {
		params = c.form
	}
	a, problem := s.readAuthorization(c, params)
	if problem != "" {
		showProblem(c.w, http.StatusBadRequest, problem)
		return
	}
	rules := c.b.Authorization
	switch {
	case a.fault != nil:
		s.sendBack(c, a, url.Values{"error": {a.fault.code}, "error_description": {a.fault.description}})
	case rules.Error != "":
		back := url.Values{"error": {rules.Error}}
		if rules.Description != "" {
			back.Set("error_description", rules.Description)
		}
		s.sendBack(c, a, back)
	case c.b.Consent == Ask:
		s.mu.Lock()
		ticket := s.mint("ticket", 0)
		s.tickets[ticket] = a
		s.mu.Unlock()
		s.showConsent(c, a, ticket, "")
	default:
		s.decide(c, a, c.b.User, c.b.Consent == Allow)
	}
}

// readAuthorization resolves a pushed request and checks the parameters. A problem is
// one that must not be told to the redirect address.
func (s *Server) readAuthorization(c *call, params url.Values) (*authorization, string) {
	if name := repeated(params); name != "" {
		return nil, "The parameter " + name + " was sent twice."
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault *refusal
	uri := params.Get("request_uri")
	if uri != "" {
		for name := range params {
			if name != "client_id" && name != "request_uri" {
				s.violate("authorize: " + name + " beside request_uri")
			}
		}
		p := s.pushed[uri]
		if p == nil || p.client != params.Get("client_id") {
			return nil, "The request_uri is unknown."
		}
		if !c.now.Before(p.expires) || p.used {
			fault = refuse("invalid_request_uri", "the request_uri has expired")
		}
		params = p.params
	} else if c.b.Push.Required {
		fault = refuse("invalid_request", "pushed authorization requests are required")
	}
	a, problem := s.checkAuthorization(c.b, params)
	if problem != "" {
		return nil, problem
	}
	a.pushed = uri
	if fault != nil {
		a.fault = fault
	}
	return a, ""
}

// checkAuthorization checks the parameters themselves. The lock must be held.
func (s *Server) checkAuthorization(b Behaviour, params url.Values) (*authorization, string) {
	client := s.findClient(b, params.Get("client_id"), params.Get("redirect_uri"))
	if client == nil {
		return nil, "The client " + params.Get("client_id") + " is unknown."
	}
	redirect := params.Get("redirect_uri")
	if !redirectAllowed(client, redirect, b.Authorization.ExactPort) {
		return nil, "The redirect address " + redirect + " is not registered for this client."
	}
	a := &authorization{client: client, state: params.Get("state"), hint: params.Get("login_hint"), grant: grant{
		client: client.ID, scopes: strings.Fields(params.Get(scopeParameter(b))), params: params, resource: params["resource"],
		redirect: redirect, challenge: params.Get("code_challenge"), nonce: params.Get("nonce"), jkt: params.Get("dpop_jkt"),
	}}
	// 128 bits are 22 characters of base64url.
	if len(a.state) < 22 {
		s.violate("authorize: state is missing or short")
	}
	if slices.Contains(a.scopes, "openid") && len(a.nonce) < 22 {
		s.violate("authorize: openid with a missing or short nonce")
	}
	a.fault = s.checkRequest(b, params, a)
	return a, ""
}

func (s *Server) checkRequest(b Behaviour, params url.Values, a *authorization) *refusal {
	rules, method := b.Authorization, params.Get("code_challenge_method")
	switch {
	case params.Get("response_type") != "code":
		return &refusal{code: "unsupported_response_type", description: "only code"}
	case a.challenge == "" && rules.PKCEOptional:
		s.violate("authorize: no PKCE")
	case a.challenge == "":
		return refuse("invalid_request", "code_challenge is required")
	case method != "S256" || rules.RefuseS256:
		return refuse("invalid_request", "this code_challenge_method is not supported")
	case len(a.challenge) != 43:
		return refuse("invalid_request", "the code_challenge is not one of S256")
	}
	if !carries(params, rules.NeedParameters) {
		return refuse("invalid_request", "a parameter is missing")
	}
	if fault := s.checkScopes(b, a.client, a.scopes); fault != nil {
		return fault
	}
	return s.checkResources(b, a.resource)
}

func scopeParameter(b Behaviour) string {
	if b.Authorization.ScopeParameter != "" {
		return b.Authorization.ScopeParameter
	}
	return "scope"
}

// carries reports whether parameters have all the needed values.
func carries(params, needed url.Values) bool {
	for name := range needed {
		if params.Get(name) != needed.Get(name) {
			return false
		}
	}
	return true
}

func (s *Server) checkScopes(b Behaviour, client *Client, scopes []string) *refusal {
	for _, scope := range scopes {
		if !slices.Contains(b.Scopes, scope) || client.Scopes != nil && !slices.Contains(client.Scopes, scope) {
			return refuse("invalid_scope", "the scope "+scope+" is unknown")
		}
	}
	return nil
}

// checkResources judges resource indicators (RFC 8707, section 2).
func (s *Server) checkResources(b Behaviour, resources []string) *refusal {
	if b.Authorization.NeedResource && len(resources) == 0 {
		return refuse("invalid_target", "resource is required")
	}
	for _, r := range resources {
		u, err := url.Parse(r)
		switch {
		case b.Authorization.RefuseResource:
			return refuse("invalid_target", "resource is not supported")
		case err != nil || !u.IsAbs() || strings.Contains(r, "#"):
			return refuse("invalid_target", "resource must be absolute and without fragment")
		case r != s.API() && r != s.api.url && !slices.Contains(b.Resources, r):
			return refuse("invalid_target", "the resource is unknown")
		}
	}
	return nil
}

// findClient finds a registered client, or one that is its own metadata document.
func (s *Server) findClient(b Behaviour, id, redirect string) *Client {
	if c := s.clients[id]; c != nil {
		return c
	}
	if b.Metadata.CIMD && strings.HasPrefix(id, "https://") {
		return &Client{ID: id, Name: id, Redirects: []string{redirect}}
	}
	return nil
}

// redirectAllowed compares as RFC 8252, section 7.3 wants: exactly, but for the port of
// a loopback address.
func redirectAllowed(c *Client, redirect string, exact bool) bool {
	u, err := url.Parse(redirect)
	if err != nil || !u.IsAbs() || strings.Contains(redirect, "#") {
		return false
	}
	for _, known := range c.Redirects {
		if known == redirect {
			return true
		}
		k, err := url.Parse(known)
		if err != nil || exact || !loopback(u.Hostname()) || u.Scheme != "http" {
			continue
		}
		k.Host, u.Host = k.Hostname(), u.Hostname()
		if k.String() == u.String() {
			return true
		}
		u, _ = url.Parse(redirect)
	}
	return false
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// repeated names a parameter that was sent twice though only resource may be.
func repeated(params url.Values) string {
	for name, values := range params {
		if len(values) > 1 && name != "resource" && name != "audience" {
			return name
		}
	}
	return ""
}

// decide ends an authorization request as the person wants.
func (s *Server) decide(c *call, a *authorization, user string, allow bool) {
	s.mu.Lock()
	if p := s.pushed[a.pushed]; p != nil {
		p.used = true
	}
	var value string
	if allow && c.b.Authorization.AnswerPlainCode == "" {
		g := a.grant
		g.user, g.openTime = user, c.now.Truncate(time.Second)
		value = s.newCode(g)
	} else {
		value = c.b.Authorization.AnswerPlainCode
	}
	s.mu.Unlock()
	if !allow {
		s.sendBack(c, a, url.Values{"error": {"access_denied"}, "error_description": {"the person refused"}})
		return
	}
	s.sendBack(c, a, url.Values{"code": {value}})
}

// sendBack redirects to the client, with state and iss.
func (s *Server) sendBack(c *call, a *authorization, answer url.Values) {
	s.note(c, answer.Get("error"))
	rules := c.b.Authorization
	state := a.state
	if rules.ReplaceState != "" {
		state = rules.ReplaceState
	}
	if state != "" {
		answer.Set("state", state)
	}
	switch rules.ISS {
	case ISSRight:
		answer.Set("iss", s.Issuer())
	case ISSWrong:
		answer.Set("iss", s.Other())
	case ISSSlash:
		answer.Set("iss", s.Issuer()+"/")
	}
	for name, values := range rules.Extra {
		answer[name] = append(answer[name], values...)
	}
	u, _ := url.Parse(a.redirect)
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += answer.Encode()
	h := c.w.Header()
	h.Set("Location", u.String())
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	status := http.StatusFound
	if c.r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	c.w.WriteHeader(status)
}
