package request

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// revealed returns the plan with its secret values in it, to make the request from: it
// is never shown. creds hold the values, each under a scheme that stands for it
// ([profiles.SecretValue.Scheme]).
func (p *Plan) revealed(creds []Credential) (*Plan, *Error) {
	if len(p.Secrets) == 0 {
		return p, nil
	}
	values := map[string]string{}
	for _, v := range p.Secrets {
		i := slices.IndexFunc(creds, func(c Credential) bool {
			return c.Scheme != nil && c.Scheme.Type == profiles.ValueScheme && c.Scheme.ID == v.Record && !c.Value.IsZero()
		})
		if i < 0 {
			return nil, &Error{Kind: CredentialMissing, Part: v.Key, Message: "no credential was given"}
		}
		values[v.Record] = creds[i].Value.Reveal()
	}
	out, err := p.rendered(values)
	if err != nil {
		return nil, err
	}
	for _, v := range p.Secrets {
		name, ok := v.InHeader()
		if !ok {
			continue
		}
		value, problem := headerValue(name, values[v.Record])
		if problem != "" {
			return nil, &Error{Kind: CredentialMissing, Part: v.Key, Message: "the credential " + problem, hint: "store it again without a line break at its end"}
		}
		out.Header.Set(name, value)
	}
	return out, nil
}

// rendered is the plan with the values in what templates make of server.config, and
// with the headers of [Plan.WithHeaders]. It goes where the plan says, whatever a value
// holds, and no error shows one.
func (p *Plan) rendered(values map[string]string) (*Plan, *Error) {
	out := *p
	out.Header = p.Header.Clone()
	if p.render == nil {
		return &out, nil
	}
	config := configWith(p.Tool, func(v profiles.SecretValue) string { return values[v.Record] })
	full, err := p.render(config)
	switch {
	case err != nil && err.Kind == InvalidArguments:
		return nil, err
	case err != nil:
		return nil, &Error{Kind: TemplateFailed, Part: err.Part, Message: "cannot be rendered with the credentials of server.config",
			hint: "see that what is stored is the credential alone, without a line break"}
	case full.Origin != p.Origin || full.Method != p.Method || full.Direct:
		return nil, &Error{Kind: TemplateFailed, Part: "url", Message: "a credential of server.config would decide scheme, host or port", hint: hostHint}
	}
	out.URL, out.Body = full.URL, full.Body
	maps.Copy(out.Header, full.Header)
	return &out, nil
}

// Derived returns what templates make of the plan's secret values and anybody could turn
// back: the values of headers and parameters whose base64 or hexadecimal text holds one.
// It is what a backend may echo, to be masked.
func (p *Plan) Derived(creds []Credential) []secret.Value {
	if p.render == nil {
		return nil
	}
	full, err := p.revealed(creds)
	if err != nil {
		return nil // the request says so
	}
	var texts []string
	for name, values := range full.Header {
		if p.Header.Get(name) != values[0] {
			texts = append(texts, strings.Fields(values[0])...)
		}
	}
	if u, err := url.Parse(full.URL); err == nil {
		for _, values := range u.Query() {
			texts = append(texts, values...)
		}
	}
	var out []secret.Value
	for _, text := range texts {
		holds := func(c Credential) bool {
			return c.Scheme != nil && c.Scheme.Type == profiles.ValueScheme && slices.ContainsFunc(decodings(text), func(plain string) bool {
				return strings.Contains(plain, c.Value.Reveal())
			})
		}
		if slices.ContainsFunc(creds, holds) {
			out = append(out, secret.New(text))
		}
	}
	return out
}

// decodings returns what a text is the base64 or hexadecimal text of.
func decodings(text string) []string {
	var out []string
	for _, decode := range []func(string) ([]byte, error){base64.StdEncoding.DecodeString, base64.URLEncoding.DecodeString,
		base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, hex.DecodeString} {
		if plain, err := decode(text); err == nil {
			out = append(out, string(plain))
		}
	}
	return out
}
