package clientconfig

import (
	"path"
	"regexp"
	"strings"
)

// Entries returns the client's servers in the order of the file. What has another
// shape than a command with arguments has an empty Command. The errors are those of
// Find.
func (c Client) Entries(data []byte) ([]Entry, error) {
	if err := c.check(data); err != nil {
		return nil, err
	}
	var names []string
	if c.Format == TOML {
		root, err := c.parseTOML(data)
		if err != nil {
			return nil, err
		}
		if servers := root.Get("mcp_servers"); servers != nil {
			for _, m := range servers.Members {
				names = append(names, m.Key)
			}
		}
	} else {
		var err error
		if names, err = c.namesJSON(data); err != nil {
			return nil, err
		}
	}
	var out []Entry
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] { // a duplicate key: the last one counts, and Find returns it
			continue
		}
		seen[name] = true
		e, found, err := c.Find(data, name)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, e)
		}
	}
	return out, nil
}

// ownName matches the file name of this program, also as it is downloaded: with its
// version, system and processor behind it.
var ownName = regexp.MustCompile(`^mcp-bridge([-_.](v?[0-9][0-9.]*|linux|darwin|macos|windows|amd64|x86_64|arm64|aarch64|386))*$`)

// Ours reports whether an entry starts this program, whatever the entry's name.
func (e Entry) Ours() bool {
	base := e.Command[strings.LastIndexAny(e.Command, `/\`)+1:]
	return ownName.MatchString(strings.TrimSuffix(strings.ToLower(base), ".exe"))
}

// Start is what an entry of ours serves.
type Start struct {
	Profile string // NAME[/ACCOUNT] or a path, to which it is pinned; empty: it follows the current profile
	Home    string // the home folder; empty: the usual one
}

// Starts returns what an entry of ours serves, as its arguments say, or else its
// environment.
func (e Entry) Starts() Start {
	s := Start{Profile: e.Env["MCP_BRIDGE_PROFILE"], Home: e.Env["MCP_BRIDGE_HOME"]}
	for i := 0; i < len(e.Args); i++ {
		name, value, joined := strings.Cut(e.Args[i], "=")
		var into *string
		switch name {
		case "--profile":
			into = &s.Profile
		case "--home":
			into = &s.Home
		default:
			continue
		}
		if !joined {
			if i++; i == len(e.Args) {
				break
			}
			value = e.Args[i]
		}
		*into = value
	}
	return s
}

// Same reports whether both serve the same profile and account of the same home.
// usualHome is what an empty Home stands for.
func (s Start) Same(o Start, usualHome string) bool {
	place := func(home string) string {
		if home == "" {
			home = usualHome
		}
		return path.Clean(strings.ReplaceAll(home, `\`, "/"))
	}
	return s.Profile == o.Profile && place(s.Home) == place(o.Home)
}

// String says what is served, for messages.
func (s Start) String() string {
	text := "the current profile"
	if s.Profile != "" {
		text = "profile " + s.Profile
	}
	if s.Home != "" {
		text += " of " + s.Home
	}
	return text
}

// MaxName is the most characters of a server's name that every client takes.
const MaxName = 64

// NameFor returns the name of the entry that is pinned to a profile: the profile's own,
// with - for what not every client takes.
func NameFor(profile string) string {
	name := strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return '-'
	}, profile)
	name = strings.Trim(name[:min(len(name), MaxName)], "-")
	if name == "" {
		return OwnName
	}
	return name
}

// OwnName is the name of the entry that follows the current profile.
const OwnName = "mcp-bridge"

// GoodName reports whether every client takes the name of a server: some put it before
// the names of tools.
func GoodName(name string) bool {
	return name != "" && len(name) <= MaxName && !strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) })
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
