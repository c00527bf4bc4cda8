package bridge

import (
	"context"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// send finds the credentials, sends the request and shapes the response. A
// credential that the backend rejects is renewed once.
func (b *Bridge) send(ctx context.Context, plan *request.Plan, in request.Incoming) *result.Result {
	for _, v := range in.Secrets() {
		b.mask.Add(v)
	}
	sender, err := b.sender()
	if err != nil {
		return b.failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, sender.timeout)
	defer cancel()
	for again := false; ; again = true {
		used, creds, err := b.credentials(ctx, plan, in)
		if err != nil {
			return b.failed(err)
		}
		response, err := sender.send(ctx, plan, creds)
		if err != nil {
			return b.failed(err)
		}
		if response.Status == 401 && !again && b.renewed(ctx, used) {
			continue
		}
		r := result.FromResponse(plan.Tool, response, b.resultOptions())
		if response.Status == 401 {
			b.hintSignIn(r, used)
		}
		return r
	}
}

// renewed reports whether another credential may be had for one of those used.
func (b *Bridge) renewed(ctx context.Context, used []credential.Usable) bool {
	any := false
	for _, u := range used {
		any = b.o.Resolver.Rejected(ctx, u) || any
	}
	return any
}

// hintSignIn says which credential the backend refused.
func (b *Bridge) hintSignIn(r *result.Result, used []credential.Usable) {
	for _, u := range used {
		if u.Scheme == nil {
			continue
		}
		hint := "the backend refused the credential of scheme " + u.Scheme.ID
		switch u.Store {
		case "os", "file":
			hint += "; store another: " + credential.LoginCommand(b.o.Profile, u.Scheme.ID, b.o.Account)
		case "client":
			hint += ", which the client passed in"
		default:
			hint += ", which comes from " + u.Store
		}
		r.AddHint(hint)
		return
	}
}

func (b *Bridge) resultOptions() result.Options {
	return result.Options{Mask: b.mask.Bytes, Env: b.templateEnv(), MaxChars: b.o.Set.Profile().Exposure.MaxResultChars}
}
