package higress

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// The ways in which [SplitSecrets] treats the credentials of a configuration.
const (
	Keychain = "keychain" // into the keychain; { keychain = true } stands in the profile
	Keep     = "keep"     // they stay in the profile, readable
	Drop     = "drop"     // forgotten; { keychain = true } stands in the profile
)

// ModeError is a way to treat credentials that does not exist.
type ModeError struct{ Mode string }

// Error names the word that was given.
func (e *ModeError) Error() string { return "credentials: unknown word " + quote(e.Mode) }

// Hint says what to type.
func (e *ModeError) Hint() string { return "type --credentials keychain, keep or drop" }

// SplitSecrets takes the literal credentials out of the profile as mode says, and
// returns those that are to be stored in the keychain under their records: all but
// placeholders with [Keychain], none with [Keep] and [Drop]. What [Keep] leaves readable
// is added to i.Warnings. i.Secrets stays as it was. The error is a *ModeError.
func SplitSecrets(i *Imported, mode string) ([]Secret, error) {
	var store []Secret
	switch mode {
	case Keep:
		for _, s := range i.Secrets {
			i.Warnings = append(i.Warnings, Warning{At: s.At, Key: s.Key, Message: "is a credential and stays readable in the profile"})
		}
		return nil, nil
	case Keychain, Drop:
	default:
		return nil, &ModeError{mode}
	}
	for _, s := range i.Secrets {
		if path, ok := strings.CutPrefix(s.Record, profiles.ConfigPrefix); ok && s.place == nil {
			i.Profile.SetConfig(path, inKeychain())
		} else {
			*s.place = profiles.Reference{Keychain: true}
		}
		if mode == Keychain && !s.Placeholder {
			store = append(store, s)
		}
	}
	_, err := profiles.Check(i.Profile) // its list of secret values follows
	return store, err
}

// inKeychain is { keychain = true } as server.config has it.
func inKeychain() *doc.Node {
	return &doc.Node{Kind: doc.Table, Members: []doc.Member{{Key: "keychain", Value: &doc.Node{Kind: doc.Bool, Bool: true}}}}
}

// lift moves the credentials that stand in templates as text into server.config: there
// they can be kept in the keychain, and masked.
func (r *reader) lift(p *profiles.Profile) {
	written := p.WrittenSecrets()
	for _, w := range slices.Backward(written) { // from the end: what stands before keeps its place
		value, action := w.Value(), "{{.config.%}}"
		if strings.HasSuffix(w.Key, ".url") {
			if decoded, err := url.QueryUnescape(value); err == nil {
				value, action = decoded, "{{urlquery .config.%}}"
			}
		}
		name := r.configFor(p, w.Name, value, w.Key)
		*w.Text = (*w.Text)[:w.Start] + strings.Replace(action, "%", name, 1) + (*w.Text)[w.End:]
		r.warn(r.out.tree.PosAt(w.Key), w.Key, "held the credential of "+quote(w.Name)+" as text: it is server.config."+name+" now")
	}
}

// liftDefaults takes arguments out of a tool whose default is a credential: a client
// and its model would be shown it.
func (r *reader) liftDefaults(p *profiles.Profile, t *profiles.Tool, key string) (lifted bool) {
	var kept []profiles.Arg
	for i, a := range t.Args {
		at := doc.Index(key+".args", i)
		n, err := doc.FromJSON(a.Default)
		if err != nil || n.Kind != doc.String || n.Text == "" || !profiles.NamesSecret(a.Name) || strings.EqualFold(a.Name, "key") {
			kept = append(kept, a)
			continue
		}
		q := &t.RequestTemplate
		switch a.Position {
		case "header":
			q.Headers = append(q.Headers, profiles.Header{Key: a.Name, Value: "{{.config." + r.configFor(p, a.Name, n.Text, at) + "}}"})
		case "query":
			separator := "?"
			if strings.Contains(q.URL, "?") {
				separator = "&"
			}
			q.URL += separator + url.QueryEscape(a.Name) + "={{urlquery .config." + r.configFor(p, a.Name, n.Text, at) + "}}"
		default:
			kept = append(kept, a)
			r.warn(r.out.tree.PosAt(at+".default"), at+".default", "looks like a credential, and clients and their models read it: take the argument out, and write the credential in server.config")
			continue
		}
		r.warn(r.out.tree.PosAt(at), at, "had a credential as its default: it is no argument any more, and is sent from server.config")
	}
	lifted = len(kept) < len(t.Args)
	t.Args = kept
	return lifted
}

