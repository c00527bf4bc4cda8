package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Call is one call of a tool.
type Call struct {
	Tool      string
	Arguments json.RawMessage
	Meta      map[string]json.RawMessage // _meta of the request
	Approved  bool                       // a person has said yes to this very call
	// CanAsk says that the caller can ask the person: a call that the policy wants
	// confirmed is then answered with a question, and made with its answer.
	CanAsk  bool
	Answers map[string]result.Answer // to the questions so far, by their ID
	// Client is how the client names itself; it decides how much of a result fits.
	Client string
	// Select is a jq expression for the JSON response; empty: none.
	Select string
	// Once says that no other call follows that could read on in a result.
	Once bool
	// SignIn lets a person sign in, or type a credential, during the call; nil: nobody
	// is there. After true the credentials are looked for once more; a result is the
	// call's answer. It is called at most once for a missing credential, and at most
	// once for each tool when the backend wants more scopes.
	SignIn func(ctx context.Context, need *credential.Error) (signedIn bool, r *result.Result)
}

// sending is one call on its way to the backend. What it does once for the call it
// does not do again, so that no backend can make it go round in circles.
type sending struct {
	b      *Bridge
	call   Call
	plan   *request.Plan
	in     request.Incoming
	lease  *secret.Lease // of what the client hands over
	sender *sender
	left   time.Duration // of http.timeout

	asked   []string // records of the keychain for which a person was asked
	renewed bool     // a credential that the backend rejected was renewed
	stepped bool     // more scopes were asked for
	hint    string   // why it is not tried again
}

// send finds the credentials, sends the request and shapes the response. A
// credential that the backend rejects is renewed once, and where only a person can
// help, one is asked if the call allows that. http.timeout bounds what the backend
// takes, all attempts together; the whole is bounded by longest.
func (b *Bridge) send(ctx context.Context, c Call, plan *request.Plan, in request.Incoming, lease *secret.Lease) *result.Result {
	for _, v := range in.Secrets() {
		learn(lease, v)
	}
	sender, err := b.sender()
	if err != nil {
		return b.failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	s := &sending{b: b, call: c, plan: plan, in: in, lease: lease, sender: sender, left: sender.timeout}
	for {
		auth, r := s.authorize(ctx)
		if r != nil {
			return r
		}
		response, err := s.once(ctx, auth)
		if err != nil {
			return b.failed(err)
		}
		again, r := s.again(ctx, response, auth.used)
		switch {
		case r != nil:
			return r
		case !again:
			return s.result(ctx, response, auth.used)
		}
	}
}

func (s *sending) once(ctx context.Context, auth authorization) (result.Response, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.left)
	defer cancel()
	response, err := s.sender.send(ctx, s.plan, auth)
	s.left -= time.Since(began)
	return response, err
}

// authorize returns the credentials of the call, or why there are none.
func (s *sending) authorize(ctx context.Context) (authorization, *result.Result) {
	used, creds, err := s.b.credentials(ctx, s.plan, s.in, s.lease)
	if outOfFiles(err) { // idle connections hold some
		s.sender.client.CloseIdleConnections()
		used, creds, err = s.b.credentials(ctx, s.plan, s.in, s.lease)
	}
	for signedIn := true; err != nil && signedIn; { // a person may be needed for several that hold together
		var r *result.Result
		if signedIn, r = s.signIn(ctx, err); r != nil {
			return authorization{}, r
		}
		if signedIn {
			used, creds, err = s.b.credentials(ctx, s.plan, s.in, s.lease)
		}
	}
	if err != nil {
		return authorization{}, s.b.failed(ended(ctx, s.plan, err))
	}
	return authorization{used: used, creds: creds, now: s.b.o.Now}, nil
}

// signIn asks a person to cure the error, at most once for each credential of a call.
func (s *sending) signIn(ctx context.Context, err error) (bool, *result.Result) {
	var need *credential.Error
	if s.call.SignIn == nil || ctx.Err() != nil || !errors.As(err, &need) || !need.SignInHelps() || slices.Contains(s.asked, need.Record) {
		return false, nil
	}
	s.asked = append(s.asked, need.Record)
	return s.call.SignIn(ctx, need)
}

// ended returns why no credential was found: the end of the call, if that is why.
func ended(ctx context.Context, plan *request.Plan, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &SendError{Kind: result.Interrupted, Host: plan.Origin, Message: "the call was cancelled before its credential was found", Err: err}
	case ctx.Err() != nil:
		return &SendError{Kind: result.Timeout, Host: plan.Origin, Message: "no credential was found in time", Err: err, hint: Hint(err)}
	}
	return err
}

func (s *sending) result(ctx context.Context, response result.Response, used []credential.Usable) *result.Result {
	o, keep := s.b.resultOptions(ctx, s.call)
	o.Save = s.b.saver(s.plan.Tool)
	r := keep.note(result.FromResponse(s.plan.Tool, response, o))
	switch {
	case s.hint != "" && response.Status >= http.StatusBadRequest: // else what was wrong has been cured
		r.AddHint(s.b.mask.String(s.hint))
	case response.Status == http.StatusUnauthorized && len(used) > 0:
		s.b.hintSignIn(r, used)
	case (response.Status == http.StatusUnauthorized || response.Status == http.StatusForbidden) && len(used) == 0:
		s.b.hintNothingSent(r, s.plan)
	}
	return r
}

// hintSignIn says which credential the backend refused.
func (b *Bridge) hintSignIn(r *result.Result, used []credential.Usable) {
	for _, u := range used {
		if u.Scheme == nil {
			continue
		}
		hint := "the backend refused the credential of " + strings.Replace(credential.Called(u.Scheme.ID), "the scheme", "scheme", 1)
		switch {
		case u.OAuth():
			hint += "; sign in again: " + b.o.Resolver.LoginCommand(u.Scheme)
		case u.Record != "":
			hint += "; store another: " + credential.LoginCommand(b.o.Profile, u.Record, b.o.Account)
		case u.Store == "client":
			hint += ", which the client passed in"
		case u.Store == "literal":
			hint += ", which is in the profile itself"
		default:
			hint += ", which comes from " + map[string]string{"file": "a file", "env": "an environment variable", "command": "a command"}[u.Store] + " that the profile names"
		}
		r.AddHint(b.mask.String(hint))
		return
	}
}

// resultOptions says how a call's response becomes its result, and what keeps the
// rest of one that is cut.
func (b *Bridge) resultOptions(ctx context.Context, c Call) (result.Options, *keeper) {
	limits := result.LimitsOf(c.Client, b.o.Set.Profile().Exposure.MaxResultChars)
	o := result.Options{Mask: b.mask.Bytes, MaskBeginning: b.mask.Beginning, Env: b.templateEnv(), MaxChars: limits.Chars, MaxBlob: limits.Blob, Select: c.Select, Context: ctx}
	keep := &keeper{kept: &b.kept}
	switch {
	case c.Once:
		o.More = func(string, int) string {
			return "pick with --select, a jq expression, or raise exposure.maxResultChars in the profile"
		}
	case b.o.Set.Profile().KeepsResults():
		o.More = keep.more
	}
	return o, keep
}
