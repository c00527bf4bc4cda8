//go:build !linux

package oauthflow

import "net/netip"

// samePerson is known on Linux alone: elsewhere who asks has to know the address.
func samePerson(_, _ netip.AddrPort) bool { return true }
