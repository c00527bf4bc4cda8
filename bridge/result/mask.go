package result

import (
	"encoding/json"
	"reflect"
)

// Mask replaces every credential in every text of the result: items, media types,
// addresses, structured content, _meta and questions. It is the last that is done to
// a result, so that nothing that was decoded, joined or cut on the way escapes. The
// bytes of images, sounds and files are not texts: they are masked before they are
// encoded. Structured content that is no JSON any more is left out.
func (r *Result) Mask(mask func(string) string) {
	for i := range r.Content {
		c := &r.Content[i]
		c.Text, c.MIMEType, c.URI = mask(c.Text), mask(c.MIMEType), mask(c.URI)
		c.Meta = maskedMeta(c.Meta, mask)
	}
	if masked := mask(string(r.Structured)); masked != string(r.Structured) {
		if r.Structured = json.RawMessage(masked); !json.Valid(r.Structured) {
			r.Structured = nil
		}
	}
	r.Meta = maskedMeta(r.Meta, mask)
	for i := range r.Questions {
		r.Questions[i].Mask(mask)
	}
}

// maskedMeta returns _meta with its texts masked. It is written as JSON once it leaves,
// so what is in it is looked at as JSON.
func maskedMeta(meta map[string]any, mask func(string) string) map[string]any {
	var out map[string]any
	for name, value := range meta {
		if text, ok := value.(string); ok {
			value = mask(text)
		} else if b, err := json.Marshal(value); err == nil {
			if masked := mask(string(b)); masked != string(b) {
				if value = json.RawMessage(masked); !json.Valid([]byte(masked)) {
					value = nil
				}
			}
		}
		name = mask(name)
		if out == nil {
			out = make(map[string]any, len(meta))
		}
		out[name] = value
	}
	if reflect.DeepEqual(out, meta) {
		return meta
	}
	return out
}
