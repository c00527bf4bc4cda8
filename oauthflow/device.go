package oauthflow

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

const (
	pollInterval  = 5 * time.Second // RFC 8628, section 3.2 and 3.5
	slowDown      = 5 * time.Second
	longestPoll   = time.Minute
	deviceDefault = 10 * time.Minute
	deviceLongest = time.Hour
)

// DevicePrompt is what a person needs to sign in on another device. UserCode is to be
// shown even when CompleteAddress, which may be empty, already has it: the person
// compares them.
type DevicePrompt struct {
	Address, CompleteAddress, UserCode string
	Expires                            time.Time
}

// device is a pending sign-in on another device.
type device struct {
	code     secret.Value
	interval time.Duration
	expires  time.Time
}

// Device signs in on another device (RFC 8628). It calls show once and returns when
// the person has answered, the code has run out or ctx ends. scopes are asked beyond
// the Config's. Errors of the kinds Denied and TimedOut are the person's doing.
func (f *Flow) Device(ctx context.Context, scopes []string, show func(DevicePrompt)) (Token, error) {
	s, err := f.Server(ctx)
	if err != nil {
		return Token{}, err
	}
	defer f.net.close()
	d, err := f.deviceDeal(ctx, s, scopes)
	if err != nil {
		return Token{}, err
	}
	pending, prompt, err := f.askDevice(ctx, d)
	if err != nil {
		f.forget(d.client, err)
		return Token{}, err
	}
	show(prompt)
	g, err := f.poll(ctx, d, pending)
	if err != nil {
		return Token{}, err
	}
	return f.login(ctx, d, g)
}

func (f *Flow) deviceDeal(ctx context.Context, s *Server, scopes []string) (*deal, error) {
	if f.config.Grant == ClientCredentials {
		return nil, fail(Configuration, "device", errors.New("the grant clientCredentials has no person to ask"))
	}
	if err := need("device", "device authorization endpoint", s.Endpoints.Device); err != nil {
		return nil, err
	}
	if err := need("device", "token endpoint", s.Endpoints.Token); err != nil {
		return nil, err
	}
	asked, err := f.scopes(s, scopes)
	if err != nil {
		return nil, err
	}
	c, err := f.client(ctx, s, "", asked)
	if err != nil {
		return nil, err
	}
	return f.newDeal("device", s, c, asked)
}

// askDevice begins: RFC 8628, section 3.1 and 3.2.
func (f *Flow) askDevice(ctx context.Context, d *deal) (device, DevicePrompt, error) {
	a, mask, err := f.ask(ctx, question{stage: "device", address: d.endpoints.Device, form: f.askForm(d, ""), client: d.client})
	if err != nil {
		return device{}, DevicePrompt{}, err
	}
	o := a.object()
	if o == nil {
		o = formObject(a.form())
	}
	if word, _ := a.words(); !a.ok() || word != "" {
		return device{}, DevicePrompt{}, a.refusal("device", mask, f.now())
	}
	life := o.seconds("expires_in")
	if life == 0 {
		life = deviceDefault
	}
	pending := device{code: secret.New(o.text("device_code")), interval: o.seconds("interval"), expires: f.now().Add(min(life, deviceLongest))}
	if pending.interval == 0 {
		pending.interval = pollInterval
	}
	pending.interval = min(pending.interval, longestPoll)
	prompt, err := f.prompt(d, o)
	if err == nil && pending.code.IsZero() {
		err = errors.New("the answer holds no device_code")
	}
	if err != nil {
		return device{}, DevicePrompt{}, &Error{Kind: Unusable, Stage: "device", Host: a.host, Err: err}
	}
	prompt.Expires = pending.expires
	return pending, prompt, nil
}

// prompt takes over what is shown, after checking where the addresses lead.
func (f *Flow) prompt(d *deal, o object) (DevicePrompt, error) {
	p := DevicePrompt{Address: o.text("verification_uri"), UserCode: o.text("user_code"), CompleteAddress: o.text("verification_uri_complete")}
	if p.Address == "" {
		p.Address = o.text("verification_url") // before the RFC, and still at Google
	}
	if p.UserCode == "" || p.UserCode != clean(p.UserCode, nil, maxCode) {
		return p, errors.New("the answer holds no user_code")
	}
	if _, err := f.net.check(p.Address, d.endpoints.Device); err != nil {
		return p, err
	}
	if _, err := f.net.check(p.CompleteAddress, d.endpoints.Device); err != nil {
		p.CompleteAddress = "" // it is a convenience only
	}
	return p, nil
}

// poll asks for the token until there is an answer (RFC 8628, section 3.5).
func (f *Flow) poll(ctx context.Context, d *deal, p device) (*granted, error) {
	wait := p.interval
	for {
		if !f.now().Add(wait).Before(p.expires) {
			return nil, &Error{Kind: TimedOut, Stage: "device", Host: host(d.endpoints.Token), Err: errors.New("nobody used the code in time")}
		}
		if err := f.sleep(ctx, wait); err != nil {
			return nil, err
		}
		form := url.Values{"grant_type": {grantDevice}, "device_code": {p.code.Reveal()}}
		if d.resource != "" {
			form.Set("resource", d.resource)
		}
		g, err := f.grant(ctx, d, d.endpoints.Token, form)
		if err == nil {
			return g, nil
		}
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return nil, err
		}
		if wait, ok = p.next(wait, e); !ok {
			if e.Code == "expired_token" {
				e.Kind = TimedOut
			}
			return nil, err
		}
	}
}

// next returns how long to wait after an answer; false when it is the last one.
func (p *device) next(wait time.Duration, e *Error) (time.Duration, bool) {
	switch {
	case e.Code == "authorization_pending":
		return p.interval, true
	case e.Code == "slow_down":
		p.interval += slowDown
		return p.interval, true
	case e.Kind == Unreachable:
		return max(min(2*wait, longestPoll), e.RetryAfter, p.interval), true
	}
	return 0, false
}
