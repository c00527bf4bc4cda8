package oauthflow

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// tables are the kernel's lists of TCP connections.
func tables() []string { return []string{"/proc/net/tcp", "/proc/net/tcp6"} }

// KnowsPeers reports whether the pages of a sign-in can tell which user asks for them, and
// so answer to nobody else. Where they cannot, the address of a page must be kept from
// other users: see BrowserOptions.Keep.
func KnowsPeers() bool {
	for _, table := range tables() {
		if _, readable := connections(table); readable {
			return true
		}
	}
	return false
}

// connections reads a table. One that is longer than is read counts as one that has
// nothing in it.
func connections(table string) (text string, readable bool) {
	const longest = 64 << 20 // some 400,000 connections
	data, err := regular.Read(table, longest)
	var long *regular.LimitError
	return string(data), err == nil || errors.As(err, &long)
}

// samePerson reports whether the program at the other end of a loopback connection is of
// the user who runs this one, or of root. Where the tables can be read and do not have the
// connection it is false; where they cannot, true: what is asked still has to know the
// address.
func samePerson(local, peer netip.AddrPort) bool {
	known := false
	for _, table := range tables() {
		text, readable := connections(table)
		known = known || readable
		if uid, found := userOf(text, local, peer); found {
			return uid == 0 || uid == os.Getuid()
		}
	}
	return !known
}

// userOf finds the socket that the peer has of a connection in a table, and its user.
func userOf(table string, local, peer netip.AddrPort) (uid int, found bool) {
	const established = "01"
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 8 || fields[3] != established || !isAddress(fields[1], peer) || !isAddress(fields[2], local) {
			continue
		}
		if _, err := fmt.Sscan(fields[7], &uid); err == nil {
			return uid, true
		}
	}
	return 0, false
}

// isAddress compares an address of a table, such as 0100007F:1F90: words of 32 bits in
// the byte order of the machine, and a port.
func isAddress(text string, want netip.AddrPort) bool {
	digits, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw)%4 != 0 || !strings.EqualFold(port, fmt.Sprintf("%04X", want.Port())) {
		return false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	address, ok := netip.AddrFromSlice(raw)
	return ok && address.Unmap() == want.Addr().Unmap()
}
