package profiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxLine is how long an inline table or list may be before it is broken up.
const maxLine = 100

// Encode returns the profile as TOML, keys in the order of the format, long texts
// over several lines, comment lines first. Loading it gives an equal profile.
// Literal credentials are written as they are. It is an error when a default or an
// enum holds null, which TOML does not have, or a text is not UTF-8.
func Encode(p *Profile, comment ...string) ([]byte, error) {
	var e encoder
	for _, line := range comment {
		e.b.WriteString(strings.TrimRight("# "+oneLine(line), " ") + "\n")
	}
	if len(comment) > 0 {
		e.b.WriteByte('\n')
	}
	e.table("", "", false, reflect.ValueOf(p).Elem())
	if len(e.errs) > 0 {
		return nil, errors.Join(e.errs...)
	}
	if !utf8.Valid(e.b.Bytes()) {
		return nil, errors.New("the profile has text that is not UTF-8")
	}
	return e.b.Bytes(), nil
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

type encoder struct {
	b    bytes.Buffer
	errs []error
}

// table writes a struct's own keys under its header, then its tables in their
// order. A table without keys of its own needs its header only when always is set.
func (e *encoder) table(path, header string, always bool, v reflect.Value) {
	var further []field
	var own []string
	for _, f := range fields(path, v) {
		if text, ok := e.inline(f); ok {
			own = append(own, doc.TOMLKey(f.key)+" = "+text+"\n")
		} else {
			further = append(further, f)
		}
	}
	if header != "" && (always || len(own) > 0) {
		e.header(header)
	}
	for _, line := range own {
		e.b.WriteString(line)
	}
	for _, f := range further {
		e.sub(f)
	}
}

func (e *encoder) sub(f field) {
	header := "[" + f.path + "]"
	switch f.v.Kind() {
	case reflect.Slice:
		for i := range f.v.Len() {
			e.table(f.path, "["+header+"]", true, f.v.Index(i))
		}
	case reflect.Map:
		e.header(header)
		for _, line := range mapping(f.v) {
			e.b.WriteString(line + "\n")
		}
	case reflect.Pointer:
		e.table(f.path, header, isEmpty(f.v.Elem()), f.v.Elem())
	default:
		e.table(f.path, header, false, f.v)
	}
}

// mapping writes the lines of a map from strings, sorted by key.
func mapping(v reflect.Value) []string {
	var out []string
	switch m := v.Interface().(type) {
	case map[string]string:
		for _, k := range sortedKeys(m) {
			out = append(out, doc.TOMLKey(k)+" = "+doc.TOMLText(m[k]))
		}
	case map[string]HTTPHeader:
		for _, k := range sortedKeys(m) {
			text := doc.TOMLText(m[k].Text)
			if m[k].Secret != nil {
				text = reference(m[k].Secret)
			}
			out = append(out, doc.TOMLKey(k)+" = "+text)
		}
	}
	return out
}

func (e *encoder) header(line string) {
	if e.b.Len() > 0 && !bytes.HasSuffix(e.b.Bytes(), []byte("\n\n")) {
		e.b.WriteByte('\n')
	}
	e.b.WriteString(line + "\n")
}

// field is one key of a struct that has something to say.
type field struct {
	key, path string
	v         reflect.Value
}

func fields(path string, v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("key")
		if key == "" || key == "-" || isEmpty(v.Field(i)) {
			continue
		}
		full := key
		if path != "" {
			full = path + "." + key
		}
		out = append(out, field{key, full, v.Field(i)})
	}
	return out
}

// isEmpty reports whether a value says nothing: a pointer that is set does.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[Security]() {
			return v.IsNil()
		}
		return v.Len() == 0
	case reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("key"); key != "" && key != "-" && !isEmpty(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// inline returns a field's value as it stands after "key = ", when it is no table
// of its own.
func (e *encoder) inline(f field) (string, bool) {
	switch v := f.v.Interface().(type) {
	case Duration:
		return strconv.Quote(v.String()), true
	case json.RawMessage:
		return e.raw(f, v), true
	case []json.RawMessage:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = e.value(doc.Index(f.path, i), one)
		}
		return list(parts), true
	case *[]string:
		return stringList(*v), true
	case []string:
		return stringList(v), true
	case *Reference:
		return reference(v), true
	case Security:
		return security(v), true
	case *Downstream:
		return inlineTable(fields("", reflect.ValueOf(v).Elem())), true
	case []Header:
		parts := make([]string, len(v))
		for i, h := range v {
			parts[i] = "{ key = " + doc.TOMLLine(h.Key) + ", value = " + doc.TOMLLine(h.Value) + " }"
		}
		return list(parts), true
	case Redirect, RefreshOptions, Selection:
		text := inlineTable(fields("", f.v))
		return text, len(text) <= maxLine
	}
	return scalar(f.v)
}

func scalar(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if k := v.Elem().Kind(); k == reflect.Struct {
			return "", false
		}
		return scalar(v.Elem())
	case reflect.String:
		return doc.TOMLText(v.String()), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	}
	return "", false
}

// raw writes a JSON value. An object that is long, or that TOML cannot say, becomes
// JSON text; only the keys that hold objects read that again.
func (e *encoder) raw(f field, v json.RawMessage) string {
	n, err := doc.FromJSON(v)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: not JSON", f.path))
		return ""
	}
	if n.Kind != doc.Table || f.key == "default" {
		return e.value(f.path, v)
	}
	if text, err := n.TOML(); err == nil && len(text) <= maxLine {
		return text
	}
	var b bytes.Buffer
	if err := json.Indent(&b, n.JSON(), "", "  "); err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: not JSON", f.path))
	}
	text := b.String()
	if strings.Contains(text, "'''") {
		text = strings.ReplaceAll(text, "'", `\u0027`)
	}
	return "'''\n" + text + "\n'''"
}

func (e *encoder) value(path string, v json.RawMessage) string {
	n, err := doc.FromJSON(v)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: not JSON", path))
		return ""
	}
	text, err := n.TOML()
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: %w", path, err))
	}
	return text
}
