package request

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// File is a local file that an argument names.
type File struct {
	Name string // without its folder
	Type string // media type, or "" when nobody knows
	Data []byte
}

// Open reads the local file that an argument's text names. ok is false when the text
// names no file, so that it is base64; the error says why a file that is named
// cannot be read, as the end of a sentence about the argument, and may have a Hint.
type Open func(text string) (f File, ok bool, err error)

// content returns the bytes that an argument stands for: base64, or a local file.
func (b *builder) content(name string, raw json.RawMessage) ([]byte, File, *Error) {
	text, err := scalarText(raw)
	if err != nil {
		return nil, File{}, argError("body", name, err.Error(), "")
	}
	if b.open != nil {
		f, ok, err := b.open(text)
		if err != nil {
			hint := ""
			if h, ok := err.(interface{ Hint() string }); ok {
				hint = h.Hint()
			}
			return nil, File{}, argError("body", name, err.Error(), hint)
		}
		if ok {
			return f.Data, f, nil
		}
	}
	data, kind, ok := fromBase64(text)
	if !ok {
		return nil, File{}, argError("body", name, "is not base64; it is sent as bytes", "give the bytes as base64, or a file in a folder that policy.files names: file:///PATH")
	}
	return data, File{Type: kind}, nil
}

// fromBase64 reads base64 in either alphabet, with or without padding, and data URLs.
func fromBase64(text string) (data []byte, kind string, ok bool) {
	if head, rest, found := strings.Cut(text, ","); found && strings.HasPrefix(head, "data:") && strings.HasSuffix(head, ";base64") {
		kind, text = mediaType(strings.TrimPrefix(head, "data:")), rest
		if first, second, ok := strings.Cut(kind, "/"); !ok || !isToken(first) || !isToken(second) {
			kind = ""
		}
	}
	text = strings.TrimRight(strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' || c == ' ' || c == '\t' {
			return -1
		}
		return c
	}, text), "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	data, err := encoding.DecodeString(text)
	return data, kind, err == nil
}
