package keychain

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The first bytes of an item say what it is. Items are printable text, because
// some keychains store text and not bytes.
const (
	textItem     = "mcpb1t:" // a checksum, a colon, the value as it is
	bytesItem    = "mcpb1b:" // a checksum, a colon, the value in base64
	manifestItem = "mcpb1m:" // a manifest in JSON; the value is in parts
)

const maxParts = 4096

// manifest says where the parts of a record are. It is written after them, in one
// write, so whoever reads it finds all of them. Records alternate between two
// slots: the parts of the old value stay until the manifest names the new ones, and
// what an interrupted write leaves is in the slot that the next one overwrites.
type manifest struct {
	Slot   string `json:"slot"`   // "a" or "b"
	Parts  int    `json:"parts"`  // how many, from 0
	Length int    `json:"length"` // of the value, in bytes
	SHA256 string `json:"sha256"` // of the value, in lower-case hex
}

func newManifest(slot, value string, parts int) manifest {
	sum := sha256.Sum256([]byte(value))
	return manifest{Slot: slot, Parts: parts, Length: len(value), SHA256: hex.EncodeToString(sum[:])}
}

func (m manifest) encode() string {
	data, _ := json.Marshal(m) // strings and integers: cannot fail
	return manifestItem + string(data)
}

// other returns the slot that m's parts are not in; the zero manifest is in "b".
func (m manifest) other() string {
	if m.Slot == slotA {
		return slotB
	}
	return slotA
}

const (
	slotA = "a"
	slotB = "b"
)

// decodeManifest reads a manifest item; ok is false when item is not one.
func decodeManifest(item string) (m manifest, ok bool, err error) {
	text, ok := strings.CutPrefix(item, manifestItem)
	if !ok {
		return manifest{}, false, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return manifest{}, true, errors.New("the manifest is no JSON object of ours")
	}
	sum, err := hex.DecodeString(m.SHA256)
	switch {
	case m.Slot != slotA && m.Slot != slotB,
		m.Parts < 1 || m.Parts > maxParts,
		m.Length < 0 || m.Length > MaxSize,
		err != nil || len(sum) != sha256.Size,
		m.encode() != item: // one manifest, one spelling
		return manifest{}, true, errors.New("the manifest is out of range")
	}
	return m, true, nil
}

// join puts the parts together and checks them.
func (m manifest) join(parts []string) (string, error) {
	data, err := base64.RawStdEncoding.Strict().DecodeString(strings.Join(parts, ""))
	if err != nil {
		return "", errors.New("a part is not base64")
	}
	value := string(data)
	if len(parts) != m.Parts || newManifest(m.Slot, value, m.Parts) != m {
		return "", errors.New("the parts do not add up to the manifest's checksum")
	}
	return value, nil
}

// cut returns value's parts, each at most limit bytes.
func cut(value string, limit int) []string {
	text := base64.RawStdEncoding.EncodeToString([]byte(value))
	var parts []string
	for len(text) > limit {
		parts = append(parts, text[:limit])
		text = text[limit:]
	}
	return append(parts, text)
}

// encodeItem returns the one item that holds all of value.
func encodeItem(value string) string {
	kind, body := bytesItem, ""
	if printable(value) {
		kind, body = textItem, value
	} else {
		body = base64.RawStdEncoding.EncodeToString([]byte(value))
	}
	return fmt.Sprintf("%s%08x:%s", kind, crc32.ChecksumIEEE([]byte(value)), body)
}

// decodeItem is the inverse of encodeItem.
func decodeItem(item string) (string, error) {
	kind := item[:min(len(item), len(textItem))]
	if kind != textItem && kind != bytesItem {
		return "", errors.New("not an item of ours")
	}
	_, value, ok := strings.Cut(item[len(kind):], ":")
	if ok && kind == bytesItem {
		data, err := base64.RawStdEncoding.Strict().DecodeString(value)
		value, ok = string(data), err == nil
	}
	if !ok || encodeItem(value) != item {
		return "", errors.New("the checksum does not match")
	}
	return value, nil
}

// printable reports whether every keychain gives value back as it is.
func printable(value string) bool {
	if !utf8.ValidString(value) {
		return false
	}
	return strings.IndexFunc(value, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0
}

// account returns the base account name for a record: the name itself if every
// keychain takes it and keeps it apart from all others (Windows ignores case), else
// its hash. The two cannot meet, because no plain name begins with "~".
func account(name string) string {
	const prefix, longest = "v1/", 64
	plain := name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}) < 0
	if plain {
		return prefix + name
	}
	sum := sha256.Sum256([]byte(name))
	return prefix + "~" + hex.EncodeToString(sum[:])
}

func partAccount(base, slot string, i int) string {
	return fmt.Sprintf("%s/%s/%d", base, slot, i)
}
