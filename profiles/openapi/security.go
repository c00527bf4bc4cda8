package openapi

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// maxSchemes is how many security schemes a document may have.
const maxSchemes = 500

// schemes reads the security schemes.
func (r *reader) schemes() {
	from := r.root.get("components").get("securitySchemes")
	if r.swagger {
		from = r.root.get("securityDefinitions")
	}
	for id, n := range from.members {
		if len(r.out.Schemes) == maxSchemes {
			r.warn(id.at(), "there are more than 500 security schemes: the others are left out")
			break
		}
		s, reason := r.resolve(n)
		if reason != "" || !s.isTable() {
			r.warn(n.at(), "the security scheme "+quote(id.text())+" cannot be read")
			continue
		}
		scheme, note := r.scheme(id.text(), s)
		r.known[scheme.ID] = len(r.out.Schemes)
		r.out.Schemes = append(r.out.Schemes, scheme)
		r.out.Notes = append(r.out.Notes, note)
	}
	r.out.Security = r.requirements(r.root.get("security"))
}

func (r *reader) scheme(id string, n node) (profiles.SecurityScheme, SchemeNote) {
	s := profiles.SecurityScheme{ID: id, Type: profiles.SchemeType(n.get("type").str()), Description: cut(plaintext.OneLine(n.get("description").str()), 300)}
	note := SchemeNote{ID: id, Usable: true}
	unusable := func(hint string) { note.Usable, note.Hint = false, hint }
	switch kind := strings.ToLower(string(s.Type)); kind {
	case "basic": // of Swagger 2.0
		s.Type, s.Scheme = profiles.HTTPScheme, "basic"
	case "http":
		s.Type, s.Scheme = profiles.HTTPScheme, strings.ToLower(n.get("scheme").str())
		if s.Scheme != "basic" && s.Scheme != "bearer" {
			unusable("only http basic and bearer can be used; if a token in the Authorization header will do, write the scheme as bearer or apiKey in the profile")
		}
	case "apikey":
		s.Type, s.In, s.Name = profiles.APIKey, strings.ToLower(n.get("in").str()), n.get("name").str()
		note.Usable, note.Hint = placed(s.In, s.Name)
	case "oauth2":
		s.Type = profiles.OAuth2
		note.Usable, note.Hint = r.oauth(&s, n)
	case "openidconnect":
		s.Type = profiles.OpenIDConnect
		if s.OpenIDConnectURL = r.absolute(n.get("openIdConnectUrl").str()); !isAddress(s.OpenIDConnectURL) {
			unusable("the document has no address of the provider: set openIdConnectUrl in the profile")
		} else {
			note.Hint = "set client.id in the profile, unless the provider registers clients by itself"
		}
	case "mutualtls":
		s.Type, note.Hint = profiles.MutualTLS, "set http.clientCert and http.clientKey in the profile"
	default:
		unusable("the type " + quote(string(s.Type)) + " is not known: write the scheme in the profile")
	}
	return s, note
}

// placed says whether an API key has a place in a request.
func placed(in, name string) (usable bool, hint string) {
	switch {
	case name == "" || in != "header" && in != "query" && in != "cookie" || in != "query" && !profiles.IsToken(name):
		return false, "the document does not say where the key goes: write the scheme in the profile"
	case in == "header" && strings.EqualFold(name, "Authorization"):
		return true, `the whole value of the Authorization header is the key: include its word, such as "Bearer " or "Token "`
	}
	return true, ""
}

// oauth reads the flows, and says whether somebody can sign in.
func (r *reader) oauth(s *profiles.SecurityScheme, n node) (usable bool, hint string) {
	f := &profiles.Flows{}
	if r.swagger {
		flow := r.flow(n)
		switch n.get("flow").str() {
		case "accessCode":
			f.AuthorizationCode = flow
		case "implicit":
			f.Implicit = flow
		case "password":
			f.Password = flow
		case "application":
			f.ClientCredentials = flow
		}
	}
	flows := n.get("flows")
	for _, one := range []struct {
		key string
		to  **profiles.Flow
	}{{"implicit", &f.Implicit}, {"password", &f.Password}, {"clientCredentials", &f.ClientCredentials},
		{"authorizationCode", &f.AuthorizationCode}, {"deviceAuthorization", &f.DeviceAuthorization}} {
		if flow := flows.get(one.key); flow.isTable() {
			*one.to = r.flow(flow)
		}
	}
	s.Flows = f
	ready := func(flow *profiles.Flow, authorization bool) bool {
		return flow != nil && isAddress(flow.TokenURL) && (!authorization || isAddress(flow.AuthorizationURL))
	}
	switch {
	case ready(f.AuthorizationCode, true), f.DeviceAuthorization != nil && isAddress(f.DeviceAuthorization.DeviceAuthorizationURL) && ready(f.DeviceAuthorization, false):
		return true, "set client.id in the profile, unless the server registers clients by itself"
	case ready(f.ClientCredentials, false):
		return true, `set client.id, client.secret and client.grant = "clientCredentials" in the profile`
	case f.Implicit != nil:
		return false, "the document knows only the implicit flow, which is not safe: set flows.authorizationCode with its two addresses in the profile, or for a token of your own write the scheme as http bearer there"
	case f.Password != nil:
		return false, "the document knows only the password flow: set another flow in the profile, or for a token of your own write the scheme as http bearer there"
	}
	return false, "the document has no flow that can be used: sign-in works if the API itself names its authorization server; else set flows in the profile, or for a token of your own write the scheme as http bearer there"
}

func (r *reader) flow(n node) *profiles.Flow {
	f := &profiles.Flow{
		AuthorizationURL:       r.absolute(n.get("authorizationUrl").str()),
		TokenURL:               r.absolute(n.get("tokenUrl").str()),
		RefreshURL:             r.absolute(n.get("refreshUrl").str()),
		DeviceAuthorizationURL: r.absolute(n.get("deviceAuthorizationUrl").str()),
	}
	for _, url := range []*string{&f.AuthorizationURL, &f.TokenURL, &f.RefreshURL, &f.DeviceAuthorizationURL} {
		if *url != "" && !isAddress(*url) {
			r.warn(n.at(), "the address "+quote(*url)+" of a security scheme is not absolute: it is left out")
			*url = ""
		}
	}
	for name, description := range n.get("scopes").members {
		if f.Scopes == nil {
			f.Scopes = map[string]string{}
		}
		f.Scopes[name.text()] = cut(plaintext.OneLine(description.text()), 200)
	}
	return f
}

func isAddress(raw string) bool {
	return strings.HasPrefix(raw, "https://") && len(raw) > len("https://") || strings.HasPrefix(raw, "http://") && len(raw) > len("http://")
}

// requirements reads a list of security requirements; nil when there is none.
func (r *reader) requirements(n node) profiles.Security {
	if n.kind() != list {
		if n.exists() && n.kind() != null {
			r.warn(n.at(), "security is no list: it is left out")
		}
		return nil
	}
	const most = 100
	out := profiles.Security{}
	for alternative := range n.items {
		if len(out) >= most {
			r.warn(n.at(), "there are more than 100 alternatives of security: the others are left out")
			break
		}
		all := []profiles.Requirement{}
		for id, scopes := range alternative.members {
			all = append(all, profiles.Requirement{ID: id.text(), Scopes: scopes.strings()})
			if name := id.text(); !r.asked[name] {
				r.asked[name] = true
				r.used = append(r.used, name)
			}
		}
		out = append(out, all)
	}
	return out
}
