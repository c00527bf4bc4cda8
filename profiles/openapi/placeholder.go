package openapi

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// whole returns an address for a hint: with a scheme and a host.
func whole(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	switch {
	case ok:
	case strings.HasPrefix(address, "//"):
		rest = address[2:]
	case strings.HasPrefix(address, "/"), address == "":
		rest = "HOST" + address
	default:
		rest = address
	}
	return "https://" + strings.NewReplacer(" ", "").Replace(rest)
}

// isBareHost reports an address that begins with a host in place of a scheme:
// api.example.com/v1, localhost:8080.
func isBareHost(raw string) bool {
	if strings.Contains(raw, "://") || strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, ".") {
		return false
	}
	host, _, _ := strings.Cut(raw, "/")
	name, port, numbered := strings.Cut(host, ":")
	if numbered && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	dotted := strings.Contains(name, ".") && len(last) >= 2 && strings.Trim(strings.ToLower(last), "abcdefghijklmnopqrstuvwxyz") == "" && !isFileEnding(last)
	_, err := netip.ParseAddr(name)
	return dotted || numbered || err == nil || strings.EqualFold(name, "localhost")
}

// isFileEnding reports the last part of a name that is a file's: a relative server such
// as api.php or v1.json.
func isFileEnding(s string) bool {
	return contains([]string{"php", "json", "yaml", "yml", "html", "htm", "aspx", "asp", "jsp", "cgi", "xml", "do"}, s)
}

var yours = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:<.*|.*>|\[[^\]:]*\]?|\$.*|x{3,}|(?:your|insert|replace|enter)[-_][a-z_-]+|(?:your|my-?)(?:domain|host|hostname|server|instance|company|tenant|subdomain|organization|account|workspace)(?:name)?)$`)
})

// isPlaceholder reports an address with something that people are meant to put their own
// in place of: <your-domain>, YOUR_DOMAIN, [host], your-tenant.example.com.
func isPlaceholder(raw string, u *url.URL) bool {
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		decoded = raw
	}
	if strings.ContainsAny(decoded, "<>{}") || strings.Contains(decoded, "…") || strings.Contains(decoded, "...") {
		return true
	}
	_, rest, absolute := strings.Cut(decoded, "://")
	if !absolute {
		rest = decoded
	}
	host, _, _ := strings.Cut(rest, "/")
	name, port, numbered := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		inner, _, _ := strings.Cut(strings.TrimPrefix(host, "["), "]")
		_, err := netip.ParseAddr(inner)
		return err != nil
	}
	if numbered && port != "" && strings.Trim(port, "0123456789") != "" && !strings.Contains(port, "@") || strings.Contains(name, "[") {
		return true
	}
	if u == nil || u.User != nil {
		return false
	}
	shouts := func(s string) bool { return strings.ToUpper(s) == s && strings.ToLower(s) != s }
	for label := range strings.SplitSeq(name, ".") {
		if yours().MatchString(label) || shouts(label) && strings.Contains(label, "_") {
			return true
		}
	}
	return absolute && shouts(name) && !strings.Contains(name, ".") // HOST, DOMAIN
}
