package request

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestPlainNumber(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "-0", "12345678901234567890": "12345678901234567890", "1.10": "1.10",
		"1e6": "1000000", "1E+06": "1000000", "-1.5e3": "-1500", "1.5e-7": "0.00000015", "12e-1": "1.2",
		"10e-1": "1", "0e5": "0", "0.0e-3": "0", "1.23456e2": "123.456", "100e-2": "1", "1e401": "1e401", "1e-401": "1e-401",
		"1e99999999999999999999": "1e99999999999999999999",
	} {
		if got := plainNumber(in); got != want {
			t.Errorf("plainNumber(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestScalarText(t *testing.T) {
	for in, want := range map[string]string{
		`"a\u00e9\n"`: "aé\n", `""`: "", "true": "true", "null": "null", `[1, "a"]`: `[1,"a"]`, `{"a" : 1.0}`: `{"a":1.0}`, "1e2": "100",
	} {
		if got, err := scalarText(json.RawMessage(in)); err != nil || got != want {
			t.Errorf("scalarText(%s) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", `"a`, "[1", "01", "-", "1.", "nul", "{]"} {
		if got, err := scalarText(json.RawMessage(in)); err == nil {
			t.Errorf("scalarText(%q) = %q, want an error", in, got)
		}
	}
}

func TestBrokenArguments(t *testing.T) {
	for _, in := range []string{"[", "{", `{"a"`, `{"a":`, `{1:2}`, "[1,", `{"a":1}}`, "x", ""} {
		raw := json.RawMessage(in)
		if _, err := elements(raw); err == nil && in != "" {
			t.Errorf("elements(%q) is accepted", in)
		}
		if ms, err := members(raw); err == nil && in != `{"a":1}}` {
			t.Errorf("members(%q) = %v", in, ms)
		}
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	ms, err := members(json.RawMessage(`{"b":1,"a":{"x":[]},"b":2}`))
	if err != nil || len(ms) != 3 || ms[0].name != "b" || ms[1].name != "a" || string(ms[2].value) != "2" {
		t.Errorf("members = %v, %v", ms, err)
	}
}

func TestObjectIsSortedAndUnescaped(t *testing.T) {
	got, err := object([]member{{"b", json.RawMessage(`"<&>"`)}, {`a"`, json.RawMessage(`[1, 2]`)}})
	if want := `{"a\"":[1,2],"b":"<&>"}`; err != nil || string(got) != want {
		t.Errorf("object = %s, %v, want %s", got, err, want)
	}
	if _, err := object([]member{{"a", json.RawMessage("x")}}); err == nil {
		t.Error("a broken value is accepted")
	}
}

// FuzzPlainNumber: the law is that the value stays and no exponent remains
// within the bound.
func FuzzPlainNumber(f *testing.F) {
	for _, s := range []string{"1e6", "-1.5E-7", "0.0e3", "123.456e-2", "9e400", "1e-400", "00", "12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) || strings.ContainsAny(s, "\" \t\r\n{[tfn") {
			t.Skip("not a number")
		}
		got := plainNumber(s)
		if !json.Valid([]byte(got)) {
			t.Fatalf("plainNumber(%s) = %s, which is not JSON", s, got)
		}
		if strings.ContainsAny(got, "eE") {
			return // beyond the bound it stays as it was
		}
		a, ok1 := new(big.Rat).SetString(s)
		b, ok2 := new(big.Rat).SetString(got)
		if !ok1 || !ok2 || a.Cmp(b) != 0 {
			t.Fatalf("plainNumber(%s) = %s", s, got)
		}
	})
}
