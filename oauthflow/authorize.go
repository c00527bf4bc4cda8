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
	address string // what the browser opens
	state   string

	flow     *Flow
	server   *Server
	deal     *deal
	verifier string

	mu        sync.Mutex
	pushes    int
	exchanged bool
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
	c, err := f.client(ctx, s, redirectURI)
	if err != nil {
		return nil, err
	}
	d, err := f.newDeal("exchange", s, c, asked)
	if err != nil {
		return nil, err
	}
	d.redirectURI = redirectURI
	if slices.Contains(asked, "openid") {
		d.nonce = random()
	}
	a := &attempt{flow: f, server: s, deal: d, state: random(), verifier: oauth2.GenerateVerifier()}
	return a, a.makeAddress(ctx)
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
	if _, told := c.ExtraParams["prompt"]; !told && slices.Contains(d.asked, "offline_access") {
		p.Set("prompt", "consent") // OpenID Connect Core, section 11
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
	a.address = u.String()
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
		e := got.refusal("authorize", mask, f.now())
		f.forget(a.deal.client, e)
		return "", e
	}
	name := got.object().text("request_uri")
	if name == "" || strings.ContainsFunc(name, notPlain) || len(name) > maxAddress/2 {
		return "", &Error{Kind: Unusable, Stage: "authorize", Host: got.host, Err: errors.New("the answer holds no request_uri")}
	}
	return name, nil
}

// matches compares the state of a callback in constant time.
func (a *attempt) matches(state string) bool {
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
		a.flow.forget(a.deal.client, e)
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

// again reports whether err, of verify, only means that a pushed request ran out
// before the browser came; the request then has been pushed once more, and the browser
// is to be sent to a.address. It is true at most once.
func (a *attempt) again(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != "invalid_request_uri" && e.Code != "invalid_request" {
		return false
	}
	a.mu.Lock()
	once := a.pushes == 1
	a.mu.Unlock()
	return once && a.makeAddress(ctx) == nil
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
	f, d := a.flow, a.deal
	defer f.net.close()
	form := url.Values{"grant_type": {grantCode}, "code": {code}, "redirect_uri": {d.redirectURI}, "code_verifier": {a.verifier}}
	if d.resource != "" {
		form.Set("resource", d.resource)
	}
	g, err := f.grant(ctx, d, d.endpoints.Token, form)
	if err != nil {
		f.forget(d.client, err)
		return Token{}, err
	}
	return f.login(ctx, d, g)
}
