package oauthflow

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/oauth2"
)

// attempt is one authorization request: from begin to one exchange. It lives in the
// memory of the process that listens for its callback, and nowhere else.
type attempt struct {
	flow   *Flow
	server *Server

	mu        sync.Mutex
	address   string // what the browser opens
	state     string
	deal      *deal
	verifier  string
	pushes    int
	exchanged bool
	anew      bool // it has begun once more with another client
	plain     bool // and without what was asked to be renewed
}

// begin finds the server, checks that it can do what is needed, registers and pushes
// the request as far as the server wants that, and makes the address that the browser
// opens. scopes are asked beyond the Config's. When it fails nothing may be opened.
func (f *Flow) begin(ctx context.Context, redirectURI string, scopes []string) (*attempt, error) {
	if f.config.Grant != AuthorizationCode {
		return nil, fail(Configuration, "authorize", errors.New("the grant "+string(f.config.Grant)+" needs no browser"))
	}
	s, err := f.Server(ctx)
	if err != nil {
		return nil, err
	}
	defer f.net.close()
	if err := s.allowsCode(); err != nil {
		return nil, err
	}
	asked, err := f.scopes(s, scopes)
	if err != nil {
		return nil, err
	}
	c, err := f.client(ctx, s, redirectURI, asked)
	if err != nil {
		return nil, err
	}
	a := &attempt{flow: f, server: s}
	if err := a.with(ctx, c, redirectURI, asked); err != nil && !a.another(ctx, err) {
		return nil, err
	}
	return a, nil
}

// with makes the request as a client for scopes: the first one, or one that takes its
// place.
func (a *attempt) with(ctx context.Context, c *client, redirectURI string, asked []string) error {
	d, err := a.flow.newDeal("exchange", a.server, c, asked)
	if err != nil {
		return err
	}
	d.redirectURI = redirectURI
	if slices.Contains(asked, "openid") {
		d.nonce = random()
	}
	a.mu.Lock()
	a.deal, a.state, a.verifier, a.pushes, a.exchanged = d, random(), oauth2.GenerateVerifier(), 0, false
	a.mu.Unlock()
	return a.makeAddress(ctx)
}

// allowsCode reports why no sign-in with a browser may begin at this server.
func (s *Server) allowsCode() error {
	if err := need("authorize", "authorization endpoint", s.Endpoints.Authorization); err != nil {
		return err
	}
	if err := need("authorize", "token endpoint", s.Endpoints.Token); err != nil {
		return err
	}
	if !s.Silent && !s.S256 && !s.Assumed {
		return &Error{Kind: NoPKCE, Stage: "authorize", Host: host(s.Endpoints.Authorization),
			Err: errors.New("the server's metadata do not say that it supports PKCE with S256")}
	}
	return nil
}

// params are the authorization request (RFC 6749, section 4.1.1; RFC 7636; RFC 8707).
func (a *attempt) params() url.Values {
	c, d := &a.flow.config, a.deal
	p := url.Values{}
	for name, value := range c.ExtraParams {
		p.Set(name, value)
	}
	p.Set("response_type", "code")
	p.Set("client_id", d.client.id)
	p.Set("redirect_uri", d.redirectURI)
	p.Set("state", a.state)
	p.Set("code_challenge", oauth2.S256ChallengeFromVerifier(a.verifier))
	p.Set("code_challenge_method", "S256")
	if len(d.asked) > 0 {
		name := "scope"
		if c.ScopeParam != "" {
			name = c.ScopeParam
		}
		p.Set(name, strings.Join(d.asked, " "))
	}
	if d.nonce != "" {
		p.Set("nonce", d.nonce)
	}
	if d.resource != "" {
		p.Set("resource", d.resource)
	}
	if slices.Contains(d.asked, offlineAccess) && !p.Has("prompt") {
		p.Set("prompt", "consent") // OpenID Connect Core, section 11
	}
	if c.Offline && !a.plain {
		for name, value := range a.server.stay().params {
			if !p.Has(name) {
				p.Set(name, value)
			}
		}
	}
	return p
}

// makeAddress makes what the browser opens; of a pushed request only its name (RFC
// 9126, section 4).
func (a *attempt) makeAddress(ctx context.Context) error {
	p := a.params()
	if a.server.RequirePAR || a.flow.config.PAR {
		name, err := a.push(ctx, p)
		if err != nil {
			return err
		}
		p = url.Values{"client_id": {a.deal.client.id}, "request_uri": {name}}
	}
	u, err := a.flow.net.check(a.server.Endpoints.Authorization, "")
	if err != nil {
		return fail(Unusable, "authorize", err)
	}
	q := u.Query()
	for name := range p {
		q[name] = p[name]
	}
	u.RawQuery = q.Encode()
	a.mu.Lock()
	a.address = u.String()
	a.mu.Unlock()
	return nil
}

// push sends the request ahead (RFC 9126) and returns its request_uri.
func (a *attempt) push(ctx context.Context, p url.Values) (string, error) {
	f, endpoint := a.flow, a.server.Endpoints.PAR
	if err := need("authorize", "endpoint for pushed authorization requests", endpoint); err != nil {
		return "", err
	}
	a.mu.Lock()
	a.pushes++
	a.mu.Unlock()
	got, mask, err := f.ask(ctx, question{stage: "authorize", address: endpoint, form: p, client: a.deal.client, key: a.deal.key})
	if err != nil {
		return "", err
	}
	if !got.ok() {
		return "", got.refusal("authorize", mask, f.now())
	}
	name := got.object().text("request_uri")
	if name == "" || strings.ContainsFunc(name, notPlain) || len(name) > maxAddress/2 {
		return "", &Error{Kind: Unusable, Stage: "authorize", Host: got.host, Err: errors.New("the answer holds no request_uri")}
	}
	return name, nil
}

