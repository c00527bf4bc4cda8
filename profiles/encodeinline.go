package profiles

import (
	"reflect"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// list writes a list on one line, or one item a line.
func list(items []string) string {
	line := "[" + strings.Join(items, ", ") + "]"
	if len(line) <= maxLine {
		return line
	}
	return "[\n  " + strings.Join(items, ",\n  ") + ",\n]"
}

func stringList(items []string) string { return list(quoteAll(items)) }

func stringLine(items []string) string { return "[" + strings.Join(quoteAll(items), ", ") + "]" }

func quoteAll(items []string) []string {
	parts := make([]string, len(items))
	for i, s := range items {
		parts[i] = doc.TOMLLine(s)
	}
	return parts
}

// inlineTable writes fields between braces, always on one line.
func inlineTable(fields []field) string {
	parts := make([]string, 0, len(fields))
	for _, f := range fields {
		var text string
		switch v := f.v.Interface().(type) {
		case string:
			text = doc.TOMLLine(v)
		case []string:
			text = stringLine(v)
		case *Reference:
			text = reference(v)
		default:
			text, _ = scalar(f.v)
		}
		parts = append(parts, doc.TOMLKey(f.key)+" = "+text)
	}
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func reference(r *Reference) string {
	switch {
	case r.Env != "":
		return "{ env = " + doc.TOMLLine(r.Env) + " }"
	case r.File != "":
		return "{ file = " + doc.TOMLLine(r.File) + " }"
	case r.Keychain:
		return "{ keychain = true }"
	case len(r.Command) > 0:
		return "{ command = " + stringLine(r.Command) + " }"
	}
	return doc.TOMLLine(r.Literal.Reveal())
}

func security(s Security) string {
	if len(s) == 1 && len(s[0]) == 1 {
		return inlineTable(fields("", reflect.ValueOf(s[0][0])))
	}
	parts := make([]string, 0, len(s))
	for _, alternative := range s {
		one := make([]string, len(alternative))
		for j, r := range alternative {
			one[j] = inlineTable(fields("", reflect.ValueOf(r)))
		}
		switch len(one) {
		case 0:
			parts = append(parts, "{}")
		case 1:
			parts = append(parts, one[0])
		default:
			parts = append(parts, "["+strings.Join(one, ", ")+"]")
		}
	}
	if len(s) == 1 && len(s[0]) == 0 {
		return "[]"
	}
	return list(parts)
}
