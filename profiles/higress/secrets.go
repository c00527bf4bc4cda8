package higress

import (
	"strings"

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
// returns those that are to be stored in the keychain under their records: all with
// [Keychain], none with [Keep] and [Drop]. i.Secrets stays as it was. The error is a
// *ModeError.
func SplitSecrets(i *Imported, mode string) ([]Secret, error) {
	switch mode {
	case Keep:
		return nil, nil
	case Keychain, Drop:
	default:
		return nil, &ModeError{mode}
	}
	for _, s := range i.Secrets {
		*s.place = profiles.Reference{Keychain: true}
	}
	if mode == Drop {
		return nil, nil
	}
	return append([]Secret(nil), i.Secrets...), nil
}

// plainText warns of credentials that cannot be taken out because they stand where
// Higress has no credentials: in server.config, for templates. Of those in headers,
// [profiles.Check] warns.
func (r *reader) plainText() {
	config := r.out.tree.At("server.config")
	if config == nil {
		return
	}
	for _, m := range config.Members {
		if m.Value.Kind == doc.String && m.Value.Text != "" && namesSecret(m.Key) {
			r.warn(m.Value.Pos, doc.Join("server.config", m.Key),
				"looks like a credential and stays readable in the profile: make it a security scheme, and use that in place of {{.config."+m.Key+"}}")
		}
	}
}

// namesSecret reports whether a key is a usual name of a credential.
func namesSecret(key string) bool {
	word := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(key))
	switch word {
	case "key", "ak", "sk", "pwd", "auth", "appcode":
		return true
	}
	for _, end := range []string{"apikey", "token", "secret", "password", "passwd", "credential", "credentials", "accesskey", "secretkey", "privatekey", "authorization"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}
