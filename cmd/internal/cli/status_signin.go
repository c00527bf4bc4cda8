package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// assumedPKCE is the setting by which a profile vouches for its server.
const assumedPKCE = "assume-s256"

// signIns adds the rows of a scheme that is signed in at an authorization server:
// one for each account, or one that says that nobody is. Nothing is asked of the
// server.
func (r *statusReport) signIns(v *session.View, rec session.Record, scheme *profiles.SecurityScheme, row statusRow) {
	accounts := []string{v.Account}
	others, err := v.Resolver.TokenAccounts(scheme)
	if err != nil && r.trouble == nil {
		r.trouble = err
	}
	for _, other := range others {
		if !slices.Contains(accounts, other) {
			accounts = append(accounts, other)
		}
	}
	var signedOut []statusRow
	before := len(r.rows)
	for _, account := range accounts {
		resolver := v.Resolver.For(account)
		ctx, done := r.asking()
		look, err := resolver.LookSignIn(ctx, scheme, rec.Origins)
		done()
		if err != nil && r.trouble == nil {
			r.trouble = err
		}
		r.shown[look.Key] = true
		row := row
		row.Account, row.Current = account, account == v.Account
		row.fill(look)
		if row.Store == "" {
			row.Store = r.store.Name()
		}
		if scheme.Client != nil && scheme.Client.PKCE == assumedPKCE {
			row.Warning = strings.TrimPrefix(row.Warning+"; "+`client.pkce = "assume-s256": the profile says that the server supports PKCE, not the server`, "; ")
		}
		if len(look.Unapproved) > 0 && len(look.Origins) > 0 {
			row.Hint = credential.LoginCommand(row.Profile, "", account) + " (it is signed in, but not for this profile's address)"
		}
		if row.State == credential.SignedOut && look.Generation == "" && !row.Current {
			signedOut = append(signedOut, row)
			continue
		}
		r.rows = append(r.rows, row)
	}
	if len(r.rows) == before {
		r.rows = append(r.rows, signedOut[:1]...)
	}
}

// fill takes over what is known of a sign-in.
func (row *statusRow) fill(look credential.SignIn) {
	row.State, row.Identity, row.Issuer, row.Store, row.Warning = look.State, look.Identity, look.Issuer, look.Store, look.Warning
	row.renews = look.Refreshable && look.State != credential.SignedOut
	if look.Scopes != nil {
		row.Scopes = look.Scopes
	}
	if look.Origins != nil {
		row.Origins = look.Origins
	}
	if !look.ExpiresAt.IsZero() && look.State != credential.SignedOut {
		row.ExpiresAt = look.ExpiresAt.UTC().Format(time.RFC3339)
	}
}
