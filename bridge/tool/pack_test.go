package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const packProfile = `
[server]
name = "s"
baseUrl = "https://api.example.com"
[[server.securitySchemes]]
id = "one"
type = "http"
scheme = "bearer"
defaultCredential = "never-on-disk-1"
[[server.securitySchemes]]
id = "two"
type = "apiKey"
in = "header"
name = "X-Key"
[server.defaultUpstreamSecurity]
id = "one"
credential = "never-on-disk-2"
[openapi]
source = "api.json"
[[openapi.overrides]]
match = "DELETE /things/*"
security = { id = "two", credential = "never-on-disk-3" }
[policy]
deny = ["POST /secret/*", "zz_*"]
confirm = ["DELETE /**"]
[[tools]]
name = "mine"
description = "My own."
[tools.requestTemplate]
url = "/mine"
method = "GET"
headers = [{ key = "X-Literal", value = "never-on-disk-4" }]
[[tools]]
name = "zz_mine"
[tools.requestTemplate]
url = "/zz"
method = "GET"
`

// importedTools are made anew with every call, as an importer makes them.
func importedTools() []*Tool {
	schema := json.RawMessage(`{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`)
	make := func(name, method, path string) *Tool {
		return &Tool{Name: name, Description: "Does " + name + " “well”, \"quoted\" ,\"inputSchema\": too.", Operation: "op/" + name, Path: path, InputSchema: schema,
			Request: Request{Method: method, URL: "https://api.example.com" + path, Headers: []profiles.Header{{Key: "Accept", Value: "application/json"}}},
			Params:  []Param{{Name: "id", Wire: "id", In: InPath, Type: "string", Required: true}}, ReadOnly: method == "GET", Tags: []string{"things"}}
	}
	get, del, post, public, strange := make("get_thing", "GET", "/things/{id}"), make("delete_thing", "DELETE", "/things/{id}"),
		make("post_secret", "POST", "/secret/{id}"), make("a_public", "GET", "/public/{id}"), make("z_strange", "GET", "/strange/{id}")
	public.Security = [][]Requirement{}
	strange.Security = [][]Requirement{{{Scheme: &profiles.SecurityScheme{ID: "unknown", Type: "http", Scheme: "bearer"}, Scopes: []string{"read"}}}, {}}
	return []*Tool{get, del, post, public, strange}
}

func packed1(t testing.TB) (*profiles.Profile, *Set, Packed) {
	t.Helper()
	p, _, err := profiles.Load("p.toml", []byte(packProfile), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := CompileWith(p, importedTools())
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return p, s, data
}

// kept reads parts that are in memory.
func (p Packed) kept() Source {
	return Source{Head: p.Head,
		List:  func() ([]byte, error) { return p.List, nil },
		Index: func() ([]byte, error) { return p.Index, nil },
		Details: func(at, size int) ([]byte, error) {
			if at < 0 || size < 0 || at+size > len(p.Details) {
				return nil, ErrPacked
			}
			return p.Details[at : at+size], nil
		}}
}

// exported compares what a tool is, not what was made from it.
func exported(t *Tool) string {
	v := reflect.ValueOf(t).Elem()
	out := ""
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out += fmt.Sprintf("%s=%#v\n", v.Type().Field(i).Name, v.Field(i).Interface())
		}
	}
	return out
}

