package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// A catalog file, all numbers little-endian:
//
//	magic     the digit is the version of the whole format, tools and index included
//	key       what it was compiled from
//	sizes     of the parts, uint32
//	sums      of the parts, CRC-32C; 0 for the tools' details, whose records have their own
//	checksum  CRC-32C of everything before
//	parts     head, list, index and details as tool.Set.Pack made them, and the search
//	          index as search.Index.AppendBinary wrote it
const (
	magic      = "MBCATAL4"
	atKey      = len(magic)
	atSizes    = atKey + sha256.Size
	atSums     = atSizes + 4*parts
	atChecksum = atSums + 4*parts
	headerSize = atChecksum + 4
)

// The parts.
const (
	headPart = iota
	listPart
	indexPart
	detailsPart
	searchPart
	parts
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
func encode(key Key, tools tool.Packed, index []byte) ([]byte, error) {
	const most = 1 << 30
	all := [parts][]byte{tools.Head, tools.List, tools.Index, tools.Details, index}
	out := make([]byte, headerSize, headerSize+len(tools.Head)+len(tools.List)+len(tools.Index)+len(tools.Details)+len(index))
	copy(out, magic)
	copy(out[atKey:], key[:])
	for i, part := range all {
		if len(part) > most {
			return nil, errUnbounded
		}
		binary.LittleEndian.PutUint32(out[atSizes+4*i:], uint32(len(part)))
		if i != detailsPart {
			binary.LittleEndian.PutUint32(out[atSums+4*i:], checksum(part))
		}
		out = append(out, part...)
	}
	binary.LittleEndian.PutUint32(out[atChecksum:], checksum(out[:atChecksum]))
	return out, nil
}

// header is what is read of a catalog file at first.
type header struct {
	at   [parts]int64
	size [parts]int
	sum  [parts]uint32
}

// decodeHeader reads the header of a file that is so many bytes long.
func decodeHeader(key Key, data []byte, size int64) (h header, err error) {
	switch {
	case len(data) < headerSize || string(data[:len(magic)-1]) != magic[:len(magic)-1]:
		return h, errDamaged
	case data[len(magic)-1] != magic[len(magic)-1]:
		return h, errVersion
	case Key(data[atKey:atSizes]) != key:
		return h, errOtherKey
	case binary.LittleEndian.Uint32(data[atChecksum:]) != checksum(data[:atChecksum]):
		return h, errDamaged
	}
	at := int64(headerSize)
	for i := range parts {
		h.at[i], h.size[i] = at, int(binary.LittleEndian.Uint32(data[atSizes+4*i:]))
		h.sum[i] = binary.LittleEndian.Uint32(data[atSums+4*i:])
		at += int64(h.size[i])
	}
	if at != size {
		return h, errDamaged
	}
	return h, nil
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }
