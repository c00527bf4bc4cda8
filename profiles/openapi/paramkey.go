package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// ParamKey is a credential that the document declares as an ordinary parameter, in place
// of a security scheme: a model would be asked for it.
type ParamKey struct {
	In, Name string // header, query or cookie, and its name there
	// Auth is the scheme that it stands for, as `mcp-bridge add --auth` takes it.
	Auth       string
	Operations int    // how many operations ask for it
	At         string // FILE:LINE:COL of the first
	weak       bool   // the name may mean something else
}

// noteKeys counts the credentials among an operation's parameters that no security
// scheme of the operation fills: where the operation cannot do without, or says nothing
// about its security.
func (b *builder) noteKeys() {
	unsaid := len(b.o.Security) == 0
	strong := b.authorization.exists() && unsaid
	for i := range b.params {
		p := &b.params[i]
		strong = strong || p.In == "header" && profiles.CarriesSecret(p.Wire)
	}
	for i := range b.params {
		p := &b.params[i]
		if p.In == "path" || !p.Required && !unsaid || strings.Trim(p.Wire, keyBytes) != "" {
			continue
		}
		switch {
		case profiles.CarriesSecret(p.Wire):
			b.r.noteKey(p.In, p.Wire, "apiKey:"+p.In+":"+p.Wire, p.node, p.In != "header" && !plainKey(p.Wire) && !saysKey(p.get("description").str()), p.Required)
		case p.In == "header" && p.Required && strong && identifies(p.Wire):
			b.r.noteKey(p.In, p.Wire, "apiKey:header:"+p.Wire, p.node, false, true)
		}
	}
	if unsaid && b.authorization.exists() {
		b.r.noteKey("header", "Authorization", authorizationKind(b.authorization), b.authorization, false, true)
	}
}

func (r *reader) noteKey(in, name, auth string, at node, weak, required bool) {
	const most = 20
	i := slices.IndexFunc(r.out.Keys, func(k ParamKey) bool {
		return k.In == in && (k.Name == name || in == "header" && strings.EqualFold(k.Name, name))
	})
	if i < 0 {
		if len(r.out.Keys) == most {
			return
		}
		i = len(r.out.Keys)
		r.out.Keys = append(r.out.Keys, ParamKey{In: in, Name: name, Auth: auth, At: at.at(), weak: true})
	}
	k := &r.out.Keys[i]
	k.weak = k.weak && weak
	if k.Operations++; !required && weak {
		k.Operations-- // an optional argument of that name is something else
	}
}

// settleKeys drops what may mean something else and is not asked for nearly everywhere.
func (r *reader) settleKeys() {
	r.out.Keys = slices.DeleteFunc(r.out.Keys, func(k ParamKey) bool {
		return k.weak && (k.Operations < 3 || k.Operations*10 < len(r.out.Operations)*8)
	})
}

// keyBytes are what names consist of that can be typed behind --auth as they are.
const keyBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

// plainKey reports a name that means nothing but the key of an API.
func plainKey(name string) bool {
	if strings.EqualFold(name, "appid") { // app_id names an app
		return true
	}
	name = plainName(name)
	for _, end := range []string{"apikey", "apitoken", "appkey", "accesstoken", "authtoken", "accesskey", "subscriptionkey", "userkey", "clientsecret", "secretkey", "apisecret", "appcode"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// saysKey reports a description of the key of an API.
func saysKey(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{"api key", "apikey", "api-key", "api token", "access token", "auth token", "authentication", "authorization", "authorisation", "credential", "subscription key", "your key", "secret key"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// identifies reports a header that says whose a credential in another header is.
func identifies(name string) bool {
	name = strings.TrimPrefix(plainName(name), "x")
	return slices.Contains([]string{"userid", "clientid", "appid", "applicationid", "accountid", "keyid", "accesskeyid", "tenantid", "authuser", "authid", "authemail"}, name)
}

// authorizationKind reads from what is said of a parameter Authorization what stands in it.
func authorizationKind(n node) string {
	var words strings.Builder
	for _, of := range []node{n, n.get("schema")} {
		for _, key := range []string{"description", "example", "default", "pattern", "x-example"} {
			words.WriteString(" " + of.get(key).text())
		}
		words.WriteString(" " + of.get("enum").first().text())
	}
	text := strings.ToLower(words.String())
	switch {
	case strings.Contains(text, "bearer"), strings.Contains(text, "jwt"):
		return "bearer"
	case strings.Contains(text, "basic"):
		return "basic"
	case strings.Contains(text, "api key"), strings.Contains(text, "apikey"), strings.Contains(text, "api-key"), strings.Contains(text, "token "):
		return "apiKey:header:Authorization"
	}
	return "bearer"
}
