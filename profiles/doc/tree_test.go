package doc

import (
	"testing"
)

func TestPaths(t *testing.T) {
	n, err := FromJSON([]byte(`{"a":{"b.c":[1,{"d":2}],"":3,"q\"[":4},"x":[[5]]}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		`a."b.c"[0]`: "1", `a."b.c"[1].d`: "2", `a.""`: "3", Join("a", `q"[`): "4", `x[0][0]`: "5",
		Index("x", 0): "[5]", Join("", "x"): "[[5]]", "": string(n.JSON()),
	} {
		if got := string(n.At(path).JSON()); got != want {
			t.Errorf("At(%q) = %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{"b", "a.b", "x[1]", "x[-1]", "x[", "x[a]", "x[0].y", `a."`, "a..", "x.0", "a[0]", "x[99999999999999]"} {
		if got := n.At(path); got != nil {
			t.Errorf("At(%q) = %s, want nothing", path, got.JSON())
		}
		if n.PosAt(path).IsZero() {
			t.Errorf("PosAt(%q) is unknown", path)
		}
	}
	var none *Node
	if none.At("a") != nil || none.Get("a") != nil || !none.PosAt("a").IsZero() || string(none.JSON()) != "null" {
		t.Error("a nil node is not nothing")
	}
}

func TestPointer(t *testing.T) {
	n, err := FromJSON([]byte(`{"paths":{"/a~b":[{"get":1}],"":2},"00":[3]}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{"/paths/~1a~0b/0/get": "1", "/paths/": "2", "/00/0": "3", "": string(n.JSON())} {
		if got := string(n.Pointer(pointer).JSON()); got != want {
			t.Errorf("Pointer(%q) = %s, want %s", pointer, got, want)
		}
	}
	for _, pointer := range []string{"paths", "/paths/x/y", "/00/00", "/00/1", "/00/-", "/00/0/a", "/"} {
		if got := n.Pointer(pointer); got != nil {
			t.Errorf("Pointer(%q) = %s, want nothing", pointer, got.JSON())
		}
	}
}

func TestPosString(t *testing.T) {
	for _, c := range []struct {
		pos  Pos
		want string
	}{{Pos{"f", 1, 2}, "f:1:2"}, {Pos{"", 1, 2}, "1:2"}, {Pos{File: "f"}, "f"}, {Pos{}, ""}} {
		if got := c.pos.String(); got != c.want {
			t.Errorf("%#v prints as %q, want %q", c.pos, got, c.want)
		}
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{Null: "null", Bool: "a boolean", Number: "a number", String: "a string", List: "a list", Table: "a table", 99: "an unknown kind"} {
		if k.String() != want {
			t.Errorf("%d prints as %q, want %q", k, k, want)
		}
	}
}

func TestNumberJSON(t *testing.T) {
	for in, want := range map[string]string{
		"1": "1", "-0.50": "-0.50", "+1": "1", "1_0": "10", "0x_1": "1", "0b11": "3", "0o17": "15", "010": "8", "089": "89",
		"1.": "1", ".5": "0.5", "inf": "null", "nan": "null", "": "null", "x": "null", "0xFFFFFFFFFFFFFFFFFFFF": "1208925819614629174706175",
	} {
		if got := numberJSON(in); got != want {
			t.Errorf("numberJSON(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		e          Error
		text, hint string
	}{
		{Error{Pos{"f", 1, 2}, "a.b", "unknown key", []string{"x", "y"}, "x"}, "f:1:2: a.b: unknown key (allowed: x, y; did you mean x?)", "write x at f:1:2"},
		{Error{Pos{"f", 1, 2}, "", "bad", []string{"x"}, ""}, "f:1:2: bad (allowed: x)", "write one of x at f:1:2"},
		{Error{Message: "bad", Key: "k"}, "k: bad", "correct the document"},
	} {
		if c.e.Error() != c.text || c.e.Hint() != c.hint {
			t.Errorf("%q, %q; want %q, %q", c.e.Error(), c.e.Hint(), c.text, c.hint)
		}
	}
	if got := (Warning{Pos{"f", 1, 2}, "k", "odd"}).String(); got != "f:1:2: k: odd" {
		t.Error(got)
	}
}
