package profiles

import (
	"slices"
	"strings"
)

// NamesSecret reports whether a key, a header, a parameter or a field has a usual name
// of a credential: apiKey, app_code, X-Auth-Token, CLIENT_SECRET, and their like, in
// any case, with - and _, and with a number or the word value behind.
func NamesSecret(name string) bool {
	word := secretWord(name)
	switch word {
	case "":
		return false
	case "key", "ak", "sk", "pwd", "pass", "auth", "jwt", "pat", "cookie", "session", "sessionid", "bearer":
		return true
	}
	for _, other := range []string{"page", "next", "prev", "previous", "sync", "continuation", "continue", "pagination", "cursor", "resume", "skip", "start", "max", "min", "stop", "csrf", "xsrf", "csrfmiddleware"} {
		if word == other+"token" || word == "next"+other+"token" || word == "x"+other+"token" {
			return false // of paging and of forms
		}
	}
	for _, end := range []string{"token", "secret", "password", "passwd", "passphrase", "passcode", "credential", "credentials", "authorization", "appcode",
		"密钥", "密码", "令牌", "口令", "秘钥"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	rest, ok := strings.CutSuffix(word, "key")
	if !ok {
		return false
	}
	for _, of := range []string{"api", "app", "access", "secret", "private", "auth", "service", "master", "sign", "signing", "signature", "encrypt", "encryption",
		"aes", "user", "consumer", "dev", "developer", "subscription", "license", "client", "admin", "hmac", "shared", "account", "rest", "security", "verify"} {
		if strings.HasSuffix(rest, of) {
			return true
		}
	}
	return false
}

// secretWord is a name without what people write differently.
func secretWord(name string) string {
	word := strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
	word = strings.TrimRight(word, "0123456789")
	for _, end := range []string{"value", "header", "string", "text"} {
		if rest, ok := strings.CutSuffix(word, end); ok && rest != "" {
			word = rest
		}
	}
	if rest, ok := strings.CutSuffix(word, "s"); ok && (strings.HasSuffix(rest, "key") || strings.HasSuffix(rest, "token") || strings.HasSuffix(rest, "password") || strings.HasSuffix(rest, "code")) {
		word = rest // a list of them
	}
	return word
}

// CarriesSecret reports whether what stands under the name of a header, a parameter, a
// cookie or a field of a body is most likely a credential.
func CarriesSecret(name string) bool {
	word := secretWord(name)
	return NamesSecret(name) || slices.Contains([]string{"appid", "xappid", "cookie", "setcookie", "jsessionid", "phpsessid", "sid", "connectsid"}, word)
}

// besideSecret reports a name that says what belongs to a credential and is none: who
// it is of, and how it is sent.
func besideSecret(name string) bool {
	word := secretWord(name)
	for _, end := range []string{"user", "username", "userid", "email", "login", "account", "accountid", "scheme", "type", "prefix", "realm", "region", "host", "url", "version", "clientid", "accesskeyid", "algorithm"} {
		if word == end || end != "user" && strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

// authWord reports a word of HTTP authentication, which is no credential wherever it
// stands, and other values that tell nothing.
func authWord(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "bearer", "basic", "digest", "token", "apikey", "appcode", "hmac", "oauth", "oauth2", "header", "query", "cookie", "body", "none", "null", "true", "false", "yes", "no", "on", "off":
		return true
	}
	return false
}

// schemeWord returns how many bytes at the beginning of an Authorization header's value
// name how it authenticates: of "APPCODE 0123" those of "APPCODE ".
func schemeWord(value string) int {
	word, rest, ok := strings.Cut(value, " ")
	if !ok || word == "" || len(word) > 20 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") != "" {
		return 0
	}
	return len(value) - len(strings.TrimLeft(rest, " "))
}
