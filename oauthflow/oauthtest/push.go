package oauthtest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"time"
)

// pushed is a pushed authorization request (RFC 9126).
type pushed struct {
	client  string
	params  url.Values
	expires time.Time
	used    bool
}

// push is the pushed authorization request endpoint.
func (s *Server) push(c *call) {
	client, fault := s.enter(c)
	if fault == nil && c.form.Has("request_uri") {
		fault = refuse("invalid_request", "request_uri must not be pushed")
	}
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	params := url.Values{}
	for name, values := range c.form {
		if name != "client_secret" {
			params[name] = values
		}
	}
	params.Set("client_id", client.ID)
	s.mu.Lock()
	a, problem := s.checkAuthorization(c.b, params)
	if problem == "" && a.fault == nil {
		uri := "urn:ietf:params:oauth:request_uri:" + rand.Text()
		s.pushed[uri] = &pushed{client: client.ID, params: params, expires: c.now.Add(c.b.Push.Lifetime)}
		s.mu.Unlock()
		sendJSON(c.w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(c.b.Push.Lifetime.Seconds())})
		return
	}
	s.mu.Unlock()
	if problem != "" {
		fault = refuse("invalid_request", problem)
	} else {
		fault = a.fault
		fault.status = http.StatusBadRequest
	}
	s.sendRefusal(c, fault)
}
