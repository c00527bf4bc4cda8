package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// A catalog file, all numbers little-endian:
//
//	magic     the digit is the version of the whole format, tools and index included
//	key       what it was compiled from
//	checksum  CRC-32C of what follows
//	sizes     of the two parts, uint32
//	tools     as tool.Set.Pack wrote them
//	index     as search.Index.AppendBinary wrote it
const (
	magic      = "MBCATAL1"
	atKey      = len(magic)
	atSum      = atKey + sha256.Size
	atSizes    = atSum + 4
	headerSize = atSizes + 8
)

// Key says what a catalog was compiled from. Equal keys mean equal catalogs.
type Key [sha256.Size]byte

// String returns the key as file names have it.
func (k Key) String() string { return hex.EncodeToString(k[:16]) }

// KeyOf returns the key of a profile that is compiled by a version of the program from
// documents: their digests, or whatever else tells one content from another, the
// document's own first and then the overlays'. It covers everything that the profile
// says but no comments. The error is that of [profiles.Encode]: such a profile cannot
// have a catalog.
func KeyOf(p *profiles.Profile, version string, documents ...string) (Key, error) {
	text, err := profiles.Encode(p)
	if err != nil {
		return Key{}, err
	}
	sum := sha256.New()
	write := func(s string) {
		sum.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	write(magic)
	write(version)
	write(p.Name)
	write(strconv.FormatBool(p.Private))
	write(string(text))
	for _, d := range documents {
		write(d)
	}
	return Key(sum.Sum(nil)), nil
}

// What may be wrong with a catalog's bytes.
var (
	errNone      = errors.New("there is none")
	errDamaged   = errors.New("it is damaged")
	errVersion   = errors.New("another version of the program made it")
	errOtherKey  = errors.New("it was made from something else")
	errUnbounded = errors.New("the tools are too large for a catalog")
)

// encode writes a catalog file.
func encode(key Key, tools, index []byte) ([]byte, error) {
	const most = 1 << 30
	if len(tools) > most || len(index) > most {
		return nil, errUnbounded
	}
	out := make([]byte, headerSize, headerSize+len(tools)+len(index))
	copy(out, magic)
	copy(out[atKey:], key[:])
	binary.LittleEndian.PutUint32(out[atSizes:], uint32(len(tools)))
	binary.LittleEndian.PutUint32(out[atSizes+4:], uint32(len(index)))
	out = append(append(out, tools...), index...)
	binary.LittleEndian.PutUint32(out[atSum:], checksum(out[atSizes:]))
	return out, nil
}

// decode returns the parts of a catalog file.
func decode(key Key, data []byte) (tools, index []byte, err error) {
	switch {
	case len(data) < headerSize || string(data[:len(magic)-1]) != magic[:len(magic)-1]:
		return nil, nil, errDamaged
	case data[len(magic)-1] != magic[len(magic)-1]:
		return nil, nil, errVersion
	case Key(data[atKey:atSum]) != key:
		return nil, nil, errOtherKey
	case binary.LittleEndian.Uint32(data[atSum:]) != checksum(data[atSizes:]):
		return nil, nil, errDamaged
	}
	first := uint64(binary.LittleEndian.Uint32(data[atSizes:]))
	second := uint64(binary.LittleEndian.Uint32(data[atSizes+4:]))
	rest := data[headerSize:]
	if first+second != uint64(len(rest)) {
		return nil, nil, errDamaged
	}
	return rest[:first:first], rest[first:], nil
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }
