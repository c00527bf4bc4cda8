package oauthtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// serverRoutes are the addresses of the authorization server.
func (s *Server) serverRoutes() http.Handler {
	r := s.newRoutes()
	path := s.options.IssuerPath
	r.add(wellKnownOAuth+path, MetadataOAuth, s.metadata(MetadataOAuth))
	r.add(path+wellKnownOIDC, MetadataOIDC, s.metadata(MetadataOIDC))
	if path != "" {
		r.add(path+wellKnownOAuth, MetadataOAuthAppended, s.metadata(MetadataOAuthAppended))
		r.add(wellKnownOIDC+path, MetadataOIDCInserted, s.metadata(MetadataOIDCInserted))
	}
	for e, work := range map[Endpoint]func(*call){
		Keys: s.keys, Authorize: s.authorize, Consent: s.consent, Token: s.token, Revoke: s.revoke,
		Introspect: s.introspect, UserInfo: s.userInfo, Register: s.register, Push: s.push,
		Device: s.deviceAuthorization, Verify: s.verify, Hop: s.hop,
	} {
		r.add("/"+string(e), e, work)
	}
	return r.rest(Unknown, notFound)
}

// otherRoutes are the addresses of an origin that belongs to nobody. A GET is
// answered with a page, so that a follower does not notice.
func (s *Server) otherRoutes() http.Handler {
	r := s.newRoutes()
	r.add("/"+string(Hop), Hop, s.hop)
	return r.rest(Other, func(c *call) { sendJSON(c.w, http.StatusOK, map[string]any{"other": true}) })
}

func notFound(c *call) { sendJSON(c.w, http.StatusNotFound, map[string]any{"error": "not_found"}) }

// hop redirects n times and then to the address.
func (s *Server) hop(c *call) {
	n, _ := strconv.Atoi(c.r.URL.Query().Get("n"))
	to := c.r.URL.Query().Get("to")
	if n > 0 {
		to = fmt.Sprintf("/%s?n=%d&to=%s", Hop, n-1, url.QueryEscape(to))
	}
	c.w.Header().Set("Location", to)
	c.w.WriteHeader(http.StatusFound)
}

// metadata answers with the authorization server's metadata.
func (s *Server) metadata(e Endpoint) func(*call) {
	return func(c *call) {
		m := c.b.Metadata
		if m.At != nil && !slices.Contains(m.At, e) {
			notFound(c)
			return
		}
		if m.Raw != "" {
			c.w.Header().Set("Content-Type", "application/json")
			_, _ = c.w.Write([]byte(m.Raw))
			return
		}
		doc := s.document(c.b)
		if m.Issuer != "" {
			doc["issuer"] = m.Issuer
		}
		if m.Pad > 0 {
			doc["filler"] = strings.Repeat("x", m.Pad)
		}
		override(doc, m.Override)
		sendJSON(c.w, http.StatusOK, doc)
	}
}

func (s *Server) document(b Behaviour) map[string]any {
	scopes := slices.Clone(b.Scopes)
	if !b.Metadata.Offline {
		scopes = slices.DeleteFunc(scopes, func(x string) bool { return x == "offline_access" })
	}
	doc := map[string]any{
		"issuer":                 s.Issuer(),
		"authorization_endpoint": s.URL(Authorize), "token_endpoint": s.URL(Token), "jwks_uri": s.URL(Keys),
		"revocation_endpoint": s.URL(Revoke), "introspection_endpoint": s.URL(Introspect), "userinfo_endpoint": s.URL(UserInfo),
		"device_authorization_endpoint":         s.URL(Device),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{codeGrant, refreshGrant, credentialsGrant, deviceGrant, exchangeGrant},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
		"scopes_supported":                      scopes,
	}
	if b.Metadata.PKCE != nil {
		doc["code_challenge_methods_supported"] = b.Metadata.PKCE
	}
	if !b.Clients.Unsaid {
		doc["token_endpoint_auth_methods_supported"] = b.Clients.Methods
		doc["revocation_endpoint_auth_methods_supported"] = b.Clients.Methods
	}
	if b.Authorization.ISSAdvertised {
		doc["authorization_response_iss_parameter_supported"] = true
	}
	if b.DPoP.Algorithms != nil {
		doc["dpop_signing_alg_values_supported"] = b.DPoP.Algorithms
	}
	if b.Push.Offered {
		doc["pushed_authorization_request_endpoint"] = s.URL(Push)
		doc["require_pushed_authorization_requests"] = b.Push.Required
	}
	if b.Registration.Offered {
		doc["registration_endpoint"] = s.URL(Register)
	}
	if b.Metadata.CIMD {
		doc["client_id_metadata_document_supported"] = true
	}
	return doc
}

// resourceMetadata answers with the RFC 9728 document of the API.
func (s *Server) resourceMetadata(e Endpoint) func(*call) {
	return func(c *call) {
		m := c.b.ResourceMetadata
		if m.At != nil && !slices.Contains(m.At, e) {
			notFound(c)
			return
		}
		if m.Raw != "" {
			c.w.Header().Set("Content-Type", "application/json")
			_, _ = c.w.Write([]byte(m.Raw))
			return
		}
		doc := map[string]any{
			"resource": s.API(), "authorization_servers": []string{s.Issuer()}, "bearer_methods_supported": []string{"header"},
			"resource_name": "The sample API",
		}
		// The well-known document at the root speaks for the root (RFC 9728, section 3.3).
		if e == ResourceAtRoot {
			doc["resource"] = s.api.url
		}
		if m.Resource != "" {
			doc["resource"] = m.Resource
		}
		if m.Servers != nil {
			doc["authorization_servers"] = m.Servers
		}
		if m.Scopes != nil {
			doc["scopes_supported"] = m.Scopes
		}
		if m.Pad > 0 {
			doc["filler"] = strings.Repeat("x", m.Pad)
		}
		override(doc, m.Override)
		sendJSON(c.w, http.StatusOK, doc)
	}
}

// sendJSON answers with a document that must not be stored.
func sendJSON(w http.ResponseWriter, status int, doc any) {
	data, err := json.Marshal(doc)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}

// refusal is an OAuth error.
type refusal struct {
	status      int
	code        string
	description string
}

func refuse(code, description string) *refusal {
	return &refusal{http.StatusBadRequest, code, description}
}

// sendRefusal answers with an OAuth error document (RFC 6749, section 5.2).
func (s *Server) sendRefusal(c *call, r *refusal) {
	s.note(c, r.code)
	doc := map[string]any{"error": r.code}
	if r.description != "" {
		doc["error_description"] = r.description
	}
	if r.code == "invalid_client" && r.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", `Basic realm="oauthtest"`)
	}
	sendJSON(c.w, r.status, doc)
}

// note records the error code of an answer.
func (s *Server) note(c *call, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.rec.Error = code
}
