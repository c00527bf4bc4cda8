package oauthtest

import (
	"net/http"
	"strings"
)

// revoke is RFC 7009: a refresh token takes its family along.
func (s *Server) revoke(c *call) {
	client, fault := s.enter(c)
	if fault == nil && c.form.Get("token") == "" {
		fault = refuse("invalid_request", "token is required")
	}
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	s.mu.Lock()
	t := s.tokens[c.form.Get("token")]
	if t != nil && t.family.client == client.ID {
		t.revoked = true
		t.family.revoked = t.family.revoked || !t.access
	}
	s.mu.Unlock()
	// Section 2.2: an unknown token is answered like a known one.
	c.w.WriteHeader(http.StatusOK)
}

// introspect is RFC 7662, for confidential clients only.
func (s *Server) introspect(c *call) {
	client, fault := s.enter(c)
	if fault == nil && client.Secret == "" {
		s.mu.Lock()
		s.violate("introspect: asked by a public client")
		s.mu.Unlock()
		fault = &refusal{http.StatusUnauthorized, "invalid_client", "only confidential clients may ask"}
	}
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	s.mu.Lock()
	doc := map[string]any{"active": false}
	if t := s.tokens[c.form.Get("token")]; t != nil && t.alive(s.now()) {
		doc = map[string]any{
			"active": true, "client_id": t.family.client, "username": t.family.user, "sub": subject(t.family.user),
			"scope": strings.Join(t.scopes, " "), "iat": t.issued.Unix(), "iss": s.Issuer(), "aud": t.audience,
		}
		if !t.expires.IsZero() {
			doc["exp"] = t.expires.Unix()
		}
		if t.jkt != "" {
			doc["cnf"] = map[string]string{"jkt": t.jkt}
		}
	}
	s.mu.Unlock()
	sendJSON(c.w, http.StatusOK, doc)
}
