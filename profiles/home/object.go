package home

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// object is a JSON object as a newer version of the bridge may have written it:
// members that this version does not know are kept.
type object map[string]json.RawMessage

// parseObject reads one JSON object and nothing after it.
func parseObject(data []byte) (object, error) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("null in the place of an object")
	}
	return o, nil
}

// take moves the member of exactly that name into value; an absent one leaves
// value as it is. (Package json alone would ignore case.)
func (o object) take(name string, value any) error {
	raw, ok := o[name]
	if !ok {
		return nil
	}
	delete(o, name)
	if err := json.Unmarshal(raw, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// with returns the object's own members and those of known, which win.
func (o object) with(known map[string]any) (object, error) {
	all := object{}
	maps.Copy(all, o)
	for name, value := range known {
		raw, err := compact(value)
		if err != nil {
			return nil, err
		}
		all[name] = raw
	}
	return all, nil
}

// text returns the object for a file: indented, members sorted, a final newline.
func (o object) text() ([]byte, error) {
	raw, err := compact(o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func compact(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
