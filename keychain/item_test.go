package keychain

import (
	"strings"
	"testing"
)

func TestItems(t *testing.T) {
	for _, tt := range []struct{ value, kind string }{
		{"", textItem}, {"key", textItem}, {"ä 🔑", textItem}, {"mcpb1t:0:x", textItem},
		{"line\n", bytesItem}, {"\x00", bytesItem}, {"\xff", bytesItem}, {"\ufffd", bytesItem}, {"\u202e", bytesItem},
	} {
		item := encodeItem(tt.value)
		if !strings.HasPrefix(item, tt.kind) {
			t.Errorf("%q became %q", tt.value, item)
		}
		if got, err := decodeItem(item); got != tt.value || err != nil {
			t.Errorf("%q came back as %q, %v", tt.value, got, err)
		}
	}
	for _, item := range []string{"", "x", "mcpb1t", "mcpb1t:", "mcpb1t:00000000", "mcpb1t:00000000:x", "mcpb1b:00000000:!", "mcpb1x:00000000:",
		"go-keyring-base64:eA==", encodeItem("a") + "b"} {
		if got, err := decodeItem(item); err == nil {
			t.Errorf("%q was read as %q", item, got)
		} else if strings.Contains(err.Error(), item) && len(item) > 1 {
			t.Errorf("the error holds the item: %v", err)
		}
	}
}

func TestManifests(t *testing.T) {
	good := newManifest(slotB, "value", 2)
	m, ok, err := decodeManifest(good.encode())
	if m != good || !ok || err != nil {
		t.Errorf("%+v, %v, %v", m, ok, err)
	}
	if m.other() != slotA || (manifest{}).other() != slotA || (manifest{Slot: slotA}).other() != slotB {
		t.Error("slots do not alternate")
	}
	if _, ok, err := decodeManifest(encodeItem("value")); ok || err != nil {
		t.Errorf("an item is no manifest: %v, %v", ok, err)
	}
	sum := strings.Repeat("0", 64)
	for _, text := range []string{"", "{}", "null", "[]", "x", good.encode()[len(manifestItem):] + " ",
		`{"slot":"c","parts":1,"length":1,"sha256":"` + sum + `"}`,
		`{"slot":"a","parts":0,"length":1,"sha256":"` + sum + `"}`,
		`{"slot":"a","parts":4097,"length":1,"sha256":"` + sum + `"}`,
		`{"slot":"a","parts":1,"length":-1,"sha256":"` + sum + `"}`,
		`{"slot":"a","parts":1,"length":9999999,"sha256":"` + sum + `"}`,
		`{"slot":"a","parts":1,"length":1,"sha256":"00"}`,
		`{"slot":"a","parts":1,"length":1,"sha256":"` + sum + `","more":1}`,
		`{"slot":"a","slot":"b","parts":1,"length":1,"sha256":"` + sum + `"}`,
	} {
		if m, ok, err := decodeManifest(manifestItem + text); !ok || err == nil {
			t.Errorf("%s was read as %+v", text, m)
		}
	}
}

func TestAccount(t *testing.T) {
	for name, want := range map[string]string{
		"abc-1_2.x":             "v1/abc-1_2.x",
		strings.Repeat("a", 64): "v1/" + strings.Repeat("a", 64),
	} {
		if got := account(name); got != want {
			t.Errorf("%q is %s", name, got)
		}
	}
	seen := map[string]string{}
	for _, name := range []string{"", "A", "a", "a/b", "~", "~a", "a~", "ä", "a:b", strings.Repeat("a", 64), strings.Repeat("a", 65),
		strings.TrimPrefix(account("A"), "v1/")} {
		got := strings.ToLower(account(name))
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q share %s", name, other, got)
		}
		seen[got] = name
		if len(got) > 80 || strings.ContainsAny(got, ": \x00'") {
			t.Errorf("%q is %q", name, got)
		}
	}
}

// Laws: what is encoded decodes to itself; what decodes is what encoding would have
// written; an item is printable text.
func FuzzItem(f *testing.F) {
	for _, s := range []string{"", "key", "\x00\xff", "ä", "mcpb1t:00000000:", encodeItem("key"), encodeItem("\x00"), "mcpb1b:00000000:AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		item := encodeItem(s)
		if got, err := decodeItem(item); got != s || err != nil {
			t.Errorf("%q came back as %q, %v", s, got, err)
		}
		if !printable(item) {
			t.Errorf("%q became %q", s, item)
		}
		if value, err := decodeItem(s); err == nil && encodeItem(value) != s {
			t.Errorf("%q and %q are one value", s, encodeItem(value))
		}
		if _, split, _ := decodeManifest(item); split {
			t.Errorf("%q became a manifest", s)
		}
	})
}

// Laws: a manifest that is accepted is within bounds and is written the same way;
// parts join to the value they were cut from, and to nothing else.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{"", "{}", `{"slot":"a","parts":1,"length":1,"sha256":"` + strings.Repeat("a", 64) + `"}`, newManifest(slotA, "x", 3).encode()} {
		f.Add(s, 7, 0)
	}
	f.Add(strings.Repeat("value", 50), 10, 13)
	f.Fuzz(func(t *testing.T, s string, limit, flip int) {
		for _, item := range []string{s, manifestItem + s} {
			m, ok, err := decodeManifest(item)
			if ok && err == nil && (m.encode() != item || m.Parts < 1 || m.Parts > maxParts || m.Length > MaxSize) {
				t.Errorf("%q was read as %+v", item, m)
			}
		}
		if limit < 1 || len(s)*2/limit > maxParts {
			return
		}
		parts := cut(s, limit)
		m := newManifest(slotA, s, len(parts))
		if got, err := m.join(parts); got != s || err != nil {
			t.Errorf("%d parts of %q joined to %q, %v", len(parts), s, got, err)
		}
		for i, p := range parts {
			if len(p) > limit {
				t.Errorf("part %d has %d bytes", i, len(p))
			}
		}
		if s == "" || flip < 0 {
			return
		}
		i := flip % len(parts)
		j := flip % len(parts[i])
		parts[i] = parts[i][:j] + string(parts[i][j]^1) + parts[i][j+1:]
		if got, err := m.join(parts); err == nil {
			t.Errorf("a changed part joined to %q", got)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	value := strings.Repeat("t", 64<<10)
	for b.Loop() {
		parts := cut(value, windowsLimit)
		if _, err := newManifest(slotA, value, len(parts)).join(parts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(cut(value, windowsLimit))), "parts")
}
