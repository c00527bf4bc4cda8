//go:build !linux

package oauthflow

import "net/netip"

// KnowsPeers reports whether the pages of a sign-in can tell who asks for them; see the
// form for Linux.
func KnowsPeers() bool { return false }

// samePerson is known on Linux alone: elsewhere who asks has to know the address, which
// no command line shows: BrowserOptions.Keep.
func samePerson(_, _ netip.AddrPort) bool { return true }
