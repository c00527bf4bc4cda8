package session

import (
	"net/http"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/bridge"
	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// connect gives a view its credentials and its bridge.
func (o Options) connect(v *View) {
	identity := Identity(o.Home, v.Profile)
	settings := bridge.Options{Set: v.Set, Version: o.Version, Environ: o.Environ, Proxy: o.Config.Proxy, CAFile: o.caFile(),
		Profile: identity, Account: v.Account, Logger: o.Logger}
	v.Resolver = credential.New(credential.Options{Profile: v.Profile, Identity: identity, Account: v.Account, Home: o.Home,
		Store: o.Store, Environ: o.Environ, Logger: o.Logger, Tokens: o.Tokens, Network: bridge.Network(settings), Base: v.BaseOrigin})
	v.Exposure = exposure.New(v.Set, v.index)
	settings.Resolver = v.Resolver
	v.Bridge = bridge.New(settings)
}

// Network is how servers are reached for no profile in particular, such as one that
// is not there any more: with the authorities and the proxy of config.toml.
func (o Options) Network() (oauthflow.Network, error) {
	set, err := tool.Compile(&profiles.Profile{})
	if err != nil {
		return oauthflow.Network{}, err
	}
	return bridge.Network(bridge.Options{Set: set, Environ: o.Environ, Proxy: o.Config.Proxy, CAFile: o.caFile()}), nil
}

// caFile is config.toml's caFile; a relative one lies in the home.
func (o Options) caFile() string {
	if o.Config.CAFile == "" {
		return ""
	}
	return absolute(o.Config.CAFile, o.Home.Path())
}

// Client returns a client that reads documents, over config.toml's proxy and with its
// authorities. The named host is the person's own choice; a redirect to another one must
// lead to https and, unless a proxy makes the connection, to a public address. The error
// is a *bridge.ConfigError.
func (o Options) Client(named string) (*http.Client, error) {
	set, err := tool.Compile(&profiles.Profile{Name: "mcp-bridge"})
	if err != nil {
		return nil, err
	}
	settings := bridge.Options{Set: set, Environ: o.Environ, Proxy: o.Config.Proxy, CAFile: o.caFile()}
	if err := bridge.New(settings).Ready(); err != nil {
		return nil, err
	}
	n := bridge.Network(settings)
	n.Named = []string{named}
	return oauthflow.Reader(n), nil
}

// Record is a credential that a profile's tools need, and where it would be sent.
type Record struct {
	Name    string // the scheme's id, "tool:NAME", or the record of a profiles.SecretValue
	Scheme  string // the scheme's id, which profiles.Profile.Scheme knows
	Origins []string
	// Keychain is false when the profile takes the credential from elsewhere: from
	// Reference, when a tool or the scheme names one.
	Keychain  bool
	Reference *profiles.Reference
}

// Records returns the credentials that the profile's tools use, by name. A scheme
// that no tool uses is there too, without origins.
func (v *View) Records() []Record {
	byName := map[string]*Record{}
	var order []string
	note := func(name, scheme string, keychain bool, from *profiles.Reference, origin string) {
		r := byName[name]
		if r == nil {
			r = &Record{Name: name, Scheme: scheme, Reference: from}
			byName[name] = r
			order = append(order, name)
		}
		r.Keychain = r.Keychain || keychain
		if origin != "" && !slices.Contains(r.Origins, origin) {
			r.Origins = append(r.Origins, origin)
		}
	}
	for i := range v.Profile.Server.SecuritySchemes {
		s := &v.Profile.Server.SecuritySchemes[i]
		note(s.ID, s.ID, s.DefaultCredential == nil || s.DefaultCredential.Keychain, s.DefaultCredential, "")
		if origin := clientSecretOrigin(v.Profile, s); origin != "" {
			note(ClientPrefix+s.ID, s.ID, true, s.Client.Secret, origin)
		}
	}
	for _, s := range v.Profile.Secrets {
		note(s.Record, s.Record, s.Reference.Keychain, s.Reference, "")
	}
	for _, t := range v.Set.All() {
		origin := originOf(t)
		passed := t.Downstream != nil && t.Downstream.Passthrough && t.Downstream.Scheme != nil
		for _, alternative := range t.Security {
			for _, req := range alternative {
				if passed && req.Credential == nil && req.Scheme.DefaultCredential == nil {
					continue // it carries the client's own credential
				}
				if c := req.Credential; c != nil && !c.Keychain {
					note("tool:"+t.Name, req.Scheme.ID, false, c, origin)
					continue
				}
				note(req.Record, req.Scheme.ID, !v.Resolver.Configured(req), req.Scheme.DefaultCredential, origin)
			}
		}
		if passed {
			note(t.Downstream.Scheme.ID, t.Downstream.Scheme.ID, true, nil, origin)
		}
		for _, s := range v.Profile.Secrets {
			_, everywhere := s.InHeader()
			if everywhere || slices.ContainsFunc(t.Secrets, func(one profiles.SecretValue) bool { return one.Record == s.Record }) {
				note(s.Record, s.Record, s.Reference.Keychain, s.Reference, origin)
			}
		}
	}
	out := make([]Record, 0, len(order))
	for _, name := range order {
		r := byName[name]
		slices.Sort(r.Origins)
		out = append(out, *r)
	}
	return out
}

// BaseOrigin returns the origin that a sign-in during a call may be approved for
// without a typed login: what the profile records, else the one origin that all of its
// tools have. It is empty where there are several and none of them is the base.
func (v *View) BaseOrigin() string {
	if base := v.Profile.BaseOrigin(); base != "" {
		return base
	}
	if all := Origins(v.Set); len(all) == 1 {
		return all[0]
	}
	return ""
}

// Origins returns where the tools of a set send their requests, each origin once, in the
// tools' order.
func Origins(set *tool.Set) []string {
	var out []string
	for _, t := range set.All() {
		if origin := originOf(t); origin != "" && !slices.Contains(out, origin) {
			out = append(out, origin)
		}
	}
	return out
}

// ClientPrefix begins the name of the record that holds the client secret of an
// OAuth scheme.
const ClientPrefix = "client:"

// clientSecretOrigin returns where the client secret of a scheme goes when it is kept
// in the keychain; empty otherwise.
func clientSecretOrigin(p *profiles.Profile, s *profiles.SecurityScheme) string {
	if !credential.IsOAuth(s) || s.Client == nil || s.Client.Secret == nil || !s.Client.Secret.Keychain {
		return ""
	}
	cfg, err := credential.Config(p, s, oauthflow.Network{})
	if err != nil {
		return ""
	}
	return credential.SecretOrigin(cfg)
}

// originOf returns where a tool's requests go; empty when it sends none or its
// address cannot be known without arguments.
func originOf(t *tool.Tool) string {
	if t.Request.URL == "" {
		return ""
	}
	url := t.Request.URL
	if ts, err := t.Templates(); err == nil && !ts.URL.IsStatic() {
		data := []byte(`{"args":{},"config":` + orEmpty(t.Config) + `}`)
		if rendered, err := ts.URL.Render(data, template.Env{}); err == nil {
			url = rendered
		}
	}
	return outbound.Origin(url)
}

func orEmpty(config []byte) string {
	if len(config) == 0 {
		return "{}"
	}
	return string(config)
}

// Detached returns a view of a profile that is not on disk yet: it can list its
// records and store them, but makes no calls.
func Detached(h *home.Home, store keychain.Store, p *profiles.Profile, set *tool.Set) *View {
	return &View{Profile: p, Set: set, Account: DefaultAccount,
		Resolver: credential.New(credential.Options{Profile: p, Identity: p.Name, Home: h, Store: store})}
}
