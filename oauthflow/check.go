package oauthflow

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// maxAddress is how long an address may be, in bytes.
const maxAddress = 8 << 10

// reserved reports a parameter that the flow itself sets or that would change what
// the answer means: a profile must not set it.
func reserved(name string) bool {
	switch name = strings.ToLower(name); name {
	case "client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "state", "nonce", "request", "request_uri",
		"grant_type", "code", "code_verifier", "refresh_token", "device_code", "dpop_jkt", "scope", "resource":
		return true
	}
	return strings.HasPrefix(name, "code_challenge") || strings.HasPrefix(name, "client_assertion")
}

// check returns what is wrong with a Config; nil when nothing is.
func (c *Config) check(n *network) error {
	switch c.Grant {
	case "", AuthorizationCode, ClientCredentials, DeviceAuthorization:
	case "password":
		return errors.New("the password grant is not supported: it gives the password to every program between the person and the server")
	case "implicit":
		return errors.New("the implicit grant is not supported: use authorizationCode")
	default:
		return fmt.Errorf("unknown grant %q", c.Grant)
	}
	if c.Grant == ClientCredentials && (c.ClientID == "" || c.ClientSecret.IsZero()) {
		return errors.New("the grant clientCredentials needs client.id and client.secret")
	}
	for _, problem := range []error{c.checkAddresses(n), c.checkAsked(), c.Redirect.check()} {
		if problem != nil {
			return problem
		}
	}
	return nil
}

func (c *Config) checkAddresses(n *network) error {
	for name, address := range c.addresses() {
		if address == "" {
			continue
		}
		if _, err := n.check(address, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// addresses are all of the Config's that are asked or opened.
func (c *Config) addresses() map[string]string {
	all := map[string]string{"issuer": c.Issuer, "openIdConnectUrl": c.DiscoveryURL}
	maps.Insert(all, maps.All(c.Endpoints.byName()))
	return all
}

func (e *Endpoints) byName() map[string]string {
	return map[string]string{"authorizationUrl": e.Authorization, "tokenUrl": e.Token, "refreshUrl": e.Refresh,
		"deviceAuthorizationUrl": e.Device, "revocationUrl": e.Revocation, "introspectionUrl": e.Introspection,
		"registration endpoint": e.Registration, "PAR endpoint": e.PAR}
}

func (c *Config) checkAsked() error {
	for _, name := range slices.Sorted(maps.Keys(c.ExtraParams)) {
		if name == "" || reserved(name) {
			return fmt.Errorf("extraParams.%s is reserved: the bridge sets it", name)
		}
	}
	if p := c.ScopeParam; p != "" && p != "scope" && reserved(p) {
		return fmt.Errorf("scopeParam %q is reserved: the bridge sets it", p)
	}
	if err := checkScopes(c.Scopes); err != nil {
		return err
	}
	if strings.ContainsFunc(c.ClientID, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("client.id has characters that no client id has")
	}
	if c.Resource == "" || c.Resource == ResourceOff {
		return nil
	}
	return checkResource(c.Resource)
}

// checkResource holds RFC 8707, section 2: an absolute URI without a fragment.
func checkResource(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || !u.IsAbs() || strings.Contains(raw, "#") || strings.ContainsFunc(raw, notPlain) || len(raw) > maxAddress {
		return fmt.Errorf("resource %.100q is not an absolute URL without a fragment", raw)
	}
	return nil
}

// checkScopes holds the grammar of RFC 6749, section 3.3.
func checkScopes(scopes []string) error {
	for _, s := range scopes {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return fmt.Errorf("%.100q is not a scope", s)
		}
	}
	return nil
}

func (r Redirect) check() error {
	switch r.Host {
	case "", "127.0.0.1", "::1", "[::1]", "localhost":
	default:
		return fmt.Errorf("redirect.host %q is not this machine: use 127.0.0.1, [::1] or localhost", r.Host)
	}
	if r.Port < 0 || r.Port > 65535 {
		return fmt.Errorf("redirect.port %d is not a port", r.Port)
	}
	if p := r.Path; p != "" && (p[0] != '/' || strings.ContainsAny(p, "?#%\\") || strings.ContainsFunc(p, notPlain)) {
		return fmt.Errorf("redirect.path %q is not a plain path that begins with /", p)
	}
	return nil
}

// notPlain holds for what may not stand in an address: control characters, spaces
// and everything outside ASCII.
func notPlain(r rune) bool { return r <= ' ' || r > '~' }
