package credential

import (
	"runtime"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// clientPrefix begins the variables that carry the client's own credentials, once
// they are written as variableName does.
const clientPrefix = "MCP_BRIDGE_CLIENT_"

// ChildEnvironment returns the environment for a program that the bridge starts:
// without the variables that the profile takes credentials from, and without the
// client's own credentials, in whatever case they are written.
func ChildEnvironment(environ []string, p *profiles.Profile) []string {
	hidden := map[string]bool{}
	for _, name := range Variables(p) {
		hidden[sameVariable(name)] = true
	}
	out := []string{}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !hidden[sameVariable(name)] && !strings.HasPrefix(variableName(name), clientPrefix) {
			out = append(out, pair)
		}
	}
	return out
}

// Variables returns the names of the environment variables that the profile takes
// credentials from, each once.
func Variables(p *profiles.Profile) []string {
	var out []string
	for _, at := range p.References() {
		if at.Reference.Env != "" && !slices.Contains(out, at.Reference.Env) {
			out = append(out, at.Reference.Env)
		}
	}
	return out
}

// sameVariable is equal for names that mean one variable: Windows tells no cases
// apart.
func sameVariable(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// variableName writes a name as the client's carriers are compared: upper case, and
// _ for every byte that is neither a letter nor a digit.
func variableName(name string) string {
	out := []byte(name)
	for i, c := range out {
		switch {
		case 'a' <= c && c <= 'z':
			out[i] = c - 'a' + 'A'
		case ('A' > c || c > 'Z') && ('0' > c || c > '9'):
			out[i] = '_'
		}
	}
	return string(out)
}
