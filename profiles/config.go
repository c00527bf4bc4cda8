package profiles

import (
	"errors"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Config is config.toml of the home: settings that a server started by a client
// must see although clients do not pass the environment on.
type Config struct {
	File     string  `key:"-"`        // where it was read from
	Keychain string  `key:"keychain"` // "os", "file", or empty: os
	KeyFile  string  `key:"keyFile"`  // of the file store; relative to the home
	Proxy    string  `key:"proxy"`    // as http.proxy of a profile, which wins
	CAFile   string  `key:"caFile"`   // as http.caFile of a profile, which wins
	Browser  Browser `key:"browser"`
}

// Browser says how addresses are opened. The zero Browser is the system's own.
type Browser struct {
	None    bool     // "none": never
	Command []string // a program and its arguments, one of which holds {url}
}

// DecodeDoc reads "none", a command line with {url}, or a list of strings. In a
// command line, quotes keep blanks together and a backslash is itself. Without
// {url} the address becomes the last argument.
func (b *Browser) DecodeDoc(n *doc.Node) []*doc.Error {
	const want = `must be "none" or a command such as "firefox {url}"`
	var words []string
	switch n.Kind {
	case doc.String:
		if strings.EqualFold(n.Text, "none") {
			b.None = true
			return nil
		}
		words = splitWords(n.Text)
	case doc.List:
		for _, item := range n.Items {
			if item.Kind != doc.String {
				return []*doc.Error{{Pos: item.Pos, Message: want}}
			}
			words = append(words, item.Text)
		}
	}
	if len(words) == 0 || words[0] == "" {
		return []*doc.Error{{Message: want}}
	}
	if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "{url}") }) {
		words = append(words, "{url}")
	}
	b.Command = words
	return nil
}

// splitWords splits a command line at blanks outside of quotes.
func splitWords(s string) []string {
	var words []string
	var word strings.Builder
	var open rune
	inside := false
	for _, r := range s {
		switch {
		case open != 0 && r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open, inside = r, true
		case open == 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if inside {
				words = append(words, word.String())
			}
			word.Reset()
			inside = false
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}

// ParseConfig reads config.toml as strictly as a profile. The error is an [Errors].
func ParseConfig(file string, data []byte) (Config, error) {
	config := Config{File: file}
	c, err := parseStrict(file, data, &config)
	if err != nil {
		return Config{}, err
	}
	c.choose("keychain", config.Keychain, "os", "file")
	c.proxy("proxy", config.Proxy)
	if config.KeyFile != "" && config.Keychain == "os" {
		c.warn("keyFile", `has no effect with keychain = "os"`)
	}
	if len(c.errs) > 0 {
		return Config{}, c.errs
	}
	return config, nil
}

// Project is the file .mcp-bridge.toml of a project.
type Project struct {
	File    string `key:"-"`
	Profile string `key:"profile"` // a name, never a path
}

// ParseProject reads .mcp-bridge.toml, which names a profile and nothing else. It
// may come with a project from anywhere: a path in it is refused. The error is an
// [Errors].
func ParseProject(file string, data []byte) (Project, error) {
	project := Project{File: file}
	c, err := parseStrict(file, data, &project)
	if err != nil {
		return Project{}, err
	}
	if project.Profile == "" {
		c.fail("profile", "missing: the file names a profile")
	} else if err := CheckName(project.Profile); err != nil {
		c.fail("profile", err.Error())
	}
	if len(c.errs) > 0 {
		return Project{}, c.errs
	}
	return project, nil
}

// parseStrict decodes a small TOML file and returns a checker for its values.
func parseStrict(file string, data []byte, into any) (*checker, error) {
	tree, err := doc.ParseTOML(file, data)
	if err != nil {
		var one *doc.Error
		if errors.As(err, &one) {
			return nil, Errors{one}
		}
		return nil, err
	}
	if errs := doc.Decode(tree, into); len(errs) > 0 {
		return nil, Errors(errs)
	}
	return &checker{p: &Profile{File: file, source: tree}}, nil
}
