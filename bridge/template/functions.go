package template

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// refused returns why templates do not get a function of sprig or Go; "" when
// there is no reason.
func refused(function string) string {
	switch function {
	case "env", "expandenv", "getHostByName":
		return "it reads the environment or the network"
	case "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
		"buildCustomCert", "derivePassword", "htpasswd", "bcrypt", "encryptAES", "decryptAES":
		return "it makes or uses keys"
	case "call":
		return "there is nothing to call"
	}
	if strings.HasPrefix(function, "__") {
		return "it is no function for templates"
	}
	return ""
}

// known holds the names of all functions that templates may call.
var known = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{"gjson": true, "and": true, "or": true}
	i := &instance{}
	for name := range library() {
		out[name] = true
	}
	for name := range i.replacements() {
		out[name] = true
	}
	for name := range builtins() {
		out[name] = true
	}
	return out
})

// named returns how this instance finds a function by its name: sprig's with their
// arguments converted and bounded, Go's own with our values. There is none for and,
// or and gjson, which see more than their arguments.
func (i *instance) named() func(name string) function {
	own, replaced := builtins(), i.replacements()
	return func(name string) function {
		if f, ok := own[name]; ok {
			return i.counted(name, f)
		}
		if f, ok := replaced[name]; ok {
			return i.wrap(name, f)
		}
		if f, ok := library()[name]; ok {
			return i.wrap(name, f)
		}
		return nil
	}
}

// builtins are Go's own functions over our values, and those of sprig that take and
// give back anything: they must not change what passes through.
func builtins() map[string]func(args []any) (any, error) {
	order := func(wanted func(int) bool) func([]any) (any, error) {
		return func(args []any) (any, error) {
			if len(args) != 2 {
				return nil, fmt.Errorf("wants 2 arguments, not %d", len(args))
			}
			c, _ := compare(args[0], args[1])
			return wanted(c), nil
		}
	}
	all := func(wanted bool) func([]any) (any, error) {
		return func(args []any) (any, error) {
			return slices.ContainsFunc(args, func(a any) bool { return truth(a) == wanted }) == wanted, nil
		}
	}
	return map[string]func([]any) (any, error){
		"not": func(args []any) (any, error) { return !truth(args[0]), nil },
		"eq":  equal,
		"ne":  func(args []any) (any, error) { yes, err := equal(args); return yes != any(true), err },
		"lt":  order(func(c int) bool { return c < 0 }), "le": order(func(c int) bool { return c <= 0 }),
		"gt": order(func(c int) bool { return c > 0 }), "ge": order(func(c int) bool { return c >= 0 }),
		"len": length, "index": index, "slice": cut,
		// As upstream, with spaces: Go has none beside a text.
		"print":    func(args []any) (any, error) { return joined(args, " "), nil },
		"println":  func(args []any) (any, error) { return joined(args, " ") + "\n", nil },
		"printf":   printf,
		"html":     func(args []any) (any, error) { return html.EscapeString(joined(args, "")), nil },
		"js":       func(args []any) (any, error) { return escapeJS(joined(args, "")), nil },
		"urlquery": func(args []any) (any, error) { return url.QueryEscape(joined(args, "")), nil },
		"toJson":   toJSON(true), "mustToJson": toJSON(true), "toRawJson": toJSON(false), "mustToRawJson": toJSON(false),
		"toString": func(args []any) (any, error) { return text(args[0]), nil },
		"quote":    quoted(strconv.Quote), "squote": quoted(func(s string) string { return "'" + s + "'" }),
		"cat": cat, "join": join, "toStrings": toStrings,
		"default": fallback, "coalesce": coalesce, "ternary": ternary,
		"empty": func(args []any) (any, error) { return !truth(args[0]), nil },
		"any":   all(true), "all": all(false),
		"getSocketIP": func([]any) (any, error) { return "", nil },
		"getRealIP":   func([]any) (any, error) { return "", nil },
	}
}

// equal is eq: whether the first is equal to one of the others.
func equal(args []any) (any, error) {
	if len(args) < 2 {
		return nil, fmt.Errorf("wants 2 arguments or more")
	}
	for _, other := range args[1:] {
		if c, alike := compare(args[0], other); alike && c == 0 {
			return true, nil
		}
	}
	return false, nil
}

// nearest returns the known function that a word probably means.
func nearest(word string) string {
	var list []string
	for name := range known() {
		list = append(list, name)
	}
	slices.Sort(list)
	return plaintext.Nearest(word, list)
}
