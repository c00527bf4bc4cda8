package profiles

import "strings"

// Fills reports whether the scheme puts its credential into the header, the query
// parameter or the cookie of that name; in is OpenAPI's. The Authorization header is that
// of http, oauth2 and openIdConnect schemes.
func (s *SecurityScheme) Fills(in, name string) bool {
	switch s.Type {
	case APIKey:
		return s.In == in && (s.Name == name || in == "header" && strings.EqualFold(s.Name, name))
	case HTTPScheme, OAuth2, OpenIDConnect:
		return in == "header" && strings.EqualFold(name, "Authorization")
	}
	return false
}
