package clientconfig

import (
	"path"
	"sort"
	"strings"
)

// Client is one desktop client, as a row of data: a new client is a new row.
type Client struct {
	ID     string
	Name   string
	Format Format
	Path   []string // the keys that lead to the servers; unused for TOML
	Extra  []Field  // members that its entries have besides command, args and env
	// User lists the places of the person's own file by operating system (GOOS, or
	// "" for all others). Of each place that holds a *, every match is meant.
	User map[string][]string
	// Project is the file inside of a project's folder; empty: none.
	Project string
	// Folders, by operating system, show by being there that the client is installed.
	Folders map[string][]string
	// After says what the person does so that the client sees the change.
	After string
	// Removed says it for an entry that was taken out; empty: the client sees it itself.
	Removed string
}

// Field is a member of an entry with a fixed value.
type Field struct {
	Key   string
	Value string
}

// Clients returns every known client, sorted by id. In places, a name in braces
// stands for a folder: see World.
func Clients() []Client {
	return []Client{
		{ID: "claude-code", Name: "Claude Code", Format: JSON, Path: []string{"mcpServers"},
			Extra:   []Field{{"type", "stdio"}},
			User:    map[string][]string{"": {"{CLAUDE_CONFIG_DIR|home}/.claude.json"}},
			Folders: map[string][]string{"": {"{home}/.claude", "{home}/.claude.json"}},
			Project: ".mcp.json", After: "start a new session, or type /mcp", Removed: "start a new session"},
		{ID: "claude-desktop", Name: "Claude Desktop", Format: JSON, Path: []string{"mcpServers"},
			User: map[string][]string{
				"darwin": {"{home}/Library/Application Support/Claude/claude_desktop_config.json"},
				"windows": {"{APPDATA}/Claude/claude_desktop_config.json",
					"{LOCALAPPDATA}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json"},
				"": {"{home}/.config/Claude/claude_desktop_config.json"}},
			After:   "quit Claude Desktop fully (menu bar or tray), then open it again",
			Removed: "quit Claude Desktop fully (menu bar or tray), then open it again"},
		{ID: "codex", Name: "Codex", Format: TOML,
			User:    map[string][]string{"": {"{CODEX_HOME|home/.codex}/config.toml"}},
			Project: ".codex/config.toml", After: "start a new session; /mcp shows its state", Removed: "start a new session"},
		{ID: "cursor", Name: "Cursor", Format: JSONC, Path: []string{"mcpServers"},
			User:    map[string][]string{"": {"{home}/.cursor/mcp.json"}},
			Project: ".cursor/mcp.json", After: "Cursor picks it up automatically; restart it if it does not"},
		{ID: "vscode", Name: "VS Code", Format: JSONC, Path: []string{"servers"},
			Extra: []Field{{"type", "stdio"}},
			User: map[string][]string{
				"darwin":  {"{home}/Library/Application Support/Code/User/mcp.json"},
				"windows": {"{APPDATA}/Code/User/mcp.json"},
				"":        {"{home}/.config/Code/User/mcp.json"}},
			Project: ".vscode/mcp.json", After: "confirm that you trust the server when VS Code asks"},
		{ID: "zed", Name: "Zed", Format: JSONC, Path: []string{"context_servers"},
			Extra: []Field{{"source", "custom"}},
			User: map[string][]string{
				"darwin":  {"{home}/.config/zed/settings.json"},
				"windows": {"{APPDATA}/Zed/settings.json"},
				"":        {"{XDG_CONFIG_HOME|home/.config}/zed/settings.json"}},
			Project: ".zed/settings.json", After: "Zed picks it up automatically: the dot in the agent panel turns green"},
	}
}

// ByID returns the client of that id.
func ByID(id string) (Client, bool) {
	for _, c := range Clients() {
		if c.ID == strings.ToLower(id) {
			return c, true
		}
	}
	return Client{}, false
}

// IDs returns the ids of all clients.
func IDs() []string {
	var out []string
	for _, c := range Clients() {
		out = append(out, c.ID)
	}
	sort.Strings(out)
	return out
}

// World is what the places depend on. In a place, {home} is Home, and {NAME} the
// environment variable NAME; {NAME|home/x} falls back to a path below Home when
// the variable is not set.
type World struct {
	OS     string // GOOS
	Home   string
	Getenv func(string) string
	Glob   func(pattern string) []string // paths that match; with / on every system
	Exists func(path string) bool
}

// Files returns the client's own files for the person: those that a pattern
// matches, and the one that would be made where nothing exists yet. The result is
// empty when the client does not exist on this system.
func (c Client) Files(w World) []string {
	var out []string
	for _, place := range byOS(c.User, w.OS) {
		p, ok := w.expand(place)
		if !ok {
			continue
		}
		if !strings.Contains(p, "*") {
			out = append(out, p)
			continue
		}
		// The file itself need not exist yet: the package's folder is what matches.
		folder, rest := p[:strings.Index(p, "*")+1], p[strings.Index(p, "*")+1:]
		for _, m := range w.Glob(folder) {
			out = append(out, strings.ReplaceAll(m, `\`, "/")+rest)
		}
	}
	return out
}

// ProjectFile returns the client's file in a project's folder; false when the
// client has none.
func (c Client) ProjectFile(folder string) (string, bool) {
	return path.Join(strings.ReplaceAll(folder, `\`, "/"), c.Project), c.Project != ""
}

// Installed reports whether the client seems to be on this machine: one of its
// folders is there.
func (c Client) Installed(w World) bool {
	for _, folder := range byOS(c.Folders, w.OS) {
		if p, ok := w.expand(folder); ok && w.Exists(p) {
			return true
		}
	}
	if c.Folders != nil {
		return false
	}
	for _, f := range c.Files(w) {
		if w.Exists(path.Dir(f)) {
			return true
		}
	}
	return false
}

func byOS(m map[string][]string, os string) []string {
	if list, ok := m[os]; ok {
		return list
	}
	return m[""]
}

// expand puts the folders in; false when a variable that it needs is not set.
func (w World) expand(place string) (string, bool) {
	open, end := strings.Index(place, "{"), strings.Index(place, "}")
	if open < 0 || end < open {
		return place, true
	}
	name, fallback, _ := strings.Cut(place[open+1:end], "|")
	folder := w.Home
	if name != "home" {
		if folder = w.Getenv(name); folder == "" && fallback != "" {
			folder = path.Join(append([]string{w.slashed(w.Home)}, strings.Split(fallback, "/")[1:]...)...)
		}
	}
	if folder == "" {
		return "", false
	}
	return place[:open] + w.slashed(folder) + place[end+1:], true
}

// slashed writes a path with / on Windows, where both are understood.
func (w World) slashed(p string) string {
	if w.OS == "windows" {
		return strings.ReplaceAll(p, `\`, "/")
	}
	return p
}
