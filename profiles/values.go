package profiles

import (
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Duration is a length of time written as Go writes it ("30s", "1m30s").
type Duration time.Duration

// DecodeDoc reads a duration such as "1m30s".
func (d *Duration) DecodeDoc(n *doc.Node) []*doc.Error {
	const want = `must be a duration in quotes, such as "30s" or "1m30s"`
	if n.Kind != doc.String {
		return []*doc.Error{{Message: want}}
	}
	v, err := time.ParseDuration(n.Text)
	if err != nil {
		return []*doc.Error{{Message: want}}
	}
	*d = Duration(v)
	return nil
}

// String returns the duration as a profile writes it: "30s", "1m30s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// referenceForms is Reference as a document writes it, when it is a table.
type referenceForms struct {
	Env      *string   `key:"env"`
	File     *string   `key:"file"`
	Keychain *bool     `key:"keychain"`
	Command  *[]string `key:"command"`
}

// DecodeDoc reads a literal string or one of the tables { env }, { file },
// { keychain } and { command }. No message shows what stands there.
func (r *Reference) DecodeDoc(n *doc.Node) []*doc.Error {
	const forms = `must be a string, { keychain = true }, { env = "NAME" }, { file = "PATH" } or { command = ["PROGRAM", "ARGUMENT"] }`
	switch n.Kind {
	case doc.String:
		if n.Text == "" {
			return []*doc.Error{{Message: "must not be empty; " + forms[len("must "):]}}
		}
		r.Literal = secret.New(n.Text)
		return nil
	case doc.Table:
	default:
		return []*doc.Error{{Message: forms}}
	}
	var f referenceForms
	if errs := doc.Decode(n, &f); len(errs) > 0 {
		return errs
	}
	if len(n.Members) != 1 {
		return []*doc.Error{{Message: "must name exactly one place", Allowed: doc.Keys(f)}}
	}
	switch {
	case f.Env != nil && !isEnvName(*f.Env):
		return []*doc.Error{{Key: "env", Pos: n.PosAt("env"), Message: "must be the name of an environment variable"}}
	case f.File != nil && *f.File == "":
		return []*doc.Error{{Key: "file", Pos: n.PosAt("file"), Message: "must not be empty"}}
	case f.Keychain != nil && !*f.Keychain:
		return []*doc.Error{{Key: "keychain", Pos: n.PosAt("keychain"), Message: "must be true; leave the credential out when there is none"}}
	case f.Command != nil && (len(*f.Command) == 0 || (*f.Command)[0] == ""):
		return []*doc.Error{{Key: "command", Pos: n.PosAt("command"), Message: "must hold a program"}}
	case f.Env != nil:
		r.Env = *f.Env
	case f.File != nil:
		r.File = *f.File
	case f.Keychain != nil:
		r.Keychain = true
	case f.Command != nil:
		r.Command = *f.Command
	}
	return nil
}

func isEnvName(s string) bool {
	for i := range len(s) {
		b := s[i]
		if b != '_' && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') && (i == 0 || b < '0' || b > '9') {
			return false
		}
	}
	return s != ""
}

// DecodeDoc reads one requirement, or a list of alternatives that are each a
// requirement or a list of requirements. [] is one empty alternative: no credential.
func (s *Security) DecodeDoc(n *doc.Node) []*doc.Error {
	switch n.Kind {
	case doc.Table:
		r, errs := requirement(n, "")
		*s = Security{{r}}
		return errs
	case doc.List:
	default:
		return []*doc.Error{{Message: `must be { id = "SCHEME" } or a list of these`}}
	}
	var errs []*doc.Error
	out := make(Security, 0, len(n.Items)+1)
	for i, item := range n.Items {
		path := doc.Index("", i)
		alternative := []Requirement{}
		switch {
		case item.Kind == doc.List:
			for j, one := range item.Items {
				r, more := requirement(one, doc.Index(path, j))
				alternative, errs = append(alternative, r), append(errs, more...)
			}
		case item.Kind != doc.Table || len(item.Members) > 0:
			r, more := requirement(item, path)
			alternative, errs = append(alternative, r), append(errs, more...)
		}
		out = append(out, alternative)
	}
	if len(out) == 0 {
		out = append(out, []Requirement{})
	}
	*s = out
	return errs
}

func requirement(n *doc.Node, path string) (Requirement, []*doc.Error) {
	var r Requirement
	errs := doc.Decode(n, &r)
	for _, e := range errs {
		if path != "" && e.Key != "" {
			e.Key = path + "." + e.Key
		} else {
			e.Key = path + e.Key
		}
	}
	return r, errs
}

// Defaults of the profile format, applied by the accessors of package
// bridge/tool and bridge, never written into a document.
const (
	DefaultTimeout          = 30 * time.Second
	DefaultMaxResponseBytes = 8 << 20
	DefaultMaxResultChars   = 100_000
	DefaultBudgetTokens     = 10_000
	DefaultMaxTools         = 40
	DefaultListTokens       = 120_000
	DefaultRetries          = 2
)
