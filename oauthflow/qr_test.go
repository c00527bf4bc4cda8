package oauthflow

import (
	"strings"
	"testing"

	"rsc.io/qr"
)

// The picture is the code, module for module, with its quiet zone.
func TestQR(t *testing.T) {
	for _, text := range []string{"A", "12345", "https://as.example/device?user_code=WDJB-MJHT", "grüße", strings.Repeat("a", 400)} {
		got, err := QR(text)
		if err != nil {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		code, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]bool // light
		for line := range strings.Lines(got) {
			var top, bottom []bool
			for _, r := range strings.TrimSuffix(line, "\n") {
				at := strings.IndexRune("█▀▄ ", r)
				if at < 0 {
					t.Fatalf("%q in the picture", r)
				}
				top, bottom = append(top, r == '█' || r == '▀'), append(bottom, r == '█' || r == '▄')
			}
			rows = append(rows, top, bottom)
		}
		side := code.Size + 2*quietZone
		if len(rows) != side+1 || len(rows[0]) != side || side > maxWidth {
			t.Fatalf("%d × %d modules, want %d", len(rows[0]), len(rows), side)
		}
		for y := range side {
			for x := range side {
				if dark := code.Black(x-quietZone, y-quietZone); rows[y][x] == dark {
					t.Fatalf("%d bytes: the module at %d, %d is wrong", len(text), x, y)
				}
			}
		}
	}
}

func TestQRTooLong(t *testing.T) {
	for _, n := range []int{500, 3000, 1 << 20} {
		if got, err := QR(strings.Repeat("a", n)); kindOf(err) != Unusable || got != "" {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
