package credential

import (
	"errors"
	"runtime"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Reason says why there is no usable credential.
type Reason string

// The reasons. Missing is for what a profile refers to and is not there;
// SignInNeeded for what `mcp-bridge login` gives.
const (
	Missing             Reason = "missing"
	SignInNeeded        Reason = "sign-in-needed"
	SignInPending       Reason = "sign-in-pending"
	KeychainUnavailable Reason = "keychain-unavailable"
	// Unreachable: the authorization server does not answer now. Nothing is forgotten.
	Unreachable Reason = "unreachable"
	// Refused: the authorization server, or this program, does not accept what the
	// profile says. Nothing is forgotten.
	Refused Reason = "refused"
	// Unusable: no credential can ever be sent by the scheme; Err is a
	// *profiles.UnusableScheme, or says so of a sign-in.
	Unusable Reason = "unusable"
)

// Error says that a requirement cannot be satisfied now. It never holds a secret.
type Error struct {
	Profile string // as a person types it
	Scheme  string
	Record  string // differs from Scheme for a credential of one tool's own
	Account string
	Reason  Reason
	Err     error // the cause; may be nil

	// What a sign-in is for that would cure it; empty for other errors.
	OAuth      bool     // the scheme wants a sign-in at an authorization server
	Scopes     []string // to ask for
	Origin     string   // where the credential would have been sent
	Origins    []string // that the sign-in is approved for, if there is one
	Unapproved bool     // only a typed login may approve the credential for Origin
	Metadata   string   // resource_metadata of the backend's challenge (RFC 9728)
	StepUp     bool     // the backend wants scopes that the token does not have
	Generation string   // of the sign-in that does not do, as SignIn has it; empty: there was none

	hint   string
	absent bool // a keychain record is not there
}

// SignInHelps reports whether the credential would be there after a person has signed
// in, or typed it, during the call.
func (e *Error) SignInHelps() bool {
	return !e.Unapproved && (e.Reason == SignInNeeded || e.Reason == Missing && e.absent)
}

// Error names the scheme and the reason.
func (e *Error) Error() string {
	if e.Reason == Unusable && e.Err != nil {
		return e.Err.Error()
	}
	text := Called(e.Scheme)
	if e.Record != "" && e.Record != e.Scheme {
		text += " (" + e.Record + ")"
	}
	switch e.Reason {
	case KeychainUnavailable:
		text += ": its credential cannot be read from the keychain"
	case SignInPending:
		text += ": the sign-in is not finished"
	case SignInNeeded:
		text += ": sign-in needed"
	case Unreachable:
		text += ": the authorization server cannot be asked now"
	case Refused:
		text += ": no token can be had"
	default:
		text += " has no credential"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Called names a scheme, or the value of the profile that stands for one, in a message.
func Called(scheme string) string {
	if path, ok := strings.CutPrefix(scheme, profiles.ConfigPrefix); ok {
		return "the value server.config." + path
	}
	if name, ok := strings.CutPrefix(scheme, profiles.HeaderPrefix); ok {
		return "the header http.headers." + name
	}
	return "the scheme " + scheme
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what to type or do.
func (e *Error) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	if e.Reason == KeychainUnavailable || e.Reason == Unusable {
		var h interface{ Hint() string }
		if errors.As(e.Err, &h) {
			return h.Hint()
		}
		if e.Reason == KeychainUnavailable {
			return "mcp-bridge keychain status"
		}
		return shell().Command("mcp-bridge", "check", e.Profile)
	}
	return "type: " + LoginCommand(e.Profile, e.Record, e.Account)
}

// LoginCommand is the command that stores a credential.
func LoginCommand(profile, record, account string) string {
	words := []string{"mcp-bridge", "login", profile}
	if record != "" {
		words = append(words, "--scheme", record)
	}
	if account != "" && account != DefaultAccount {
		words = append(words, "--account", account)
	}
	return shell().Command(words...)
}

// shell is what people of this system type commands into.
func shell() plaintext.Shell { return plaintext.ShellOf(runtime.GOOS) }
