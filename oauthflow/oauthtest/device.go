package oauthtest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// device is one device authorization (RFC 8628).
type device struct {
	grant
	userCode string
	expires  time.Time
	interval time.Duration
	polls    int
	last     time.Time
	decision Decision
	used     bool
}

// deviceAuthorization is the device authorization endpoint.
func (s *Server) deviceAuthorization(c *call) {
	client, fault := s.enter(c)
	if fault == nil {
		fault = s.checkScopes(c.b, client, strings.Fields(c.form.Get("scope")))
	}
	if fault == nil {
		fault = s.checkResources(c.b, c.form["resource"])
	}
	if fault != nil {
		s.sendRefusal(c, fault)
		return
	}
	rules := c.b.Device
	s.mu.Lock()
	value := s.mint("device", 0)
	d := &device{
		userCode: userCode(), expires: s.now().Add(rules.Lifetime), interval: rules.Interval,
		grant: grant{client: client.ID, user: c.b.User, scopes: strings.Fields(c.form.Get("scope")), resource: c.form["resource"]},
	}
	if rules.OmitInterval {
		d.interval = 5 * time.Second // the default of section 3.2
	}
	s.devices[value] = d
	s.mu.Unlock()
	doc := map[string]any{
		"device_code": value, "user_code": d.userCode, "verification_uri": s.URL(Verify),
		"verification_uri_complete": s.URL(Verify) + "?user_code=" + url.QueryEscape(d.userCode),
		"expires_in":                int(rules.Lifetime.Seconds()), "interval": int(rules.Interval.Seconds()),
	}
	if rules.OmitInterval {
		delete(doc, "interval")
	}
	if rules.OmitComplete {
		delete(doc, "verification_uri_complete")
	}
	override(doc, rules.Override)
	sendJSON(c.w, http.StatusOK, doc)
}

// userCode is eight letters that are hard to confuse and spell no words.
func userCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	raw := make([]byte, 8)
	_, _ = rand.Read(raw)
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw[:4]) + "-" + string(raw[4:])
}

// devicePoll is the device code grant. The lock must be held.
func (s *Server) devicePoll(c *call, client *Client) (*granted, *refusal) {
	d := s.devices[c.form.Get("device_code")]
	if d == nil || d.client != client.ID {
		return nil, refuse("invalid_grant", "the device code is unknown")
	}
	now, rules := s.now(), c.b.Device
	fast := !d.last.IsZero() && now.Sub(d.last) < d.interval-d.interval/20 // clocks and networks are not exact
	d.last = now
	d.polls++
	decision := d.decision
	if decision == Ask && d.polls > rules.After {
		decision = rules.Decision
	}
	switch {
	case d.used:
		return nil, refuse("invalid_grant", "the device code was used before")
	case !now.Before(d.expires):
		return nil, refuse("expired_token", "the device code has expired")
	case fast || d.polls <= rules.SlowDown:
		if fast {
			s.violate("token: a device polls faster than its interval")
		}
		d.interval += 5 * time.Second
		return nil, refuse("slow_down", "")
	case decision == Deny:
		return nil, refuse("access_denied", "the person refused")
	case decision == Ask:
		return nil, refuse("authorization_pending", "")
	}
	d.used = true
	g := d.grant
	g.scopes, g.openTime = narrowed(c.b, g.scopes), now
	audience, fault := s.audience(c, g)
	if fault != nil {
		return nil, fault
	}
	return &granted{
		family: &family{grant: g}, scopes: g.scopes, audience: audience, refresh: wantsRefresh(c.b, g), idToken: &c.b.LoginIDToken,
	}, nil
}

// Decide decides about a device by its user code, as its page does. It reports
// whether the code was waiting.
func (s *Server) Decide(userCode, user string, d Decision) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.waiting(userCode)
	if known == nil {
		return false
	}
	known.decision, known.user = d, user
	return true
}

// waiting finds an undecided device by its user code, typed with or without the
// hyphen and in any case.
func (s *Server) waiting(userCode string) *device {
	plain := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r == '-' || r == ' ' {
				return -1
			}
			return r
		}, strings.ToUpper(text))
	}
	for _, d := range s.devices {
		if plain(d.userCode) == plain(userCode) && d.decision == Ask && !d.used && s.now().Before(d.expires) {
			return d
		}
	}
	return nil
}

// verify is the page where a person types the user code.
func (s *Server) verify(c *call) {
	if c.r.Method != http.MethodPost {
		s.showVerify(c, c.r.URL.Query().Get("user_code"), "")
		return
	}
	typed, user := c.form.Get("user_code"), strings.TrimSpace(c.form.Get("user"))
	s.mu.Lock()
	d := s.waiting(typed)
	problem := s.checkPerson(c.b, user, c.form.Get("password"))
	s.mu.Unlock()
	switch {
	case d == nil:
		s.showVerify(c, typed, "This code is not waiting for anybody. Check it on your device.")
	case c.form.Get("decision") == "deny":
		s.Decide(typed, user, Deny)
		showDone(c.w, "Access refused", "The device will not get access. You can close this tab.")
	case problem != "":
		s.showVerify(c, typed, problem)
	default:
		s.Decide(typed, user, Allow)
		showDone(c.w, "Device connected", "You can close this tab and go back to your device.")
	}
}
