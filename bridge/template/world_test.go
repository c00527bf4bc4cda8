package template

import (
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// renderAt renders with a clock and a seed.
func renderAt(t *testing.T, text, data string, e Env) string {
	t.Helper()
	parsed, err := Parse("t", text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := parsed.Render([]byte(data), e)
	if err != nil {
		t.Fatal(text, err)
	}
	return out
}

// TestClock holds that the clock and the local zone are those of the Env.
func TestClock(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	e := Env{Now: time.Date(2026, 1, 2, 23, 30, 0, 0, time.UTC).In(east)}
	for text, want := range map[string]string{
		`{{now | date "2006-01-02 15:04"}}`:                        "2026-01-03 01:30",
		`{{date "15:04" now}}`:                                     "01:30",
		`{{dateInZone "2006-01-02 15:04" now "UTC"}}`:              "2026-01-02 23:30",
		`{{date_in_zone "15:04" now "Local"}}`:                     "01:30",
		`{{dateInZone "15:04" now "No/Where"}}`:                    "23:30",
		`{{dateInZone "15:04" now ""}}`:                            "23:30",
		`{{htmlDate now}}`:                                         "2026-01-03",
		`{{htmlDateInZone now "UTC"}}`:                             "2026-01-02",
		`{{now}}`:                                                  "2026-01-03 01:30:00 +0200 east",
		`{{unixEpoch now}}`:                                        "1767396600",
		`{{date "2006-01-02 15:04" .seconds}}`:                     "1970-01-01 02:02",
		`{{date "2006-01-02 15:04" .text}}`:                        "1970-01-01 02:02",
		`{{date "2006" .float}}`:                                   "2001",
		`{{date "2006" .huge}}`:                                    "2026", // no time: now, as in sprig
		`{{date "2006" .absent}}`:                                  "2026",
		`{{date "2006-01-02" .rfc}}`:                               "2020-05-06",
		`{{ago .rfc}}`:                                             "49631h30m0s",
		`{{ago now}}`:                                              "0s",
		`{{ago .seconds}}`:                                         "490943h28m0s",
		`{{dateModify "90m" .rfc | date "15:04"}}`:                 "01:30",
		`{{durationRound .seconds}}`:                               "0s",
		`{{durationRound (now | dateModify "-49h")}}`:              "2d",
		`{{durationRound "90m"}}`:                                  "1h",
		`{{duration 90}}`:                                          "1m30s",
		`{{duration .seconds}} {{duration "95"}} {{duration "x"}}`: "2m0s 1m35s 0s",
		`{{(toDate "2006-01-02" "2026-02-03").Year}}`:              "",
		`{{toDate "2006-01-02" "x" | date "2006"}}`:                "0001",
		`{{mustToDate "2006" "1999" | date "2006"}}`:               "1999",
		`{{dateInZone "2006-01-02" .seconds "Asia/Tokyo"}}`:        "1970-01-01",
	} {
		data := `{"seconds":120,"text":"120","float":1e9,"huge":1e300,"rfc":"2020-05-06T00:00:00Z"}`
		if got := renderAt(t, text, data, e); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	// The monotonic clock of a running process would print.
	if got := renderAt(t, "{{now}}", "{}", Env{Now: time.Now()}); strings.Contains(got, "m=") {
		t.Error(got)
	}
}

// TestZones reads a zone from the system.
func TestZones(t *testing.T) {
	if _, err := time.LoadLocation("Asia/Tokyo"); err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("this system has no time zone data")
	}
	text := strings.Repeat(`{{dateInZone "15:04" now "Asia/Tokyo"}} {{dateInZone "15:04" now "UTC"}} `, 3)
	want := strings.Repeat("12:04 03:04 ", 3)
	if got := renderAt(t, text, "{}", env()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRandomness holds the shape and the range of what is random.
func TestRandomness(t *testing.T) {
	for text, shape := range map[string]string{
		`{{uuidv4}}`:          `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		`{{randAlpha 40}}`:    `^[A-Za-z]{40}$`,
		`{{randAlphaNum 40}}`: `^[A-Za-z0-9]{40}$`,
		`{{randNumeric 40}}`:  `^[0-9]{40}$`,
		`{{randAscii 40}}`:    `^[ -~]{40}$`,
		`{{randInt 5 8}}`:     `^[567]$`,
		`{{randInt -3 -1}}`:   `^-[32]$`,
		`{{randInt 9 9}}`:     `^9$`,
		`{{randInt -9223372036854775808 9223372036854775807}}`: `^-?\d+$`,
		`{{randAlpha 0}}{{randAlpha -5}}`:                      `^$`,
		`{{shuffle "abc"}}`:                                    `^[abc]{3}$`,
	} {
		seen := map[string]bool{}
		for n := range 50 {
			e := env()
			e.Seed[7] = byte(n)
			got := renderAt(t, text, "{}", e)
			if !regexp.MustCompile(shape).MatchString(got) {
				t.Errorf("%s: %q", text, got)
			}
			if again := renderAt(t, text, "{}", e); again != got {
				t.Errorf("%s: %q, then %q with the same seed", text, got, again)
			}
			seen[got] = true
		}
		if many := strings.Contains(text, "40") || strings.Contains(text, "uuid"); many && len(seen) != 50 {
			t.Errorf("%s: %d different ones of 50 seeds", text, len(seen))
		}
	}
	if b, err := base64.StdEncoding.DecodeString(renderAt(t, `{{randBytes 33}}`, "{}", env())); err != nil || len(b) != 33 {
		t.Error(len(b), err)
	}
	if got := renderAt(t, `{{randAlpha 5}} {{randAlpha 5}}`, "{}", env()); got[:5] == got[6:] {
		t.Errorf("drawn twice: %s", got)
	}
}

func TestMoment(t *testing.T) {
	at := env().Now
	for _, c := range []struct {
		of any
		ok bool
	}{
		{at, true},
		{&at, true},
		{(*time.Time)(nil), false},
		{"2026-01-02T03:04:05Z", true},
		{"2026-01-02T05:04:05+02:00", true},
		{"2026-01-02", false},
		{"", false},
		{nil, false},
		{5, false},
		{strings.Repeat("2", 1<<20), false},
	} {
		got, ok := moment(c.of)
		if ok != c.ok || ok && !got.Equal(at) {
			t.Errorf("%.40v: %v %v", c.of, got, ok)
		}
	}
}

func TestRounded(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0:                      "0s",
		time.Second:            "0s", // as in sprig: only what is longer than a unit
		2 * time.Second:        "2s",
		-2 * time.Second:       "2s",
		90 * time.Second:       "1m",
		61 * time.Minute:       "1h",
		25 * time.Hour:         "1d",
		40 * day:               "1mo",
		800 * day:              "2y",
		-1 << 63:               "292y",
		999 * time.Millisecond: "0s",
	} {
		if got := rounded(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