// TestPack: an unpacked set is the set that was packed, and its tools refer to the
// profile that it was unpacked with.
func TestPack(t *testing.T) {
	p, want, data := packed1(t)
	got, err := Unpack(p, data.kept())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version() != want.Version() || !bytes.Equal(got.List(), want.List()) || !reflect.DeepEqual(got.Warnings(), want.Warnings()) || got.Len() != want.Len() || got.Writes() != want.Writes() {
		t.Errorf("version %s, list %s, warnings %v", got.Version(), got.List(), got.Warnings())
	}
	for i, one := range want.Tools() {
		if at := got.At(i); at == nil || at.Name != one.Name {
			t.Errorf("tool %d is %v, want %s", i, at, one.Name)
		}
	}
	for _, pair := range [][2][]*Tool{{got.Tools(), want.Tools()}, {got.All(), want.All()}} {
		if len(pair[0]) != len(pair[1]) {
			t.Fatalf("%d tools, want %d", len(pair[0]), len(pair[1]))
		}
		for i, one := range pair[0] {
			other := pair[1][i]
			if !reflect.DeepEqual(one.Security, other.Security) || one.InputSchema == nil {
				t.Errorf("%s: security %+v, want %+v", one.Name, one.Security, other.Security)
			}
			if (one.Security == nil) != (other.Security == nil) {
				t.Errorf("%s: security is nil or not", one.Name)
			}
			a, b := &Tool{}, &Tool{}
			mustCopy(t, one, a)
			mustCopy(t, other, b)
			if exported(a) != exported(b) {
				t.Errorf("%s is\n%s, want\n%s", one.Name, exported(a), exported(b))
			}
		}
	}
	for _, name := range []string{"mine", "zz_mine", "get_thing", "post_secret", "delete_thing", "absent", ""} {
		a, ok := got.Tool(name)
		b, known := want.Tool(name)
		if ok != known || ok && a.Name != b.Name {
			t.Errorf("%q: %v, want %v", name, ok, known)
		}
		reason, denied := got.Denied(name)
		if other, too := want.Denied(name); reason != other || denied != too {
			t.Errorf("%q is denied: %q, want %q", name, reason, other)
		}
		if ok && got.Confirm(a) != want.Confirm(b) {
			t.Errorf("%q is confirmed or not", name)
		}
		if again, _ := got.Tool(name); again != a {
			t.Errorf("%q is another tool the second time", name)
		}
	}
	get, _ := got.Tool("get_thing")
	del, _ := got.Tool("delete_thing")
	if get.Security[0][0].Scheme != &p.Server.SecuritySchemes[0] || get.Security[0][0].Credential != p.Server.DefaultUpstreamSecurity[0][0].Credential ||
		del.Security[0][0].Credential != p.OpenAPI.Overrides[0].Security[0][0].Credential {
		t.Error("the tools do not refer to the profile")
	}
	again, err := got.Pack()
	if err != nil || !reflect.DeepEqual(again, data) {
		t.Errorf("packing again gives other bytes: %v", err)
	}
	if all := slices.Concat(data.Head, data.List, data.Index, data.Details); bytes.Contains(all, []byte("never-on-disk")) {
		t.Errorf("a credential is packed: %q", all)
	}
	if got.Damaged() || want.Damaged() {
		t.Error("it is damaged")
	}
}

// mustCopy copies the exported fields besides those that refer to the profile.
func mustCopy(t *testing.T, from, to *Tool) {
	t.Helper()
	a, b := reflect.ValueOf(from).Elem(), reflect.ValueOf(to).Elem()
	for i := range a.NumField() {
		if f := a.Type().Field(i); f.IsExported() && f.Name != "Security" && f.Name != "Downstream" {
			b.Field(i).Set(a.Field(i))
		}
	}
}

