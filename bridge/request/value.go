package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// maxExponent bounds the zeros that plainNumber writes out.
const maxExponent = 400

var errNotJSON = errors.New("is not JSON")

// isNull, isArray and isObject look at the first byte of compact JSON.
func isNull(raw json.RawMessage) bool   { return len(raw) > 0 && raw[0] == 'n' }
func isArray(raw json.RawMessage) bool  { return len(raw) > 0 && raw[0] == '[' }
func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// scalarText returns a JSON value as the text that stands for it in a URL, a
// header or a form: a string's characters, a number's plain digits, and for
// everything else its JSON text.
func scalarText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", errNotJSON
	}
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", errNotJSON
		}
		return s, nil
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if !json.Valid(raw) {
			return "", errNotJSON
		}
		return plainNumber(string(raw)), nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", errNotJSON
	}
	return b.String(), nil
}

// plainNumber writes a JSON number without an exponent and with every digit. A
// number with more than maxExponent places keeps its exponent.
func plainNumber(s string) string {
	at := strings.IndexAny(s, "eE")
	if at < 0 {
		return s
	}
	exp, err := strconv.Atoi(s[at+1:])
	if err != nil || exp > maxExponent || exp < -maxExponent {
		return s
	}
	sign, mantissa := "", s[:at]
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, point := whole+fraction, len(whole)+exp
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole = strings.TrimLeft(digits[:point], "0")
	if whole == "" {
		whole = "0"
	}
	fraction = strings.TrimRight(digits[point:], "0")
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// member is one member of a JSON object, in the order of the text.
type member struct {
	name  string
	value json.RawMessage
}

// members returns the members of a JSON object in their order.
func members(raw json.RawMessage) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return nil, errNotJSON
	}
	var out []member
	for d.More() {
		tok, err := d.Token()
		name, ok := tok.(string)
		if err != nil || !ok {
			return nil, errNotJSON
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errNotJSON
		}
		out = append(out, member{name, value})
	}
	if _, err := d.Token(); err != nil {
		return nil, errNotJSON
	}
	return out, nil
}

// elements returns the elements of a JSON array.
func elements(raw json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, errNotJSON
	}
	return out, nil
}

// object writes a JSON object with its members sorted by name and every value
// as it came, without the escapes that encoding/json adds for HTML.
func object(ms []member) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range sorted(ms) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(jsonString(m.name))
		b.WriteByte(':')
		if err := json.Compact(&b, m.value); err != nil {
			return nil, errNotJSON
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// jsonString returns s as a JSON string without escapes for HTML.
func jsonString(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimRight(b.Bytes(), "\n")
}
