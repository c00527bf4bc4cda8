package profiles

import (
	"strings"
)

// UnusableScheme says why no credential can ever be sent by a security scheme as it is
// written, and what to type. It is said in the same words wherever the scheme is met:
// when a document is imported, when a profile is checked, at a sign-in and at a call.
type UnusableScheme struct {
	Scheme string // the scheme's id
	Why    string // a sentence about the scheme, without its id
	hint   string
}

// Error names the scheme and the reason.
func (e *UnusableScheme) Error() string {
	return "the security scheme " + quote(e.Scheme) + " cannot be used: " + e.Why
}

// Hint says what to type.
func (e *UnusableScheme) Hint() string { return e.hint }

// Unusable judges a scheme that a tool of the profile needs, one of the profile's own or
// one that only its document defines. It returns nil for a scheme that can carry a
// credential.
func (p *Profile) Unusable(s *SecurityScheme) *UnusableScheme {
	why, auth := s.problem()
	switch {
	case why == "" && s.Type == MutualTLS && p.HTTP.ClientCert == "":
		return &UnusableScheme{Scheme: s.ID, Why: "it needs a client certificate", hint: `write clientCert = "client.pem" and clientKey = "client.key" under [http] in ` + p.fileName()}
	case why == "" && p.Scheme(s.ID) == nil:
		why, auth = "the profile does not define it", "bearer"
	case why == "":
		return nil
	}
	return &UnusableScheme{Scheme: s.ID, Why: why, hint: p.authHint(auth)}
}

// Usable reports whether a profile can take the scheme over as it is written: the rest of
// what [Profile.Unusable] asks for is the profile's.
func (s *SecurityScheme) Usable() bool {
	why, _ := s.problem()
	return why == ""
}

// problem says what is wrong with the scheme itself, and which --auth replaces it.
func (s *SecurityScheme) problem() (why, auth string) {
	switch s.Type {
	case HTTPScheme:
		return s.httpProblem()
	case APIKey:
		if s.Name == "" || s.In != "header" && s.In != "query" && s.In != "cookie" || s.In != "query" && !IsToken(s.Name) {
			return "it does not say in which header, query parameter or cookie the key goes", "apiKey:" + s.place()
		}
	case OAuth2:
		return s.flowProblem()
	case OpenIDConnect:
		if s.OpenIDConnectURL == "" && s.Issuer == "" {
			return "it has no address of the sign-in server", "oidc=ISSUER"
		}
	case MutualTLS, ValueScheme:
	case "":
		return "it is not defined", "bearer"
	default:
		return "its type " + quote(string(s.Type)) + " is unknown", "bearer"
	}
	return "", ""
}

// httpProblem says what is wrong with a scheme of type http, and which --auth replaces it.
func (s *SecurityScheme) httpProblem() (why, auth string) {
	switch scheme := strings.ToLower(s.Scheme); scheme {
	case "basic", "bearer":
		return "", ""
	case "":
		return "it does not say which HTTP authentication scheme it is", "bearer"
	case "digest":
		return "HTTP digest authentication is not supported, only basic and bearer are", "basic"
	case "negotiate", "ntlm", "kerberos", "hoba", "mutual", "hmac", "aws4-hmac-sha256", "signature", "dpop", "vapid", "oauth", "scram-sha-1", "scram-sha-256":
		return "HTTP " + scheme + " authentication is not supported, only basic and bearer are", "bearer"
	default: // a word before a key or token, which a person can store with it
		return "HTTP authentication scheme " + quote(scheme) + " is not supported, only basic and bearer are", "apiKey:header:Authorization"
	}
}

// place is where the key goes, as far as the scheme says it legally.
func (s *SecurityScheme) place() string {
	in, name := s.In, s.Name
	if in != "header" && in != "query" && in != "cookie" {
		in = "header"
	}
	if name == "" || !IsToken(name) {
		name = "NAME"
	}
	return in + ":" + name
}

// flowProblem says why nobody can sign in by the flows of a scheme. One without flows may
// still be signed in to: the API itself names its authorization server (RFC 9728).
func (s *SecurityScheme) flowProblem() (why, auth string) {
	f := s.Flows
	if f == nil || s.OpenIDConnectURL != "" || s.Issuer != "" || f.AuthorizationCode != nil || f.DeviceAuthorization != nil || f.ClientCredentials != nil {
		return "", ""
	}
	switch {
	case f.Implicit != nil && f.Implicit.TokenURL == "" && f.Implicit.Issuer == "":
		return "it has only the implicit flow, which OAuth 2.1 has removed, and no token endpoint for another one", "bearer"
	case f.Implicit == nil && f.Password != nil:
		return "it has only the password flow, which would hand your password to this program", "bearer"
	}
	return "", ""
}