// configFor returns the key of server.config that holds a credential which stood at a
// key of the document: one that holds it already, or a new one named after what carries
// the credential.
func (r *reader) configFor(p *profiles.Profile, name, value, at string) string {
	base := camel(name)
	n, _ := doc.FromJSON(p.Server.Config)
	if n != nil {
		for _, m := range n.Members {
			if m.Value.Kind == doc.String && m.Value.Text == value && camel(m.Key) == m.Key {
				return m.Key
			}
		}
	}
	key := base
	for i := 2; n.Get(key) != nil; i++ {
		key = base + strconv.Itoa(i)
	}
	p.SetConfig(key, &doc.Node{Kind: doc.String, Text: value})
	if r.lifted == nil {
		r.lifted = map[string]string{}
	}
	r.lifted[key] = at
	return key
}

// camel makes a key of a name that templates can write: X-Api-Key becomes apiKey.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(c rune) bool { return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	if len(words) > 1 && strings.EqualFold(words[0], "x") {
		words = words[1:]
	}
	var b strings.Builder
	for _, w := range words {
		switch {
		case b.Len() > 0:
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		case strings.ToUpper(w) == w:
			b.WriteString(strings.ToLower(w))
		default:
			b.WriteString(strings.ToLower(w[:1]) + w[1:])
		}
	}
	if b.Len() == 0 || b.String()[0] <= '9' {
		return "credential" + b.String()
	}
	return b.String()
}

// values lists the credentials of server.config. A place for one that is empty refers
// to the keychain, whatever becomes of the others: nothing is there to keep.
func (r *reader) values(p *profiles.Profile) {
	changed := false
	for i := range p.Tools {
		changed = r.liftDefaults(p, &p.Tools[i], doc.Index("tools", i)) || changed
	}
	if changed {
		_, _ = profiles.Check(p) // it was right before
	}
	for _, v := range p.Secrets {
		path, _ := v.InConfig()
		at := v.Key
		if lifted, ok := r.lifted[path]; ok {
			at = lifted
		}
		if v.Reference.Literal.IsZero() {
			r.fail(r.out.tree.PosAt(v.Key), v.Key, "refers to a credential of this machine, which a document may not", referenceHint)
			continue
		}
		text := v.Reference.Literal.Reveal()
		s := Secret{Record: v.Record, Scheme: v.Record, Key: v.Key, At: r.out.At(at), Value: secret.New(text), Placeholder: placeholder(text)}
		if s.Placeholder {
			r.warn(r.out.tree.PosAt(at), v.Key, "looks like a placeholder, and is not stored")
		}
		r.out.Secrets = append(r.out.Secrets, s)
	}
	empty := p.EmptySecrets()
	for _, path := range empty {
		p.SetConfig(path, inKeychain())
	}
	if len(empty) > 0 {
		_, _ = profiles.Check(p)
	}
}

// placeholder reports text that stands for a credential that somebody has to write.
func placeholder(text string) bool {
	s := strings.ToLower(strings.TrimSpace(text))
	switch {
	case strings.Contains(s, "${"), strings.Contains(s, "{{"), strings.Trim(s, "x*.-_?") == "":
		return true
	case strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">"), strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"), strings.HasPrefix(s, "$") && strings.Trim(s, "$abcdefghijklmnopqrstuvwxyz_") == "":
		return true
	}
	for _, beginning := range []string{"your", "my_", "my-", "replace", "insert", "enter", "change", "todo", "placeholder", "你的", "您的", "请", "替换", "填写"} {
		if strings.HasPrefix(s, beginning) {
			return true
		}
	}
	for _, part := range []string{"your_", "your-", "your ", "_here", "-here", " here", "changeme", "example-key", "placeholder"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}
