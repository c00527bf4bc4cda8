package oauthflow

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

const (
	quietZone = 4  // modules around the code, as ISO/IEC 18004 asks
	maxWidth  = 80 // columns of a terminal
)

// QR returns text as a QR code for a terminal: lines of half blocks, each two modules
// high, with the quiet zone that scanners need. Light modules are drawn and dark ones
// left out, which is right on a dark terminal; on a light one the code is inverted,
// which most phones read, too. The error is an *Error of kind Unusable when the code would
// be wider than 80 columns, from about 400 bytes on.
func QR(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fail(Unusable, "device", err)
	}
	side := code.Size + 2*quietZone
	if side > maxWidth {
		return "", fail(Unusable, "device", fmt.Errorf("%d bytes do not fit into a QR code of %d columns", len(text), maxWidth))
	}
	light := func(x, y int) bool { return y < side && !code.Black(x-quietZone, y-quietZone) }
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		for x := range side {
			switch {
			case light(x, y) && light(x, y+1):
				b.WriteRune('█')
			case light(x, y):
				b.WriteRune('▀')
			case light(x, y+1):
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
