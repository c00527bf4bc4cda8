package clientconfig

import (
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Shell is what a person's shell has that a client will not pass on to its servers.
type Shell struct {
	Getenv      func(string) string
	Config      profiles.Config // what is set for all servers
	ConfigFile  string          // where that stands or would stand
	Profile     string          // the profile that is served; empty: none
	ProfileFile string
	Proxy       string   // the profile's own http.proxy
	CAFile      string   // the profile's own http.caFile
	Credentials []string // environment variables that the profile takes credentials from
	FindsBus    bool     // the keychain is reached without DBUS_SESSION_BUS_ADDRESS, or needs no bus
}

// Lost says, one line for each setting of the shell that servers need and clients do not
// pass on, what is lost and where to put it. No line shows a secret.
func (s Shell) Lost() []string {
	var out []string
	say := func(name, where string) { out = append(out, "clients do not pass on "+name+": "+where) }
	inConfig := func(line string) string { return "put into " + s.ConfigFile + ": " + line }
	if s.Config.Proxy == "" && s.Proxy == "" {
		for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
			if value := s.either(name); value != "" {
				say(name, inConfig(`proxy = `+quoted(withoutUser(value))))
				break // one line is for all of them
			}
		}
	}
	if s.either("NO_PROXY") != "" && (s.Config.Proxy != "" || len(out) > 0) {
		say("NO_PROXY", `put into the profile of an API that no proxy leads to, under [http]: proxy = "off"`)
	}
	if s.Config.CAFile == "" && s.CAFile == "" {
		if value := s.Getenv("SSL_CERT_FILE"); value != "" {
			say("SSL_CERT_FILE", inConfig(`caFile = `+quoted(value)))
		} else if s.Getenv("SSL_CERT_DIR") != "" {
			say("SSL_CERT_DIR", "put its certificates into one file, and "+inConfig(`caFile = "FILE"`))
		}
	}
	if value := s.Getenv("MCP_BRIDGE_KEYCHAIN"); value != "" && value != s.Config.Keychain {
		say("MCP_BRIDGE_KEYCHAIN", inConfig(`keychain = `+quoted(value)))
	}
	if value := s.Getenv("MCP_BRIDGE_KEYCHAIN_KEY_FILE"); value != "" && value != s.Config.KeyFile {
		say("MCP_BRIDGE_KEYCHAIN_KEY_FILE", inConfig(`keyFile = `+quoted(value)))
	}
	if s.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" && !s.FindsBus {
		say("DBUS_SESSION_BUS_ADDRESS", "without it a server cannot reach the system keychain; keep credentials in encrypted files: "+
			inConfig(`keychain = "file"`)+" and a keyFile that mcp-bridge keychain new-key makes")
	}
	if value := s.Getenv("BROWSER"); value != "" && !s.Config.Browser.None && len(s.Config.Browser.Command) == 0 {
		say("BROWSER", inConfig(`browser = `+quoted(value)))
	}
	for _, name := range s.Credentials {
		say(name+", from which "+s.Profile+" takes a credential", "write defaultCredential = { keychain = true } in "+s.ProfileFile+
			", then type: mcp-bridge login "+s.Profile)
	}
	return out
}

// either returns the variable in capitals or in small letters, as programs read it.
func (s Shell) either(name string) string {
	if v := s.Getenv(name); v != "" {
		return v
	}
	return s.Getenv(strings.ToLower(name))
}

// withoutUser returns an address without a user and a password.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		if at := strings.LastIndex(address, "@"); at >= 0 {
			return address[at+1:]
		}
		return address
	}
	u.User = nil
	return u.String()
}

// quoted writes a TOML string.
func quoted(s string) string { return tomlString(s) }
