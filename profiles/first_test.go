package profiles

import (
	"os"
	"testing"
)

func TestDemo(t *testing.T) {
	data, err := os.ReadFile("../cmd/internal/demo/demo.toml")
	if err != nil {
		t.Skip(err)
	}
	p, w, err := Load("demo.toml", data, Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(w)
	out, err := Encode(p, "hello")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", out)
}
