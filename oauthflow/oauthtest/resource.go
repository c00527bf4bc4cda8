package oauthtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// resourceRoutes are the addresses of the resource server.
func (s *Server) resourceRoutes() http.Handler {
	r := s.newRoutes()
	r.add(challengedPath, ResourceChallenged, s.resourceMetadata(ResourceChallenged))
	r.add(wellKnownResource, ResourceAtRoot, s.resourceMetadata(ResourceAtRoot))
	if s.options.APIPath != "" {
		r.add(wellKnownResource+s.options.APIPath, ResourceAtPath, s.resourceMetadata(ResourceAtPath))
	}
	r.add("/"+string(Hop), Hop, s.hop)
	return r.rest(API, s.serveAPI)
}

// Access is what a good access token gives.
type Access struct {
	User, Client string
	Scopes       []string
}

// Check judges the access token of a request to another resource server, whose
// identifier must be in Behaviour.Resources. When it is refused, ok is false and the
// answer, with a challenge that names the metadata at the resource's well-known
// address, has been written to w: serve Metadata there. It does not record the request.
func (s *Server) Check(w http.ResponseWriter, r *http.Request, resource string, scopes ...string) (a Access, ok bool) {
	b, now := s.current()
	c := &call{w: w, r: r, b: b, now: now, rec: &Request{Endpoint: API}, metadata: wellKnownOf(resource)}
	t, fault := s.tokenOf(c)
	if fault == nil {
		fault = s.allowed(b, t, resource, scopes)
	}
	if fault != nil {
		s.challenge(c, fault)
		return Access{}, false
	}
	return Access{User: t.family.user, Client: t.family.client, Scopes: slices.Clone(t.scopes)}, true
}

// Metadata serves the RFC 9728 document of another resource server.
func (s *Server) Metadata(resource string, scopes ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		doc := map[string]any{"resource": resource, "authorization_servers": []string{s.Issuer()}, "bearer_methods_supported": []string{"header"}}
		if len(scopes) > 0 {
			doc["scopes_supported"] = scopes
		}
		sendJSON(w, http.StatusOK, doc)
	})
}

// wellKnownOf is where a resource's metadata stands (RFC 9728, section 3.1).
func wellKnownOf(resource string) string {
	u, err := url.Parse(resource)
	if err != nil {
		return ""
	}
	u.Path = wellKnownResource + strings.TrimSuffix(u.Path, "/")
	return u.String()
}

// allowed judges audience and scopes.
func (s *Server) allowed(b Behaviour, t *token, resource string, scopes []string) *refusal {
	meant := slices.Contains(t.audience, resource) || resource == s.API() && slices.Contains(t.audience, s.api.url)
	if !meant && !b.API.AnyAudience {
		return &refusal{http.StatusUnauthorized, "invalid_token", "the token is for another resource"}
	}
	for _, scope := range scopes {
		if !slices.Contains(t.scopes, scope) {
			return &refusal{http.StatusForbidden, "insufficient_scope", strings.Join(scopes, " ")}
		}
	}
	return nil
}

// challenge refuses a request (RFC 6750, section 3; RFC 9728, section 5.1).
func (s *Server) challenge(c *call, f *refusal) {
	s.note(c, f.code)
	scheme := "Bearer"
	if c.b.API.NeedDPoP || strings.Contains(f.code, "dpop") {
		scheme = "DPoP"
	}
	var params []string
	add := func(name, value string) {
		if value != "" {
			params = append(params, fmt.Sprintf("%s=%q", name, value))
		}
	}
	add("error", f.code)
	if f.code == "insufficient_scope" {
		add("scope", f.description)
	} else {
		add("error_description", f.description)
		add("scope", c.b.API.ChallengeScope)
	}
	if !c.b.API.OmitMetadata {
		address := c.metadata
		if address == "" {
			address = s.URL(ResourceChallenged)
		}
		add("resource_metadata", address)
	}
	if scheme == "DPoP" {
		add("algs", "ES256")
	}
	values := []string{strings.TrimSpace(scheme + " " + strings.Join(params, ", "))}
	if c.b.API.Challenges != nil && f.status == http.StatusUnauthorized {
		values = c.b.API.Challenges
	}
	c.w.Header()["Www-Authenticate"] = values
	sendJSON(c.w, f.status, map[string]any{"error": f.code, "message": f.description})
}

// serveAPI answers everything at the API's origin:
//
//	/always401            401, whatever was sent
//	/scoped/NAME          demands the scope NAME
//	/ever-new             demands a scope that was never demanded before
//	/status/CODE          that status
//	/redirect?to=&status= that redirect, default 302
//	/stream               chunks until the client goes
//	/hold                 no answer until the client goes
//	/bytes/N              N bytes
//	/controls             text with terminal escapes and control characters
//	anything else         who and which scopes, and an echo of the request
func (s *Server) serveAPI(c *call) {
	path := strings.TrimPrefix(c.r.URL.Path, s.options.APIPath)
	if path == "/always401" {
		s.challenge(c, &refusal{http.StatusUnauthorized, "invalid_token", "never good enough"})
		return
	}
	doc := map[string]any{}
	if !c.b.API.Open {
		t, fault := s.tokenOf(c)
		if fault == nil {
			fault = s.allowed(c.b, t, s.API(), s.demanded(path))
		}
		if fault != nil {
			s.challenge(c, fault)
			return
		}
		doc["user"], doc["client"], doc["scopes"] = t.family.user, t.family.client, t.scopes
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch name {
	case "status":
		status, _ := strconv.Atoi(rest)
		if status < 200 || status > 999 {
			status = http.StatusBadRequest
		}
		sendJSON(c.w, status, map[string]any{"status": status})
	case "redirect":
		s.redirect(c)
	case "stream":
		s.stream(c)
	case "hold":
		select {
		case <-c.r.Context().Done():
		case <-s.stop:
		}
	case "bytes":
		n, _ := strconv.Atoi(rest)
		c.w.Header().Set("Content-Type", "application/octet-stream")
		pad(c.w, n)
	case "controls":
		c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = c.w.Write([]byte("\x1b[31mred\x1b[0m\x07 bell \x00 nul \u202e turned \r\n<script>alert(1)</script>\n"))
	default:
		doc["method"], doc["path"], doc["query"] = c.r.Method, c.r.URL.Path, c.r.URL.Query()
		doc["headers"], doc["body"] = c.r.Header, string(c.rec.Body)
		sendJSON(c.w, http.StatusOK, doc)
	}
}

// demanded are the scopes that a path wants.
func (s *Server) demanded(path string) []string {
	if scope, ok := strings.CutPrefix(path, "/scoped/"); ok {
		return []string{scope}
	}
	if path != "/ever-new" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.everNew++
	scope := fmt.Sprintf("new-%d", s.everNew)
	s.behaviour.Scopes = append(slices.Clone(s.behaviour.Scopes), scope)
	return []string{scope}
}

func (s *Server) redirect(c *call) {
	query := c.r.URL.Query()
	status, err := strconv.Atoi(query.Get("status"))
	if err != nil {
		status = http.StatusFound
	}
	to := query.Get("to")
	if to == "" {
		to = s.Other() + "/redirected"
	}
	c.w.Header().Set("Location", to)
	c.w.WriteHeader(status)
}

// stream writes until the client goes or the server closes.
func (s *Server) stream(c *call) {
	c.w.Header().Set("Content-Type", "text/plain")
	out := http.NewResponseController(c.w)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := fmt.Fprintln(c.w, "more"); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-c.r.Context().Done():
			return
		case <-s.stop:
			return
		}
	}
}
