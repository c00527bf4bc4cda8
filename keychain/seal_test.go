package keychain

import (
	"bytes"
	"errors"
	"testing"
)

// Laws: what is sealed opens under its own name and key only; what anybody else
// made does not open at all.
func FuzzSeal(f *testing.F) {
	key := bytes.Repeat([]byte("k"), keySize)
	s, err := newSealer(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("name", "value", []byte(magic))
	f.Add("", "", s.seal("other", "value"))
	f.Add("name", "value", append(append([]byte(magic), s.id...), make([]byte, nonceSize+tagSize)...))
	f.Fuzz(func(t *testing.T, name, value string, foreign []byte) {
		sealed := s.seal(name, value)
		if got, err := s.unseal(name, sealed); got != value || err != nil {
			t.Errorf("%q opened as %q, %v", value, got, err)
		}
		if _, err := s.unseal(name+"x", sealed); err == nil {
			t.Error("opened under another name")
		}
		other, err := newSealer(bytes.Repeat([]byte("o"), keySize))
		must(t, err)
		if _, err := other.unseal(name, sealed); err == nil {
			t.Error("opened with another key")
		}
		_, err = s.unseal(name, foreign)
		if e, ok := errors.AsType[*Error](err); !ok || (e.Kind != Corrupt && e.Reason != WrongKey) {
			t.Errorf("%q gave %v", foreign, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	s, err := newSealer(make([]byte, keySize))
	if err != nil {
		b.Fatal(err)
	}
	value := string(make([]byte, 4096))
	for b.Loop() {
		if _, err := s.unseal("n", s.seal("n", value)); err != nil {
			b.Fatal(err)
		}
	}
}
