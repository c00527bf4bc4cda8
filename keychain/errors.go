package keychain

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Kind tells apart the two ways in which a store fails.
type Kind string

// The kinds of Error.
const (
	Unavailable Kind = "unavailable" // the store could not be asked; what it holds is not known
	Corrupt     Kind = "corrupt"     // the store answered, but not with what was written
)

// Reason tells why, for the hint. The zero Reason is Other.
type Reason string

// The reasons of an Error.
const (
	Other        Reason = ""              // see Err
	UnknownKind  Reason = "unknown kind"  // the settings name a store that does not exist
	NoBus        Reason = "no bus"        // no D-Bus session bus to be found or reached
	NoService    Reason = "no service"    // nothing on the bus is a Secret Service
	NoCollection Reason = "no collection" // the Secret Service has no default keyring
	Locked       Reason = "locked"        // the keychain is locked and nobody unlocked it
	NoSession    Reason = "no session"    // Windows: no interactive logon, as over ssh
	Silent       Reason = "silent"        // no answer in time
	Ended        Reason = "ended"         // the caller's context ended
	TooLarge     Reason = "too large"     // the value is larger than MaxSize
	NoKey        Reason = "no key"        // the file store has no key file, or it is not there
	BadKey       Reason = "bad key"       // the key file is not one
	OpenKey      Reason = "open key"      // others can read the key file, or it is a link
	KeyExists    Reason = "key exists"    // a new key would overwrite a file
	WrongKey     Reason = "wrong key"     // the record was written with another key
	Files        Reason = "files"         // the file store's folder cannot be used
)

// Error is every error of this package but ErrNotFound. It never holds a secret.
type Error struct {
	Kind   Kind
	Reason Reason
	Op     string // "get", "set", "delete", "open", "probe" or "new-key"
	Path   string // the file, folder, bus address or store that it is about; may be empty
	Err    error  // the cause; may be nil
}

// Error returns what happened on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "keychain %s: ", e.Op)
	if e.Kind == Corrupt {
		b.WriteString("the stored record is damaged")
	} else {
		b.WriteString(e.Reason.text())
	}
	if e.Path != "" {
		fmt.Fprintf(&b, " (%s)", e.Path)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// text completes "keychain get: ".
func (r Reason) text() string {
	switch r {
	case UnknownKind:
		return "there is no such kind of keychain"
	case NoBus:
		return "no D-Bus session bus"
	case NoService:
		return "no Secret Service on the session bus"
	case NoCollection:
		return "the Secret Service has no default keyring"
	case Locked:
		return "the keychain is locked"
	case NoSession:
		return "Windows opens Credential Manager only to an interactive logon"
	case Silent:
		return "the keychain does not answer"
	case Ended:
		return "given up"
	case TooLarge:
		return fmt.Sprintf("larger than %d bytes", MaxSize)
	case NoKey:
		return "no key file"
	case BadKey:
		return "not a key file"
	case OpenKey:
		return "the key file is not private"
	case KeyExists:
		return "the file exists and is never overwritten"
	case WrongKey:
		return "the record was written with another key"
	case Files:
		return "the folder of stored credentials cannot be used"
	}
	return "the keychain is unavailable"
}

// Unwrap returns the cause, so that errors.Is finds context errors and fs.ErrExist.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next, on this platform and in this case.
func (e *Error) Hint() string { return e.hint(runtime.GOOS) }

const (
	newKey  = "`mcp-bridge keychain new-key PATH`"
	useFile = "or keep credentials in encrypted files: type " + newKey +
		", then set keychain = \"file\" and keyFile = \"PATH\" in config.toml"
)

func (e *Error) hint(goos string) string {
	if e.Kind == Corrupt {
		return "nothing was forgotten; restore it from a backup, or type `mcp-bridge logout` and `mcp-bridge login` to replace it"
	}
	switch e.Reason {
	case UnknownKind:
		return "set keychain = \"os\" or \"file\" in config.toml, or " + Variable + " to one of them"
	case NoBus:
		return "start the bridge inside a desktop session, " + useFile
	case NoService:
		return "install and start gnome-keyring, KWallet or KeePassXC's Secret Service, " + useFile
	case NoCollection:
		return "create a default keyring in your desktop's password manager, " + useFile
	case Locked:
		return lockedHint(goos)
	case NoSession:
		return "run it from a desktop logon instead of ssh or a service, " + useFile
	case Silent:
		return silentHint(goos)
	case Ended:
		return "try again"
	case TooLarge:
		return "check that the right value was given"
	case NoKey:
		return "type " + newKey + " to make one, and name it as keyFile in config.toml or in " + KeyFileVariable
	case BadKey:
		return "name the file that " + newKey + " made: one line of base64 for 32 bytes"
	case OpenKey:
		return fmt.Sprintf("make %s a real file of your own that only you can read (chmod 600)", e.Path)
	case KeyExists:
		return "name a file that does not exist; keep the old one as long as anything is stored with it"
	case WrongKey:
		return "name the key file that was in use before, or type `mcp-bridge login` to store the credential anew"
	case Files:
		return fmt.Sprintf("make %s a real folder of your own (chmod 700) with space left", e.Path)
	}
	return "start the keychain of the desktop session, " + useFile
}

func lockedHint(goos string) string {
	if goos == "darwin" {
		return "type `security unlock-keychain`, " + useFile
	}
	return "unlock the keyring in your desktop's password manager, or type `mcp-bridge login` in a terminal of the desktop, " + useFile
}

func silentHint(goos string) string {
	if goos == "darwin" {
		return "look for a keychain dialog that waits for an answer, " + useFile
	}
	return "look for a password dialog that waits for an answer, or log out of the desktop and in again, " + useFile
}

// fail builds the Error of an unavailable store.
func fail(op string, reason Reason, path string, err error) *Error {
	return &Error{Kind: Unavailable, Reason: reason, Op: op, Path: path, Err: err}
}

// complete returns err as an *Error that tells operation and place.
func complete(err error, op, path string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return fail(op, Other, path, err)
	}
	whole := *e
	whole.Op = op
	if whole.Path == "" {
		whole.Path = path
	}
	return &whole
}
