package bridge

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// send finds the credentials, sends the request and shapes the response. A
// credential that the backend rejects is renewed once. http.timeout bounds what the
// backend takes, all attempts together; the whole is bounded by longest.
func (b *Bridge) send(ctx context.Context, c Call, plan *request.Plan, in request.Incoming) *result.Result {
	for _, v := range in.Secrets() {
		b.know(v)
	}
	sender, err := b.sender()
	if err != nil {
		return b.failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for left, again := sender.timeout, false; ; again = true {
		used, creds, err := b.credentials(ctx, plan, in)
		if err != nil {
			return b.failed(ended(ctx, plan, err))
		}
		began := time.Now()
		attempt, cancel := context.WithTimeout(ctx, left)
		response, err := sender.send(attempt, plan, creds)
		cancel()
		if err != nil {
			return b.failed(err)
		}
		left -= time.Since(began)
		if response.Status == 401 && !again && left > 0 && b.renewed(ctx, used) {
			continue
		}
		o, keep := b.resultOptions(ctx, c)
		r := keep.note(result.FromResponse(plan.Tool, response, o))
		if response.Status == 401 {
			b.hintSignIn(r, used)
		}
		return r
	}
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

// renewed reports whether another credential may be had for one of those used.
func (b *Bridge) renewed(ctx context.Context, used []credential.Usable) bool {
	renewed := false
	for _, u := range used {
		renewed = b.o.Resolver.Rejected(ctx, u) || renewed
	}
	return renewed
}

// hintSignIn says which credential the backend refused.
func (b *Bridge) hintSignIn(r *result.Result, used []credential.Usable) {
	for _, u := range used {
		if u.Scheme == nil {
			continue
		}
		hint := "the backend refused the credential of scheme " + u.Scheme.ID
		switch {
		case u.Record != "":
			hint += "; store another: " + credential.LoginCommand(b.o.Profile, u.Record, b.o.Account)
		case u.Store == "client":
			hint += ", which the client passed in"
		case u.Store == "file":
			hint += ", which comes from a file that the profile names"
		default:
			hint += ", which comes from " + u.Store
		}
		r.AddHint(b.mask.String(hint))
		return
	}
}

// resultOptions says how a call's response becomes its result, and what keeps the
// rest of one that is cut.
func (b *Bridge) resultOptions(ctx context.Context, c Call) (result.Options, *keeper) {
	limits := result.LimitsOf(c.Client, b.o.Set.Profile().Exposure.MaxResultChars)
	o := result.Options{Mask: b.mask.Bytes, Env: b.templateEnv(), MaxChars: limits.Chars, MaxBlob: limits.Blob, Select: c.Select, Context: ctx}
	keep := &keeper{kept: &b.kept}
	if b.o.Set.Profile().KeepsResults() {
		o.More = keep.more
	}
	return o, keep
}
