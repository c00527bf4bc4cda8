package credential

import "github.com/mcp-bridge/mcp-bridge/keychain"

// For returns a Resolver for another account of the same profile.
func (r *Resolver) For(account string) *Resolver {
	o := r.o
	o.Account = account
	return New(o)
}

// Store returns the keychain that the records are kept in.
func (r *Resolver) Store() keychain.Store { return r.o.Store }