// matches compares the state of a callback in constant time.
func (a *attempt) matches(state string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return subtle.ConstantTimeCompare([]byte(state), []byte(a.state)) == 1
}

// verify judges a callback whose state matches: the four rows of RFC 9207, for
// successes and errors alike; then error; then code. It asks nobody. An *Error of kind
// IssuerMismatch ends the attempt and says nothing of what the callback says; Denied
// and Refused are the server's own answer.
func (a *attempt) verify(q url.Values) (code string, err error) {
	name := host(a.server.Endpoints.Authorization)
	if err := a.checkIss(q["iss"]); err != nil {
		return "", &Error{Kind: IssuerMismatch, Stage: "authorize", Host: name, Err: err}
	}
	if q.Has("error") {
		mask := masker(a.params())
		e := &Error{Kind: Refused, Stage: "authorize", Host: name, Code: cleanCode(q.Get("error"), mask),
			Description: clean(q.Get("error_description"), mask, maxDescription)}
		if e.Code == "access_denied" {
			e.Kind = Denied
		}
		return "", e
	}
	if code = q.Get("code"); code == "" || len(code) > maxAddress || len(q["code"]) > 1 {
		return "", &Error{Kind: Unusable, Stage: "authorize", Host: name, Err: errors.New("the answer holds neither one code nor an error")}
	}
	return code, nil
}

// checkIss holds the table of RFC 9207, section 2.4 by plain comparison. Where no
// issuer is known there is nothing to compare with.
func (a *attempt) checkIss(iss []string) error {
	switch {
	case len(iss) > 1:
		return errors.New("the answer names more than one issuer")
	case len(iss) == 0 && a.server.Iss:
		return errors.New("the answer names no issuer although this server always does")
	case len(iss) == 1 && a.server.Issuer != "" && !isIssuer(a.server.Issuer, iss[0]):
		return errors.New("the answer came from another server than the one that was asked")
	}
	return nil
}

// again reports whether err, of verify or exchange, is mended by another request, to
// which the browser is to be sent: a pushed one ran out before the browser came; the
// client that the server had registered for us before is not known any more, or not for
// these scopes or this redirect address; or the server does not give what was asked
// without need, to be renewed. Each is tried once, and a.address is another one then.
func (a *attempt) again(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	a.mu.Lock()
	once := a.pushes == 1
	a.mu.Unlock()
	if once && e.Stage == "authorize" && (e.Code == "invalid_request_uri" || e.Code == "invalid_request") {
		return a.makeAddress(ctx) == nil
	}
	return a.another(ctx, err)
}

// another is again but for a request that ran out.
func (a *attempt) another(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*Error](err)
	a.mu.Lock()
	d := a.deal
	a.mu.Unlock()
	if !ok || d == nil {
		return false
	}
	switch e.Code {
	case "invalid_client", "unauthorized_client", "invalid_redirect_uri", "redirect_uri_mismatch":
		return a.asAnother(ctx, d)
	case "invalid_scope":
		return a.asAnother(ctx, d) || a.withoutExtra(ctx, d)
	}
	return false
}

// asAnother registers the client anew, when it was the server that had registered it, and
// not for this request.
func (a *attempt) asAnother(ctx context.Context, d *deal) bool {
	if a.anew || d.client.registration.ClientID == "" || d.client.fresh {
		return false
	}
	a.anew = true
	a.flow.drop(d.client.registration)
	c, err := a.flow.register(ctx, a.server, d.redirectURI, d.asked)
	return err == nil && a.with(ctx, c, d.redirectURI, d.asked) == nil
}

// withoutExtra leaves out the scope that nobody but [Config].Offline asked for.
func (a *attempt) withoutExtra(ctx context.Context, d *deal) bool {
	extra := a.server.stay().scope
	if a.plain || !a.flow.config.Offline || extra == "" || slices.Contains(a.flow.config.Scopes, extra) || !slices.Contains(d.asked, extra) {
		return false
	}
	a.plain = true
	rest := slices.DeleteFunc(slices.Clone(d.asked), func(s string) bool { return s == extra })
	return a.with(ctx, d.client, d.redirectURI, rest) == nil
}

// exchange turns the code into a Token (RFC 6749, section 4.1.3), once for an attempt:
// servers revoke everything when a code comes twice. Tokens that must not be used are
// revoked and no error shows them.
func (a *attempt) exchange(ctx context.Context, code string) (Token, error) {
	a.mu.Lock()
	twice := a.exchanged
	a.exchanged = true
	a.mu.Unlock()
	if twice {
		return Token{}, fail(Configuration, "exchange", errors.New("the code has been used"))
	}
	f := a.flow
	a.mu.Lock()
	d, verifier := a.deal, a.verifier
	a.mu.Unlock()
	defer f.net.close()
	form := url.Values{"grant_type": {grantCode}, "code": {code}, "redirect_uri": {d.redirectURI}, "code_verifier": {verifier}}
	if d.resource != "" {
		form.Set("resource", d.resource)
	}
	g, err := f.grant(ctx, d, d.endpoints.Token, form)
	if err != nil {
		f.forget(d.client, err)
		return Token{}, err
	}
	t, err := f.login(ctx, d, g)
	if t.Refresh.IsZero() && err == nil {
		t.Staying = a.server.advice(d.asked)
	}
	return t, err
}
