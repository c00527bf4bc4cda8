package cli

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(s)
}

// title is what the profile is named after: the document's title, or its host or file.
func (i *importedAPI) title() string {
	const most = 24 // a longer title is a sentence
	t := firstLine(i.read.Title)
	if len(profiles.MakeName(t)) > most {
		if host := hostWord(i.read.Server); host != "" {
			return host
		}
	}
	if t != "" {
		return t
	}
	if u, err := url.Parse(i.source); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return strings.TrimSuffix(filepath.Base(i.source), filepath.Ext(i.source))
}

// hostWord is the word by which people know the owner of an address: "github" of
// https://api.github.com.
func hostWord(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	labels := strings.Split(u.Hostname(), ".")
	if len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return ""
	}
	return labels[len(labels)-2]
}

// shortName shortens a name at a word: many clients put it before each tool's name.
func shortName(name string) string {
	const most = 11
	if len(name) <= most {
		return name
	}
	short := name[:most]
	if cut := strings.LastIndexAny(short, "-_."); cut > 2 && name[most] != '-' {
		short = short[:cut]
	}
	return strings.TrimRight(short, "-_.")
}
