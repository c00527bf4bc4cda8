package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// maxSchemes is how many security schemes a document may have.
const maxSchemes = 500

// schemes reads the security schemes, from where the document's version has them, else
// from where another version has them.
func (r *reader) schemes() {
	places := []node{r.root.get("components").get("securitySchemes"), r.root.get("securityDefinitions")}
	if r.swagger {
		slices.Reverse(places)
	}
	places = append(places, r.root.get("components").get("securityDefinitions"), r.root.get("securitySchemes"))
	for i, from := range places {
		if i > 0 && from.size(1) > 0 {
			r.warn(from.at(), "the security schemes stand where this version of OpenAPI has none: they are read")
		}
		if from.exists() && from.kind() != null && !from.isTable() {
			r.warn(from.at(), "the security schemes are no table: they cannot be read")
		}
		for id, n := range from.members {
			if _, known := r.known[id.text()]; known {
				continue
			}
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
			r.places[scheme.ID] = id.at()
			r.out.Schemes = append(r.out.Schemes, scheme)
			r.out.Notes = append(r.out.Notes, note)
		}
	}
	r.unite()
	r.out.Security, _ = r.requirements(r.root.get("security"))
}

func (r *reader) scheme(id string, n node) (profiles.SecurityScheme, SchemeNote) {
	s := profiles.SecurityScheme{ID: id, Type: profiles.SchemeType(n.get("type").str()), Description: cut(plaintext.OneLine(n.get("description").str()), 300)}
	note := SchemeNote{ID: id, Usable: true}
	unusable := func(hint string) { note.Usable, note.Hint = false, hint }
	switch r.schemeKind(&s, n) {
	case "http":
		s.Type = profiles.HTTPScheme
		if s.Scheme != "basic" && s.Scheme != "bearer" {
			unusable("only http basic and bearer can be used; if a token in the Authorization header will do, write the scheme as bearer or apiKey in the profile")
		}
	case "apikey":
		s.Type = profiles.APIKey
		r.place(&s, n)
		note.Usable, note.Hint = placed(s.In, s.Name)
	case "oauth2":
		s.Type = profiles.OAuth2
		note.Usable, note.Hint = r.oauth(&s, n)
	case "openidconnect":
		s.Type = profiles.OpenIDConnect
		if s.OpenIDConnectURL = r.absolute(n.get("openIdConnectUrl").str()); !isAddress(s.OpenIDConnectURL) {
			unusable("the document has no address of the provider: set openIdConnectUrl in the profile")
		} else {
			note.Hint = "set client.id in the profile, unless the provider registers clients automatically"
		}
	case "mutualtls":
		s.Type, note.Hint = profiles.MutualTLS, "set http.clientCert and http.clientKey in the profile"
	default:
		unusable("the type " + quote(string(s.Type)) + " is not known: write the scheme in the profile")
	}
	return s, note
}

// schemeKind returns the type of a scheme in lower case, as it is meant, and sets the
// http scheme. A warning says what is read otherwise than it is written.
func (r *reader) schemeKind(s *profiles.SecurityScheme, n node) string {
	written, scheme := plainName(strings.TrimSpace(n.get("type").str())), strings.ToLower(strings.TrimSpace(n.get("scheme").str()))
	kind, bearer := written, n.get("bearerFormat").exists() || strings.HasPrefix(scheme, "bearer") || scheme == "jwt"
	switch kind {
	case "basic", "basicauth", "httpbasic":
		kind, scheme = "http", "basic"
	case "bearer", "jwt", "token", "bearerauth", "bearertoken", "httpbearer":
		kind, scheme = "http", "bearer"
	case "apitoken", "key":
		kind = "apikey"
	case "oauth", "oauth20":
		kind = "oauth2"
	case "openid", "oidc":
		kind = "openidconnect"
	case "mtls":
		kind = "mutualtls"
	case "":
		kind = inferred(n)
	}
	if kind == "apikey" && bearer && (n.get("in").str() == "" || strings.EqualFold(strings.TrimSpace(n.get("name").str()), "Authorization")) {
		kind, scheme = "http", "bearer"
	}
	if kind == "http" {
		word := kindIn(s.ID)
		switch {
		case scheme == "" && (bearer || word == "bearer"), scheme == "jwt", strings.HasPrefix(scheme, "bearer"):
			scheme = "bearer"
		case scheme == "" && word == "basic", scheme == "basicauth":
			scheme = "basic"
		}
		s.Scheme = scheme
	}
	if asked := strings.ToLower(strings.TrimSpace(n.get("scheme").str())); kind != "" && (kind != written || kind == "http" && scheme != asked) && !(r.swagger && written == "basic") {
		r.warn(n.at(), "the type of the security scheme "+quote(s.ID)+" is not one of OpenAPI's: it is read as "+strings.TrimSpace(kind+" "+s.Scheme))
	}
	return kind
}

// inferred is the type of a scheme that states none.
func inferred(n node) string {
	for _, one := range [...]struct{ key, kind string }{{"flows", "oauth2"}, {"flow", "oauth2"}, {"authorizationUrl", "oauth2"}, {"tokenUrl", "oauth2"},
		{"openIdConnectUrl", "openidconnect"}, {"scheme", "http"}, {"bearerFormat", "http"}, {"in", "apikey"}, {"name", "apikey"}} {
		if n.get(one.key).exists() {
			return one.kind
		}
	}
	return ""
}

// place reads where a key goes. Where the document does not say so, a name with a hyphen
// is a header's, and a scheme called like a header names it.
func (r *reader) place(s *profiles.SecurityScheme, n node) {
	s.In, s.Name = strings.ToLower(strings.TrimSpace(n.get("in").str())), strings.TrimSpace(n.get("name").str())
	s.In = strings.TrimSuffix(s.In, "s") // headers, cookies
	if s.Name == "" && strings.Contains(s.ID, "-") && profiles.IsToken(s.ID) && s.In == "header" {
		s.Name = s.ID
		r.warn(n.at(), "the security scheme "+quote(s.ID)+" does not name its header: its own name is taken")
	}
	if s.In == "" && (strings.Contains(s.Name, "-") || strings.EqualFold(s.Name, "Authorization")) && profiles.IsToken(s.Name) {
		s.In = "header"
		r.warn(n.at(), "the security scheme "+quote(s.ID)+" does not say where the key goes: it is taken for the header "+s.Name)
	}
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
		return true, "set client.id in the profile, unless the server registers clients automatically"
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
