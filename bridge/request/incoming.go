package request

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// The members of a call's _meta in which a host program hands over the client's
// own credential.
const (
	MetaHeaders = "mcp-bridge/headers"
	MetaQuery   = "mcp-bridge/query"
)

// The names of the environment variables that carry the client's own credential:
// EnvAuthorization, EnvHeader + NAME and EnvQuery + NAME.
const (
	EnvPrefix        = "MCP_BRIDGE_CLIENT_"
	EnvAuthorization = EnvPrefix + "AUTHORIZATION"
	EnvHeader        = EnvPrefix + "HEADER_"
	EnvQuery         = EnvPrefix + "QUERY_"
)

// Incoming is what the client of the bridge handed over, as if it had sent an
// HTTP request: headers (their names compare without case) and query parameters.
// It holds credentials, so every formatter, logger and encoder prints only how
// many there are.
type Incoming struct {
	Header map[string]string
	Query  map[string]string
}

// String returns the numbers of headers and query parameters.
func (in Incoming) String() string {
	return fmt.Sprintf("[%d client headers, %d client query parameters]", len(in.Header), len(in.Query))
}

// GoString returns the same as String, so that %#v is safe.
func (in Incoming) GoString() string { return in.String() }

// Format writes the same as String for every verb.
func (in Incoming) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, in.String()) }

// LogValue keeps the credentials out of structured logs.
func (in Incoming) LogValue() slog.Value { return slog.StringValue(in.String()) }

// MarshalText keeps the credentials out of JSON and other encodings.
func (in Incoming) MarshalText() ([]byte, error) { return []byte(in.String()), nil }

// Secrets returns every value that in holds, so that it can be masked.
func (in Incoming) Secrets() []secret.Value {
	var out []secret.Value
	for _, m := range []map[string]string{in.Header, in.Query} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			out = append(out, secret.New(m[name]))
			if _, token, ok := strings.Cut(m[name], " "); ok {
				out = append(out, secret.New(strings.TrimSpace(token)))
			}
		}
	}
	return out
}

// header returns a header by its name without case. Of several spellings the
// first in the order of bytes counts.
func (in Incoming) header(name string) string {
	for _, k := range slices.Sorted(maps.Keys(in.Header)) {
		if strings.EqualFold(k, name) {
			return in.Header[k]
		}
	}
	return ""
}

// Extract takes the client's credential for a downstream scheme by Higress's
// rules. http, oauth2 and openIdConnect: the Authorization header without its
// scheme word, which must be the right one in any case; apiKey: the whole value
// of its header, query parameter or cookie. A nil scheme takes the Authorization
// header as it came. It reports false when there is no such credential; a
// credential of another kind is not one.
func Extract(scheme *profiles.SecurityScheme, in Incoming) (secret.Value, bool) {
	found := func(s string) (secret.Value, bool) { return secret.New(s), s != "" }
	if scheme == nil {
		return found(in.header("Authorization"))
	}
	switch scheme.Type {
	case profiles.OAuth2, profiles.OpenIDConnect:
		return found(afterWord(in.header("Authorization"), "bearer"))
	case profiles.HTTPScheme:
		word := strings.ToLower(scheme.Scheme)
		if word == "basic" || word == "bearer" {
			return found(afterWord(in.header("Authorization"), word))
		}
	case profiles.APIKey:
		switch {
		case scheme.Name == "":
		case scheme.In == "header":
			return found(in.header(scheme.Name))
		case scheme.In == "query":
			return found(in.Query[scheme.Name])
		case scheme.In == "cookie":
			return found(cookie(in.header("Cookie"), scheme.Name))
		}
	}
	return secret.Value{}, false
}

// afterWord returns what follows a scheme word and a space.
func afterWord(header, word string) string {
	if len(header) <= len(word) || header[len(word)] != ' ' || !strings.EqualFold(header[:len(word)], word) {
		return ""
	}
	return strings.TrimSpace(header[len(word):])
}

func cookie(header, name string) string {
	for pair := range strings.SplitSeq(header, ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && k == name {
			return v
		}
	}
	return ""
}

// FromStored returns a stored credential as [Extract] would have taken it from a
// client that sent it: user:password of a basic scheme as its base64 text, and a
// token without its scheme word.
func FromStored(scheme *profiles.SecurityScheme, v secret.Value) secret.Value {
	if scheme == nil {
		return v
	}
	s := v.Reveal()
	switch {
	case scheme.Type == profiles.HTTPScheme && strings.EqualFold(scheme.Scheme, "basic"):
		s = strings.TrimPrefix(basic(s, false), "Basic ")
	case scheme.Type != profiles.APIKey:
		s = strings.TrimPrefix(s, "Bearer ")
	}
	return secret.New(s)
}

