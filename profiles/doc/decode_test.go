package doc

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// upper is text in capitals; "bad" in its document is an error at a key.
type upper struct{ s string }

func (u *upper) DecodeDoc(n *Node) []*Error {
	if n.Kind == List {
		return []*Error{{Key: "[0]", Message: "no lists"}}
	}
	if n.Get("inner") != nil {
		return []*Error{{Key: "inner", Pos: n.PosAt("inner"), Message: "no tables"}}
	}
	if n.Text == "bad" {
		return []*Error{{Message: "is bad"}}
	}
	u.s = strings.ToUpper(n.Text)
	return nil
}

type inner struct {
	Name string `key:"name"`
	Port int16  `key:"port"`
}

type sample struct {
	Ignored string            `key:"-"`
	Untaged string            // no key
	Text    string            `key:"text"`
	Flag    bool              `key:"flag"`
	Maybe   *bool             `key:"maybe"`
	Count   int               `key:"count"`
	List    []string          `key:"list"`
	Some    *[]string         `key:"some"`
	Map     map[string]string `key:"map"`
	Raw     json.RawMessage   `key:"raw"`
	Raws    []json.RawMessage `key:"raws"`
	In      inner             `key:"in"`
	Ins     []inner           `key:"ins"`
	Ptr     *inner            `key:"ptr"`
	Upper   upper             `key:"upper"`
	Uppers  []*upper          `key:"uppers"`
}

func decodeTOML(t *testing.T, in string) (sample, []*Error) {
	t.Helper()
	n, err := ParseTOML("f", []byte(in))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	errs := Decode(n, &s)
	return s, errs
}

func TestDecode(t *testing.T) {
	yes := true
	for _, c := range []struct {
		in   string
		want sample
	}{
		{"", sample{}},
		{"text = 'a'\nflag = true\nmaybe = true\ncount = 1_000", sample{Text: "a", Flag: true, Maybe: &yes, Count: 1000}},
		{"list = ['a', 'b']\nsome = []", sample{List: []string{"a", "b"}, Some: new([]string)}},
		{"list = []\nraws = []\nins = []\nmap = {}", sample{}},
		{"map = { a = 'b', 'c.d' = 'e' }", sample{Map: map[string]string{"a": "b", "c.d": "e"}}},
		{"raw = { b = 1, a = [1.0, 99999999999999999999] }\nraws = ['x', 2]", sample{
			Raw: json.RawMessage(`{"b":1,"a":[1.0,99999999999999999999]}`), Raws: []json.RawMessage{json.RawMessage(`"x"`), json.RawMessage(`2`)}}},
		{"[in]\nname = 'n'\nport = 80\n[[ins]]\nname = 'a'\n[[ins]]\n[ptr]", sample{In: inner{"n", 80}, Ins: []inner{{"a", 0}, {}}, Ptr: &inner{}}},
		{"upper = 'a'\nuppers = ['b', 'c']", sample{Upper: upper{"A"}, Uppers: []*upper{{"B"}, {"C"}}}},
	} {
		got, errs := decodeTOML(t, c.in)
		if len(errs) > 0 || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v %v\nwant %+v", c.in, got, errs, c.want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	const keys = "text, flag, maybe, count, list, some, map, raw, raws, in, ins, ptr, upper, uppers"
	for _, c := range []struct{ in, want string }{
		{"txt = 1", "f:1:1: txt: unknown key (allowed: " + keys + "; did you mean text?)"},
		{"zzzzzzzz = 1", "f:1:1: zzzzzzzz: unknown key (allowed: " + keys + ")"},
		{"Untaged = 'x'", "f:1:1: Untaged: unknown key (allowed: " + keys + ")"},
		{"text = 1", "f:1:8: text: must be a string, not a number"},
		{"flag = 'true'", "f:1:8: flag: must be true or false, not a string"},
		{"count = '1'", "f:1:9: count: must be a whole number, not a string"},
		{"count = 1.5", "f:1:9: count: must be a whole number"},
		{"count = 99999999999999999999", "f:1:9: count: is out of range"},
		{"in.port = 70000", "f:1:11: in.port: is out of range"},
		{"list = 'a'", "f:1:8: list: must be a list of strings, not a string"},
		{"list = ['a', 2]", "f:1:14: list[1]: must be a string, not a number"},
		{"ins = {}", "f:1:7: ins: must be a list, not a table"},
		{"in = []", "f:1:6: in: must be a table, not a list"},
		{"map = 1", "f:1:7: map: must be a table, not a number"},
		{"map = { 'a b' = 'x', 'c.d' = 1 }", `f:1:30: map."c.d": must be a string, not a number`},
		{"[[ins]]\n[[ins]]\nnam = 'x'", "f:3:1: ins[1].nam: unknown key (allowed: name, port; did you mean name?)"},
		{"upper = 'bad'", "f:1:9: upper: is bad"},
		{"upper = []", "f:1:9: upper[0]: no lists"},
		{"upper = { inner = 1 }", "f:1:19: upper.inner: no tables"},
		{"text = 1\nflag = 2\n[in]\nx = 1", "f:1:8: text: must be a string, not a number\nf:2:8: flag: must be true or false, not a number\nf:4:1: in.x: unknown key (allowed: name, port)"},
	} {
		_, errs := decodeTOML(t, c.in)
		lines := make([]string, len(errs))
		for i, e := range errs {
			lines[i] = e.Error()
		}
		if got := strings.Join(lines, "\n"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestDecodeKeepsWhatIsRight(t *testing.T) {
	got, errs := decodeTOML(t, "text = 'a'\nflag = 1\ncount = 3")
	if len(errs) != 1 || got.Text != "a" || got.Count != 3 {
		t.Errorf("%+v %v", got, errs)
	}
}

func TestDecodeNull(t *testing.T) {
	n, err := FromJSON([]byte(`{"text":null,"ptr":null,"raw":null}`))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if errs := Decode(n, &s); len(errs) > 0 || !reflect.DeepEqual(s, sample{}) {
		t.Errorf("%+v %v", s, errs)
	}
	if errs := Decode(n.Get("text"), &s); len(errs) != 1 || errs[0].Message != "must be a table, not null" {
		t.Errorf("%v", errs)
	}
}

func TestKeys(t *testing.T) {
	if got := Keys([]*inner{}); !reflect.DeepEqual(got, []string{"name", "port"}) {
		t.Error(got)
	}
}
