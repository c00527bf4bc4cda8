package home

import (
	"fmt"
	"strings"
)

// Kind says what is wrong, for callers that react differently.
type Kind string

// The kinds of Error.
const (
	Unusable Kind = "unusable" // cannot be created, opened, read or written; Err says why
	Symlink  Kind = "symlink"  // a symbolic link stands in the place of a folder or file of ours
	Foreign  Kind = "foreign"  // another user owns the folder
	// NotPrivate: another user owns the file or can write it, so what it says is not
	// the person's own.
	NotPrivate Kind = "not-private"
	Outside    Kind = "outside" // a name that leads out of the home
	Corrupt    Kind = "corrupt" // a file of ours does not hold what we write there
	Busy       Kind = "busy"    // another process holds the lock
)

// Error is every error of this package. It never holds a file's content.
type Error struct {
	Kind Kind
	Op   string // "open", "read state", "lock", ...
	Path string // the file or folder it is about
	Err  error  // the cause; may be nil
}

// Error returns operation, path and cause on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Op, e.Path)
	switch e.Kind {
	case Symlink:
		b.WriteString("is a symbolic link or leads through one")
	case Foreign:
		b.WriteString("belongs to another user")
	case Outside:
		b.WriteString("is not a name inside the home folder")
	case Busy:
		b.WriteString("is held by another process")
	case Corrupt:
		b.WriteString("is damaged")
	case Unusable:
		if e.Err == nil {
			b.WriteString("cannot be used")
		}
	}
	if e.Err != nil {
		if e.Kind != Unusable && e.Kind != NotPrivate {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause, so that errors.Is finds fs.ErrExist,
// fs.ErrNotExist and context errors.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *Error) Hint() string {
	switch e.Kind {
	case Symlink:
		return fmt.Sprintf("replace %s by a real folder or file, or name another folder with --home or %s", e.Path, Variable)
	case Foreign:
		return fmt.Sprintf("run as the user who owns %s (not with sudo), or name a folder of your own with --home or %s", e.Path, Variable)
	case NotPrivate:
		return fmt.Sprintf("look at what it says, then make it yours alone: chmod go-w %s (and chown it, if it belongs to another user)", e.Path)
	case Outside:
		return "use a name below the home folder, without .. and without a leading slash"
	case Corrupt:
		return e.corruptHint()
	case Busy:
		return "another mcp-bridge is at work; wait for it or end it, then try again"
	default:
		if e.Op == "locate" {
			return fmt.Sprintf("set HOME, or name the folder with --home or %s", Variable)
		}
		return fmt.Sprintf("check the folder's owner, mode and free space, or name another with --home or %s", Variable)
	}
}

func (e *Error) corruptHint() string {
	switch {
	case strings.HasSuffix(e.Path, StateFile):
		return fmt.Sprintf("repair %s, or delete it: only the choice of profile and account is lost, `mcp-bridge use` makes it again", e.Path)
	case strings.HasSuffix(e.Path, IndexFile):
		return fmt.Sprintf("repair %s, or delete it and sign in again with `mcp-bridge login`", e.Path)
	default:
		return fmt.Sprintf("repair or delete %s", e.Path)
	}
}
