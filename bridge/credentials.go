package bridge

import (
	"cmp"
	"context"
	"errors"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// credentials returns what the plan's request needs: its secret values, and for
// passthrough the client's own credential, otherwise the first alternative that can be
// satisfied whole.
func (b *Bridge) credentials(ctx context.Context, plan *request.Plan, in request.Incoming, lease *secret.Lease) ([]credential.Usable, []request.Credential, error) {
	used, creds, err := b.security(ctx, plan, in, lease)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range plan.Secrets {
		scheme := v.Scheme()
		u, err := b.o.Resolver.Reference(ctx, scheme, v.Reference, v.Record, plan.Origin)
		if err != nil {
			return nil, nil, err
		}
		b.know(u.Value)
		used, creds = append(used, u), append(creds, request.Credential{Scheme: scheme, Value: u.Value})
	}
	for _, v := range plan.Derived(creds) {
		learn(lease, v)
	}
	return used, creds, nil
}

// security returns the credentials of the plan's security schemes.
func (b *Bridge) security(ctx context.Context, plan *request.Plan, in request.Incoming, lease *secret.Lease) ([]credential.Usable, []request.Credential, error) {
	d := plan.Tool.Downstream
	if d != nil && d.Passthrough && (len(plan.Security) > 0 || d.Scheme == nil) {
		return b.passthrough(ctx, plan, d, in, lease)
	}
	return b.alternatives(ctx, plan)
}

// passthrough looks in this order: what the client handed over, the account that
// is signed in for the downstream scheme, then the credentials that are configured.
func (b *Bridge) passthrough(ctx context.Context, plan *request.Plan, d *tool.Downstream, in request.Incoming, lease *secret.Lease) ([]credential.Usable, []request.Credential, error) {
	value, ok := request.Extract(d.Scheme, in)
	if d.Scheme == nil { // server.passthroughAuthHeader alone: Authorization as it came
		used, creds, err := b.alternatives(ctx, plan)
		if err == nil && ok {
			learn(lease, value)
			creds = append([]request.Credential{{Value: value, Passthrough: true}}, creds...)
		}
		return used, creds, err
	}
	if len(plan.Security) != 1 || len(plan.Security[0]) != 1 {
		return nil, nil, &callError{kind: result.Internal, message: "passthrough needs exactly one scheme that takes the credential to the backend"}
	}
	up := plan.Security[0][0]
	if ok {
		learn(lease, value)
		u := credential.Usable{Scheme: up.Scheme, Value: value, Store: "client"}
		return []credential.Usable{u}, []request.Credential{{Scheme: up.Scheme, Value: value, Passthrough: true}}, nil
	}
	u, err := b.o.Resolver.Stored(ctx, d.Scheme, d.Scheme.ID, plan.Origin)
	if err == nil {
		b.know(u.Value)
		stored := request.FromStored(d.Scheme, u.Value)
		b.know(stored)
		if u.Type == credential.DPoP && !credential.IsOAuth(up.Scheme) {
			return nil, nil, &callError{kind: result.CredentialMissing, message: "the token of " + d.Scheme.ID + " is bound to a key, so that " + up.Scheme.ID + " cannot carry it",
				hint: "let an oauth2 or openIdConnect scheme take it to the backend"}
		}
		return []credential.Usable{u}, []request.Credential{{Scheme: up.Scheme, Value: stored, Passthrough: true, Type: u.Type}}, nil
	}
	if b.signedIn(d.Scheme, err) {
		return nil, nil, err
	}
	if d.Credential != nil {
		u, refErr := b.o.Resolver.Reference(ctx, up.Scheme, d.Credential, d.Record, plan.Origin)
		return b.one(u, up.Scheme, refErr)
	}
	if b.o.Resolver.Configured(up) || up.Credential != nil || up.Scheme.DefaultCredential != nil {
		u, upErr := b.o.Resolver.Resolve(ctx, up, plan.Origin)
		return b.one(u, up.Scheme, upErr)
	}
	if d.Scheme.DefaultCredential != nil && !d.Scheme.DefaultCredential.Keychain {
		u, refErr := b.o.Resolver.Reference(ctx, up.Scheme, d.Scheme.DefaultCredential, d.Record, plan.Origin)
		return b.one(u, up.Scheme, refErr)
	}
	return nil, nil, err
}

// signedIn reports a keychain that cannot be asked although somebody has signed in:
// the call must not be made as somebody else then.
func (b *Bridge) signedIn(scheme *profiles.SecurityScheme, err error) bool {
	var e *credential.Error
	return errors.As(err, &e) && e.Reason == credential.KeychainUnavailable && b.o.Resolver.Recorded(scheme, scheme.ID)
}

// one is the result of a single configured credential.
func (b *Bridge) one(u credential.Usable, scheme *profiles.SecurityScheme, err error) ([]credential.Usable, []request.Credential, error) {
	if err != nil {
		return nil, nil, err
	}
	b.know(u.Value)
	return []credential.Usable{u}, []request.Credential{{Scheme: scheme, Value: u.Value, Type: u.Type}}, nil
}

// alternatives takes the first alternative whose credentials are there. When there is
// none the error is the one that tells the person most: trouble with the keychain; a
// credential that is there and may not be used; else the alternative that is easiest to
// satisfy, by [credential.Preference].
func (b *Bridge) alternatives(ctx context.Context, plan *request.Plan) ([]credential.Usable, []request.Credential, error) {
	if len(plan.Security) == 0 {
		return nil, nil, nil
	}
	var worst error
	var of []tool.Requirement
	for _, all := range plan.Security {
		used, creds, err := b.together(ctx, all, plan.Origin)
		if err == nil {
			return used, creds, nil
		}
		if c := cmp.Compare(rank(err), rank(worst)); c > 0 || c == 0 && credential.Preference(all) < credential.Preference(of) {
			worst, of = err, all
		}
	}
	return nil, nil, worst
}

// together resolves requirements that must hold together.
func (b *Bridge) together(ctx context.Context, all []tool.Requirement, origin string) ([]credential.Usable, []request.Credential, error) {
	var used []credential.Usable
	var creds []request.Credential
	for _, req := range all {
		if e := b.o.Set.Profile().Unusable(req.Scheme); e != nil {
			return nil, nil, &credential.Error{Profile: b.o.Profile, Scheme: req.Scheme.ID, Record: req.Record, Reason: credential.Unusable, Err: e}
		}
		if req.Scheme.Type == profiles.MutualTLS {
			creds = append(creds, request.Credential{Scheme: req.Scheme})
			continue
		}
		u, err := b.o.Resolver.Resolve(ctx, req, origin)
		if err != nil {
			return nil, nil, err
		}
		b.know(u.Value)
		used = append(used, u)
		creds = append(creds, request.Credential{Scheme: req.Scheme, Value: u.Value, Type: u.Type})
	}
	return used, creds, nil
}

// rank orders errors by how much they tell: 0 for none, then what no sign-in would cure,
// what has never been stored, what is stored and does not do, and trouble on the way.
func rank(err error) int {
	var e *credential.Error
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &e):
		return 5
	}
	switch e.Reason {
	case credential.Unusable:
		return 1
	case credential.SignInNeeded, credential.Missing, credential.Refused:
		if e.Unapproved || len(e.Origins) > 0 || e.Generation != "" {
			return 3
		}
		return 2
	case credential.Unreachable, credential.KeychainUnavailable:
		return 4
	}
	return 3
}
