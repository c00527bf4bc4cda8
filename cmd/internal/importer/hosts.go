package importer

import (
	"net/url"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Hosts is what an imported document names, and what may become of it.
type Hosts struct {
	// Calls are the origins that the tools call, the base origin first.
	Calls []string
	// Doubtful are those of Calls that nobody named and that are on this machine, in a
	// private network or not encrypted: a person has to agree to them.
	Doubtful []string
	// Refused are the origins of the authorization servers that only the document names
	// and that are on this machine or in a private network, while the API is not:
	// nothing is sent there.
	Refused []string

	base   string
	signIn []string
	named  outbound.Hosts
	allow  []string
}

// JudgeHosts judges the hosts of a document. calls are the origins of its operations,
// base is the API's own, which may be empty; signIn are the addresses of authorization
// servers that only the document names; named are the hosts that the person named, and
// allow those of --allow-private.
func JudgeHosts(base string, calls, signIn []string, named outbound.Hosts, allow []string) Hosts {
	h := Hosts{base: base, named: named, allow: allow}
	for _, host := range allow {
		h.named.Add(host)
	}
	if base != "" && slices.Contains(calls, base) {
		h.Calls = append(h.Calls, base)
	}
	for _, origin := range calls {
		if origin == "" || slices.Contains(h.Calls, origin) {
			continue
		}
		h.Calls = append(h.Calls, origin)
	}
	for _, origin := range h.Calls {
		if Doubt(origin) != "" && !h.has(origin) {
			h.Doubtful = append(h.Doubtful, origin)
		}
	}
	for _, address := range signIn {
		origin := outbound.Origin(address)
		if origin == "" || h.has(origin) || slices.Contains(h.signIn, origin) {
			continue
		}
		h.signIn = append(h.signIn, origin)
		if private(origin) && !private(base) {
			h.Refused = append(h.Refused, origin)
		}
	}
	return h
}

func (h Hosts) has(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && h.named.Has(u)
}

// Doubt says why a person has to agree to an origin that only a document names; empty
// when nobody has to.
func Doubt(origin string) string {
	u, err := url.Parse(origin)
	switch {
	case err != nil:
		return "no address"
	case outbound.Loopback(u.Hostname()):
		return "this machine"
	case outbound.Private(u.Hostname()):
		return "a private network"
	case u.Scheme == "http":
		return "not encrypted"
	}
	return ""
}

func private(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && outbound.Private(u.Hostname())
}

// HostPort is an origin as --allow-private and http.allowPrivate take it.
func HostPort(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		return u.Hostname()
	}
	return u.Host
}

// Record writes into a profile that is made, or updated, who named the hosts: what the
// person agreed to or allowed goes into http.allowPrivate and http.allowInsecure, what
// only the document names into http.onlyPublic. The hosts of imported operations need
// no record: that they are imported says it. tools is true for tools that become the
// profile's own.
func (h Hosts) Record(p *profiles.Profile, tools bool) {
	for _, host := range h.allow {
		p.HTTP.AllowPrivate = with(p.HTTP.AllowPrivate, host)
	}
	for _, origin := range h.Calls {
		u, err := url.Parse(origin)
		if err != nil {
			continue
		}
		doubtful := slices.Contains(h.Doubtful, origin)
		if doubtful && private(origin) && !p.NamedHosts().HasHost(u.Hostname()) {
			p.HTTP.AllowPrivate = with(p.HTTP.AllowPrivate, HostPort(origin))
		}
		if u.Scheme == "http" && !outbound.Loopback(u.Hostname()) && (doubtful || outbound.NewHosts(h.allow...).Has(u)) {
			p.HTTP.AllowInsecure = with(p.HTTP.AllowInsecure, outbound.HostPort(u))
		}
		if tools && !doubtful && !h.has(origin) {
			p.HTTP.OnlyPublic = with(p.HTTP.OnlyPublic, u.Hostname())
		}
	}
	for _, origin := range h.signIn {
		if u, err := url.Parse(origin); err == nil && (!private(origin) || slices.Contains(h.Refused, origin)) {
			p.HTTP.OnlyPublic = with(p.HTTP.OnlyPublic, u.Hostname())
		}
	}
}

func with(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(slices.Clip(list), one)
}