// TestPackKeepsEveryField fills every field that a tool has or will have.
func TestPackKeepsEveryField(t *testing.T) {
	p, _, err := profiles.Load("p.toml", []byte(packProfile), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	full := &Tool{}
	fill(reflect.ValueOf(full).Elem(), "x")
	full.Imported, full.Security, full.Downstream = true, nil, &Downstream{Passthrough: true, Record: "r"}
	s := &Set{profile: p, all: []*Tool{full}, tools: []*Tool{full}, denied: map[string]string{}, list: listing([]*Tool{full}), version: func() string { return "" }}
	data, err := s.Pack()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(p, data.kept())
	if err != nil {
		t.Fatal(err)
	}
	one, ok := got.Tool(full.Name)
	if !ok {
		t.Fatal("the tool is not there")
	}
	if !reflect.DeepEqual(one.Downstream, full.Downstream) {
		t.Errorf("%+v", one.Downstream)
	}
	one.Downstream, full.Downstream = nil, nil
	if exported(one) != exported(full) {
		t.Errorf("is\n%s, want\n%s", exported(one), exported(full))
	}
}

// fill gives every exported field a value that is not zero.
func fill(v reflect.Value, text string) {
	switch {
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"a":"` + text + `"}`))
		return
	case v.Type() == reflect.TypeFor[[][]Requirement]() || v.Type() == reflect.TypeFor[*Downstream]():
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text+"s")
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one, text+"m")
		v.SetMapIndex(reflect.ValueOf(text).Convert(v.Type().Key()), one)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text+v.Type().Field(i).Name)
			}
		}
	}
}

func TestPackRefusesCredentials(t *testing.T) {
	_, s, _ := packed1(t)
	one, _ := s.Tool("get_thing")
	one.Security[0][0].Credential = &profiles.Reference{Env: "X"}
	if _, err := s.Pack(); !errors.Is(err, errUnpackable) {
		t.Error(err)
	}
	one.Security[0][0] = Requirement{Scheme: &profiles.SecurityScheme{ID: "o", DefaultCredential: &profiles.Reference{Env: "X"}}}
	if _, err := s.Pack(); !errors.Is(err, errUnpackable) {
		t.Error(err)
	}
}

// TestUnpackRefuses: what is wrong with a part is noticed when it is read, and nothing
// is read before it is asked for.
func TestUnpackRefuses(t *testing.T) {
	p, whole, data := packed1(t)
	for n := range data.Head {
		cut := data
		cut.Head = data.Head[:n]
		if _, err := Unpack(p, cut.kept()); !errors.Is(err, ErrPacked) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(data.Head), err)
		}
	}
	other, _, err := profiles.Load("p.toml", []byte("[server]\nname = \"s\"\n[[tools]]\nname = \"get_thing\"\n[tools.responseTemplate]\nbody = \"x\"\n"), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Unpack(other, data.kept())
	if err != nil || s.Damaged() {
		t.Fatalf("read before it is needed: %v", err)
	}
	if s.Tool("delete_thing"); !s.Damaged() {
		t.Error("a tool of the same name is not noticed")
	}
	if s, err := Unpack(&profiles.Profile{}, data.kept()); err == nil { // one without the schemes: no such tool
		if _, ok := s.Tool("get_thing"); ok || !s.Damaged() {
			t.Error("a tool refers to a scheme that is not there")
		}
	}
	for i := range data.Index {
		damaged := data
		damaged.Index = slices.Clone(data.Index)
		damaged.Index[i] ^= 0x41
		s := must(Unpack(p, damaged.kept()))
		for _, one := range s.All() {
			if same, ok := whole.byName[one.Name]; ok && same.Path != one.Path {
				t.Fatalf("byte %d: %s is another tool", i, one.Name)
			}
		}
	}
	for i := range data.Details {
		damaged := data
		damaged.Details = slices.Clone(data.Details)
		damaged.Details[i] ^= 0x41
		s := must(Unpack(p, damaged.kept()))
		if all := s.All(); !s.Damaged() || len(all) != len(whole.All())-1 || len(s.Tools()) > s.Len() {
			t.Fatalf("byte %d of the details can be anything", i)
		}
	}
	failing := Source{Head: data.Head, List: func() ([]byte, error) { return nil, ErrPacked }, Index: func() ([]byte, error) { return nil, ErrPacked }}
	s = must(Unpack(p, failing))
	if s.Damaged() || s.Len() != whole.Len() || !s.Writes() || s.Version() != whole.Version() {
		t.Error("a start needs more than the head")
	}
	if !json.Valid(s.List()) || !s.Damaged() || s.At(s.Len()-1) != nil {
		t.Error("parts that cannot be read are not noticed")
	}
}

func must(s *Set, err error) *Set {
	if err != nil {
		panic(err)
	}
	return s
}

// FuzzUnpack: damaged bytes give an error, or a set that can be used without a panic.
func FuzzUnpack(f *testing.F) {
	p, _, data := packed1(f)
	f.Add(data.Head, data.Index, data.Details, "get_thing")
	for i := 0; i < len(data.Index); i += 13 {
		damaged := slices.Clone(data.Index)
		damaged[i] ^= 1 << (i % 8)
		f.Add(data.Head, damaged, data.Details, "delete_thing")
	}
	f.Fuzz(func(t *testing.T, head, index, details []byte, name string) {
		s, err := Unpack(p, Packed{Head: head, Index: index, Details: details}.kept())
		if err != nil {
			return
		}
		one, ok := s.Tool(name)
		if ok {
			_ = s.Confirm(one)
			_, _ = one.Templates()
		}
		for i := range min(s.Len(), 100) {
			s.At(i)
		}
		s.Tools()
		if s.All(); !json.Valid(s.List()) {
			t.Fatal("the list is not JSON")
		}
	})
}