// ParseMeta reads the two carriers in the _meta of a call. An absent one is
// empty, and so is an empty value. The error is an [*Error] of kind
// InvalidArguments that names the member at fault: one that is not an object of
// strings, a header name that is none, a header twice in two spellings, or a
// value with a line break. Its text holds no value.
func ParseMeta(meta map[string]json.RawMessage) (Incoming, error) {
	in := Incoming{}
	var err *Error
	if in.Header, err = carrier(meta, MetaHeaders); err != nil {
		return Incoming{}, err
	}
	if in.Query, err = carrier(meta, MetaQuery); err != nil {
		return Incoming{}, err
	}
	return in, nil
}

func carrier(meta map[string]json.RawMessage, key string) (map[string]string, *Error) {
	raw, ok := meta[key]
	if !ok {
		return nil, nil
	}
	bad := func(message string) *Error {
		return &Error{Kind: InvalidArguments, Part: fmt.Sprintf("_meta[%q]", key), Message: message,
			hint: `an object of strings, such as {"Authorization": "Bearer …"}`}
	}
	var given map[string]*string
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
		return nil, bad("is not an object of strings")
	}
	out := map[string]string{}
	seen := map[string]bool{}
	for name, value := range given {
		if key == MetaHeaders {
			if !isToken(name) {
				return nil, bad("has a name that is not a header name")
			}
			name = http.CanonicalHeaderKey(name)
		}
		switch {
		case value == nil:
			return nil, bad("is not an object of strings")
		case seen[name]:
			return nil, bad("has a header twice, in two spellings")
		case strings.ContainsFunc(*value, isControl):
			return nil, bad("has a value with a line break or another control character")
		}
		seen[name] = true
		if *value != "" {
			out[name] = *value
		}
	}
	return out, nil
}

// ParseEnv reads the carriers in an environment of "NAME=value" entries. Which
// headers and query parameters there can be comes from the schemes, because a
// variable's name cannot hold every header's name: both are compared in upper
// case with every byte outside A–Z and 0–9 as "_". An empty value is absent; of
// several entries for one name the last counts.
func ParseEnv(environ []string, schemes []*profiles.SecurityScheme) Incoming {
	vars := map[string]string{}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if name = envName(name); ok && strings.HasPrefix(name, EnvPrefix) {
			vars[name] = value
		}
	}
	in := Incoming{Header: map[string]string{}, Query: map[string]string{}}
	take := func(to map[string]string, name, variable string) {
		if v := vars[variable]; v != "" {
			to[name] = v
		}
	}
	take(in.Header, "Authorization", EnvHeader+"AUTHORIZATION")
	take(in.Header, "Authorization", EnvAuthorization)
	for _, s := range schemes {
		switch {
		case s == nil || s.Type != profiles.APIKey:
		case s.In == "header" && !strings.EqualFold(s.Name, "Authorization"):
			take(in.Header, http.CanonicalHeaderKey(s.Name), EnvHeader+envName(s.Name))
		case s.In == "query":
			take(in.Query, s.Name, EnvQuery+envName(s.Name))
		case s.In == "cookie":
			take(in.Header, "Cookie", EnvHeader+"COOKIE")
		}
	}
	return in
}

// EnvSecrets returns the values of every variable that [ParseEnv] may read. They
// are known secrets also when no tool uses them.
func EnvSecrets(environ []string) []secret.Value {
	in := Incoming{Header: map[string]string{}}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" && strings.HasPrefix(envName(name), EnvPrefix) {
			in.Header[name] = value
		}
	}
	return in.Secrets()
}

func envName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		} else if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			b[i] = '_'
		}
	}
	return string(b)
}

// Merge returns both, the first winning for every name that both have: the _meta
// of a call before the environment.
func Merge(first, second Incoming) Incoming {
	out := Incoming{Header: map[string]string{}, Query: map[string]string{}}
	for _, in := range []Incoming{second, first} {
		for _, name := range slices.Sorted(maps.Keys(in.Header)) {
			out.Header[http.CanonicalHeaderKey(name)] = in.Header[name]
		}
		maps.Copy(out.Query, in.Query)
	}
	return out
}
