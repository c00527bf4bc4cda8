package doc

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// Decoder is implemented, on pointers, by types whose form in a document is not
// their Go form. DecodeDoc fills the receiver from n and returns everything that is
// wrong; an error's empty Pos means n's, and its Key is relative to n.
type Decoder interface {
	DecodeDoc(n *Node) []*Error
}

// Decode fills the struct that into points at from the table n and returns
// everything that is wrong, in the document's order: unknown keys with the nearest
// known one, and values of a wrong kind or out of range. What is right is filled in
// all the same.
//
// A field takes the key that its tag `key:"name"` names; without a tag, or with
// "-", it is left alone. Fields may be strings, booleans, integers,
// json.RawMessage (any value), [Decoder]s, structs, and slices, maps from strings
// and pointers of these. An empty list or table leaves a slice or map nil; a pointer
// is set whenever its key is there. null stands for an absent key.
func Decode(n *Node, into any) []*Error {
	d := decoder{}
	d.value(n, reflect.ValueOf(into).Elem(), "")
	return d.errs
}

// Keys returns the keys that [Decode] knows for a struct, in their order.
func Keys(of any) []string { return keysOf(reflect.TypeOf(of)) }

func keysOf(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	var keys []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("key"); key != "" && key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

type decoder struct{ errs []*Error }

func (d *decoder) fail(n *Node, path, message string) {
	d.errs = append(d.errs, &Error{Pos: n.Pos, Key: path, Message: message})
}

func (d *decoder) want(n *Node, path, what string) {
	d.fail(n, path, "must be "+what+", not "+n.Kind.String())
}

func (d *decoder) value(n *Node, v reflect.Value, path string) {
	if hook, ok := v.Addr().Interface().(Decoder); ok {
		d.hook(n, hook, path)
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes(n.JSON())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.table(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.String:
		if n.Kind != String {
			d.want(n, path, "a string")
			return
		}
		v.SetString(n.Text)
	case reflect.Bool:
		if n.Kind != Bool {
			d.want(n, path, "true or false")
			return
		}
		v.SetBool(n.Bool)
	default:
		d.integer(n, v, path)
	}
}

func (d *decoder) hook(n *Node, hook Decoder, path string) {
	for _, e := range hook.DecodeDoc(n) {
		if e.Pos.IsZero() {
			e.Pos = n.Pos
		}
		switch {
		case e.Key == "" || path == "":
			e.Key = path + e.Key
		case strings.HasPrefix(e.Key, "["):
			e.Key = path + e.Key
		default:
			e.Key = path + "." + e.Key
		}
		d.errs = append(d.errs, e)
	}
}

func (d *decoder) integer(n *Node, v reflect.Value, path string) {
	if n.Kind != Number {
		d.want(n, path, "a whole number")
		return
	}
	i, err := strconv.ParseInt(numberJSON(n.Text), 10, 64)
	switch {
	case err != nil && strings.Trim(numberJSON(n.Text), "-0123456789") != "":
		d.fail(n, path, "must be a whole number")
	case err != nil || v.OverflowInt(i):
		d.fail(n, path, "is out of range")
	default:
		v.SetInt(i)
	}
}

func (d *decoder) list(n *Node, v reflect.Value, path string) {
	if n.Kind != List {
		what := "a list"
		if v.Type().Elem().Kind() == reflect.String {
			what = "a list of strings"
		}
		d.want(n, path, what)
		return
	}
	if len(n.Items) == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		d.value(item, v.Index(i), Index(path, i))
	}
}

func (d *decoder) mapping(n *Node, v reflect.Value, path string) {
	if n.Kind != Table {
		d.want(n, path, "a table")
		return
	}
	if len(n.Members) == 0 {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Members)))
	for _, m := range n.Members {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(m.Value, elem, Join(path, m.Key))
		v.SetMapIndex(reflect.ValueOf(m.Key), elem)
	}
}

func (d *decoder) table(n *Node, v reflect.Value, path string) {
	if n.Kind != Table {
		d.want(n, path, "a table")
		return
	}
	t := v.Type()
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("key"); key != "" && key != "-" {
			fields[key] = i
		}
	}
	for _, m := range n.Members {
		i, known := fields[m.Key]
		if !known {
			keys := keysOf(t)
			d.errs = append(d.errs, &Error{Pos: m.KeyPos, Key: Join(path, m.Key), Message: "unknown key",
				Allowed: keys, Nearest: plaintext.Nearest(m.Key, keys)})
			continue
		}
		if m.Value.Kind != Null {
			d.value(m.Value, v.Field(i), Join(path, m.Key))
		}
	}
}
