// Package outbound judges the addresses that this program calls, and connects to
// them. Calls of tools, sign-ins, imports and profiles all ask here, so that what
// is compared is what is dialled.
//
// # Terminology
//
// A host is a DNS name or an IP address in the one form that [Host] gives it. An
// origin is scheme, host and port of a URL (RFC 6454). A host is private when it is,
// or can only lead to, this machine, a private network or no network at all; it is
// named when the person chose it, and learned when only a document, a server's
// metadata or a redirect mentioned it. A learned host must be public.
package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// errNumber and its kind say why a host is refused. None of them shows the host.
var (
	errEmpty     = errors.New("there is no host")
	errCharacter = errors.New("the host has a character that no host has")
	errNumber    = errors.New("the host is a number: write an IPv4 address as four decimal numbers, such as 127.0.0.1")
	errLength    = errors.New("a part of the host is empty or too long")
	errIPv6      = errors.New("the host is no IPv6 address")
	errPort      = errors.New("has a port that does not exist: there are 1 to 65535")
)

// Host returns a host, with or without brackets, in the form in which it is compared,
// resolved, dialled and sent: ASCII (UTS 46, as browsers do it), lower case, without
// brackets and final dot, an IP address in its canonical form and an IPv4-mapped one
// as IPv4. The error, which does not show the host, is for what is no host: also an
// IPv4 address in octal, hexadecimal, integer or short form, which some resolvers
// understand and others do not.
func Host(host string) (string, error) {
	if host == "" {
		return "", errEmpty
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(inner, ":") {
			return "", errIPv6
		}
		host = inner
	}
	if strings.Contains(host, ":") {
		ip, err := netip.ParseAddr(host)
		if err != nil || strings.ContainsFunc(ip.Zone(), notInZone) {
			return "", errIPv6
		}
		return ip.Unmap().String(), nil
	}
	if strings.ContainsFunc(host, func(c rune) bool { return c >= 0x80 }) {
		if !utf8.ValidString(host) {
			return "", errCharacter
		}
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", errCharacter
		}
		host = ascii
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.String(), nil
	}
	return host, name(host)
}

// name says what is wrong with a host that is written as a DNS name.
func name(host string) error {
	switch {
	case host == "":
		return errEmpty
	case len(host) > 253:
		return errLength
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case label == "" || len(label) > 63:
			return errLength
		case strings.ContainsFunc(label, notInName):
			return errCharacter
		}
		last = label
	}
	// WHATWG URL section 3.5: a host that ends in a number is an IPv4 address.
	if strings.Trim(last, "0123456789") == "" {
		return errNumber
	}
	if hex, ok := strings.CutPrefix(last, "0x"); ok && strings.Trim(hex, "0123456789abcdef") == "" {
		return errNumber
	}
	return nil
}

func notInName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

func notInZone(c rune) bool {
	return (c < 'A' || c > 'Z') && notInName(c) && c != '.' && c != '~'
}

// Loopback reports whether a host is one of the three names of this machine to which
// plain http is allowed: 127.0.0.1, ::1 and localhost.
func Loopback(host string) bool {
	host, err := Host(host)
	return err == nil && (host == "127.0.0.1" || host == "::1" || host == "localhost")
}

// Private reports whether a host is no public one by the look of it: an IP address of
// this machine, of a private, shared or link-local network (RFC 1918, 4193, 6598,
// 3927), reserved (RFC 6890), or IPv6 that carries such an IPv4 address; a name
// without a dot, below localhost (RFC 6761), or below a domain that is for private
// networks. What is no host is private too. Any other name may still lead to a private
// address: [Transport] looks at what is dialled.
func Private(host string) bool {
	host, err := Host(host)
	if err != nil {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return privateIP(ip)
	}
	dot := strings.LastIndexByte(host, '.')
	if dot < 0 {
		return true
	}
	switch host[dot+1:] {
	case "localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain": // RFC 6761, 6762 appendix G
		return true
	}
	return strings.HasSuffix(host, ".home.arpa") // RFC 8375
}

// prefixes of addresses that are not public, but for what they carry.
const (
	nat64    = "64:ff9b::/96"
	sixToFor = "2002::/16"
)

func privateIP(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Is4() {
		return privateIPv4(ip)
	}
	raw := ip.WithZone("").As16()
	within := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(ip.WithZone("")) }
	switch {
	case within(nat64):
		return privateIPv4(netip.AddrFrom4([4]byte(raw[12:])))
	case within(sixToFor):
		return privateIPv4(netip.AddrFrom4([4]byte(raw[2:6])))
	case within("2001::/23"): // protocol assignments; Teredo carries an address too
		return true
	}
	return !within("2000::/3") // all else is not assigned to the public internet
}

func privateIPv4(ip netip.Addr) bool {
	b := ip.As4()
	switch {
	case !ip.IsGlobalUnicast(), ip.IsPrivate(), b[0] == 0, b[0] == 127, b[0] >= 240:
		return true
	case b[0] == 100 && b[1]&0xc0 == 64, b[0] == 198 && b[1]&0xfe == 18, b[0] == 192 && b[1] == 0 && b[2] == 0:
		return true
	}
	return false
}

// Origin returns scheme, host and port of a URL in the form of RFC 6454, with the host
// as [Host] gives it and without the scheme's default port. It is empty for what is
// not an http or https URL with a host. What stands behind the host is not looked at.
func Origin(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.User != nil {
		return ""
	}
	return OriginOf(u)
}

// OriginOf is [Origin] of a URL that is parsed already.
func OriginOf(u *url.URL) string {
	host, err := Host(u.Hostname())
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !validPort(u.Port()) {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: join(host, u.Port(), u.Scheme)}).String()
}

// join writes host and port as in a URL, without the scheme's default port.
func join(host, port, scheme string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if n, err := strconv.Atoi(port); err == nil && strconv.Itoa(n) != defaultPort(scheme) {
		host += ":" + strconv.Itoa(n)
	}
	return host
}

// HostPort returns host and port of a URL as they are dialled: the host as [Host]
// gives it, the port or its scheme's default. It is empty for what has no host.
func HostPort(u *url.URL) string {
	host, err := Host(u.Hostname())
	if err != nil {
		return ""
	}
	port := defaultPort(u.Scheme)
	if n, err := strconv.Atoi(u.Port()); err == nil {
		port = strconv.Itoa(n)
	}
	return net.JoinHostPort(host, port)
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// validPort reports whether a URL's port is empty or can be connected to.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// Parse reads an absolute http or https URL without user and password, and gives its
// host the form of [Host]. Path, query and fragment stay as they are. The error says
// what is wrong and does not show the URL, which may hold a password.
func Parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || strings.ContainsAny(raw, " \t\r\n"):
		return nil, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case !validPort(u.Port()):
		return nil, errPort
	case u.User != nil:
		return nil, errors.New("must not hold a user or a password: use a security scheme")
	}
	if err := Canonical(u); err != nil {
		return nil, fmt.Errorf("has no usable host: %w", err)
	}
	return u, nil
}

// Canonical gives the host of a URL the form of [Host], and leaves out the scheme's
// default port. On an error, which is that of [Host] or about the port, the URL is as
// it was.
func Canonical(u *url.URL) error {
	host, err := Host(u.Hostname())
	switch {
	case err != nil:
		return err
	case !validPort(u.Port()):
		return errPort
	}
	u.Host = join(host, u.Port(), u.Scheme)
	return nil
}
