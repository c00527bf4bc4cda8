package secret

import (
	"regexp"
	"strings"
)

// The shapes of credentials that are recognised without being known.
var (
	authRE   = regexp.MustCompile(`(?i)\b(authorization|proxy-authorization|cookie|set-cookie|x-api-key)(["']?\s*[:=]\s*["']?)[^"'\r\n]+`)
	bearerRE = regexp.MustCompile(`(?i)\b(bearer|basic)( +)[A-Za-z0-9._~+/=-]{6,}`)
	paramRE  = regexp.MustCompile(`(?i)\b(access_token|refresh_token|id_token|client_secret|code_verifier|code|token|api_key|apikey|key|password|passwd|secret|assertion)(["']?\s*[:=]\s*["']?)[^"'&\s,;}]+`)
	userRE   = regexp.MustCompile(`(://)[^/@\s"']+@`)
)

// Redact masks what looks like a credential in a text that comes from elsewhere,
// such as the message of a library: Authorization and cookie values, bearer and
// basic tokens, parameters such as access_token, and the user part of a URL. It is
// for logs and errors; a secret that is known is masked by a [Masker].
func Redact(text string) string {
	if !strings.ContainsAny(text, ":= ") {
		return text
	}
	text = authRE.ReplaceAllString(text, "${1}${2}"+Mask)
	text = bearerRE.ReplaceAllString(text, "${1}${2}"+Mask)
	text = paramRE.ReplaceAllString(text, "${1}${2}"+Mask)
	return userRE.ReplaceAllString(text, "${1}"+Mask+"@")
}
