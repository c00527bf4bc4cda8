package oauthtest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// registrationRequest is the client metadata of RFC 7591, section 2, that matters
// here.
type registrationRequest struct {
	Redirects []string `json:"redirect_uris"`
	Method    string   `json:"token_endpoint_auth_method"`
	Grants    []string `json:"grant_types"`
	Name      string   `json:"client_name"`
	Type      string   `json:"application_type"`
	Scope     string   `json:"scope"`
}

// register is dynamic client registration.
func (s *Server) register(c *call) {
	rules := c.b.Registration
	var want registrationRequest
	switch {
	case c.r.Method != http.MethodPost:
		s.sendRefusal(c, &refusal{http.StatusMethodNotAllowed, "invalid_request", "only POST"})
	case rules.Error != "":
		s.sendRefusal(c, refuse(rules.Error, rules.Description))
	case rules.NeedToken && !bearerIs(c.r, s.InitialToken()):
		s.sendRefusal(c, &refusal{http.StatusUnauthorized, "invalid_token", "an initial access token is required"})
	case json.Unmarshal(c.rec.Body, &want) != nil:
		s.sendRefusal(c, refuse("invalid_client_metadata", "the body is not JSON"))
	default:
		if fault := checkRegistration(c.b, want); fault != nil {
			s.sendRefusal(c, fault)
			return
		}
		s.sendRegistration(c, want)
	}
}

// checkRegistration judges redirect addresses by application type (OpenID Connect
// Registration, section 2).
func checkRegistration(b Behaviour, want registrationRequest) *refusal {
	needsRedirect := len(want.Grants) == 0
	for _, g := range want.Grants {
		needsRedirect = needsRedirect || g == codeGrant
	}
	if needsRedirect && len(want.Redirects) == 0 {
		return refuse("invalid_redirect_uri", "no redirect_uris")
	}
	for _, redirect := range want.Redirects {
		u, err := url.Parse(redirect)
		switch {
		case err != nil || !u.IsAbs() || u.Fragment != "":
			return refuse("invalid_redirect_uri", redirect+" is not an absolute address")
		case u.Scheme == "http" && !loopback(u.Hostname()):
			return refuse("invalid_redirect_uri", redirect+" is neither https nor loopback")
		case b.Registration.NeedNative && want.Type != "native" && loopback(u.Hostname()):
			return refuse("invalid_redirect_uri", redirect+" is only for application_type native")
		}
	}
	return nil
}

func (s *Server) sendRegistration(c *call, want registrationRequest) {
	rules := c.b.Registration
	if want.Method == "" {
		want.Method = "client_secret_basic" // the default of RFC 7591
	}
	s.mu.Lock()
	client := Client{
		ID: "registered-" + strings.ToLower(rand.Text()[:12]), Name: want.Name, Redirects: want.Redirects, Grants: want.Grants,
		Confidential: want.Method != "none" || rules.Secret,
	}
	if len(client.Grants) == 0 {
		client.Grants = []string{codeGrant}
	}
	if !rules.Unmanaged {
		client.registrationToken = s.mint("registration", 0)
	}
	s.addClient(client)
	client = *s.clients[client.ID]
	s.mu.Unlock()
	if rules.Secret && want.Method == "none" {
		want.Method = "client_secret_basic"
	}
	doc := map[string]any{
		"client_id": client.ID, "client_id_issued_at": c.now.Unix(), "redirect_uris": client.Redirects,
		"grant_types": client.Grants, "token_endpoint_auth_method": want.Method, "client_name": client.Name,
	}
	if want.Type != "" {
		doc["application_type"] = want.Type
	}
	if client.Secret != "" {
		doc["client_secret"], doc["client_secret_expires_at"] = client.Secret, 0
	}
	if client.registrationToken != "" {
		doc["registration_access_token"] = client.registrationToken
		doc["registration_client_uri"] = s.URL(Registration) + "/" + client.ID
	}
	override(doc, rules.Override)
	sendJSON(c.w, http.StatusCreated, doc)
}

// registration is the client's own address: reading and deleting.
func (s *Server) registration(c *call) {
	s.mu.Lock()
	client := s.clients[c.r.PathValue("id")]
	allowed := client != nil && client.registrationToken != "" && bearerIs(c.r, client.registrationToken)
	if allowed && c.r.Method == http.MethodDelete {
		delete(s.clients, client.ID)
		for _, t := range s.tokens {
			t.revoked = t.revoked || t.family.client == client.ID
		}
	}
	s.mu.Unlock()
	switch {
	case !allowed:
		s.sendRefusal(c, &refusal{http.StatusUnauthorized, "invalid_token", "the registration access token is wrong"})
	case c.r.Method == http.MethodDelete:
		c.w.WriteHeader(http.StatusNoContent)
	case c.r.Method == http.MethodGet:
		sendJSON(c.w, http.StatusOK, map[string]any{"client_id": client.ID, "redirect_uris": client.Redirects})
	default:
		s.sendRefusal(c, &refusal{http.StatusMethodNotAllowed, "invalid_request", "only GET and DELETE"})
	}
}

func bearerIs(r *http.Request, want string) bool {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(value), []byte(want)) == 1
}
