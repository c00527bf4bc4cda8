package doc

import "testing"

func TestFirst(t *testing.T) {
	n, err := ParseTOML("a.toml", []byte("a = 1\n[b]\nc.d = [1, 2]\n[[e.f]]\nx = 'y'\n[[e.f]]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(n.JSON()); got != `{"a":1,"b":{"c":{"d":[1,2]}},"e":{"f":[{"x":"y"},{}]}}` {
		t.Error(got)
	}
	if got := n.PosAt("e.f[0].x").String(); got != "a.toml:5:5" {
		t.Error(got)
	}
}
