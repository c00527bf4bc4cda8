package template

import (
	"encoding/base64"
	"strconv"
	"time"
)

// replacements are sprig's functions that read the clock, the zone or randomness.
func (i *instance) replacements() map[string]any {
	const abc = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const digits = "0123456789"
	ascii := make([]byte, 0, 95)
	for c := byte(' '); c <= '~'; c++ {
		ascii = append(ascii, c)
	}
	return map[string]any{
		"now":            func() time.Time { return i.env.Now },
		"ago":            func(t any) string { return i.env.Now.Sub(i.timeOf(t)).Round(time.Second).String() },
		"date":           func(layout string, t any) string { return i.timeOf(t).Format(layout) },
		"dateInZone":     i.dateInZone,
		"date_in_zone":   i.dateInZone,
		"htmlDate":       func(t any) string { return i.timeOf(t).Format(time.DateOnly) },
		"htmlDateInZone": func(t any, zone string) (string, error) { return i.dateInZone(time.DateOnly, t, zone) },
		"durationRound":  func(t any) string { return rounded(i.lasting(t)) },
		"randAlpha":      i.letters(abc),
		"randAlphaNum":   i.letters(abc + digits),
		"randNumeric":    i.letters(digits),
		"randAscii":      i.letters(string(ascii)),
		"randBytes":      i.randBytes,
		"randInt":        i.randInt,
		"uuidv4":         i.uuid,
		"shuffle":        i.shuffle,
	}
}

const maxRandom = 10_000

func (i *instance) letters(alphabet string) func(n int) string {
	return func(n int) string {
		b := make([]byte, min(max(n, 0), maxRandom))
		for j := range b {
			b[j] = alphabet[i.random(uint64(len(alphabet)))]
		}
		return string(b)
	}
}

func (i *instance) randBytes(n int) string {
	b := make([]byte, min(max(n, 0), maxRandom))
	for j := range b {
		b[j] = byte(i.random(256))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// randInt draws from from up to, but not including, to.
func (i *instance) randInt(from, to int) int {
	if to <= from {
		return from
	}
	return from + int(i.random(uint64(to)-uint64(from)))
}

func (i *instance) uuid() string {
	const hex = "0123456789abcdef"
	b := []byte("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx")
	for j, c := range b {
		switch c {
		case 'x':
			b[j] = hex[i.random(16)]
		case 'y':
			b[j] = hex[8+i.random(4)]
		}
	}
	return string(b)
}

func (i *instance) shuffle(s string) string {
	r := []rune(s)
	for j := len(r) - 1; j > 0; j-- {
		k := int(i.random(uint64(j + 1)))
		r[j], r[k] = r[k], r[j]
	}
	return string(r)
}

// dateInZone takes zones as sprig does: an unknown one is UTC.
func (i *instance) dateInZone(layout string, t any, zone string) (string, error) {
	loc, err := i.zone(zone)
	if err != nil {
		return "", err
	}
	return i.timeOf(t).In(loc).Format(layout), nil
}

// zone reads a time zone from the system. The local one is that of the clock: a
// template must print the same for the same Env.
func (i *instance) zone(name string) (*time.Location, error) {
	if name == "Local" {
		return i.env.Now.Location(), nil
	}
	if loc, ok := i.zones[name]; ok {
		return loc, nil
	}
	if err := i.step(500); err != nil { // it opens files
		return nil, err
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = time.UTC
	}
	if i.zones == nil || len(i.zones) > 100 {
		i.zones = map[string]*time.Location{}
	}
	i.zones[name] = loc
	return loc, nil
}

// timeOf reads what sprig's date functions take: a time or Unix seconds. What is
// neither is now.
func (i *instance) timeOf(t any) time.Time {
	if t, ok := moment(t); ok {
		return t
	}
	if r, ok := number(t); ok {
		if seconds, _ := r.Float64(); seconds > -1<<53 && seconds < 1<<53 {
			return time.Unix(int64(seconds), 0).In(i.env.Now.Location())
		}
	}
	if seconds, err := strconv.ParseInt(text(t), 10, 54); err == nil {
		return time.Unix(seconds, 0).In(i.env.Now.Location())
	}
	return i.env.Now
}

// moment reads a time, also from a text in the form of RFC 3339.
func moment(t any) (time.Time, bool) {
	switch t := t.(type) {
	case time.Time:
		return t, true
	case *time.Time:
		if t != nil {
			return *t, true
		}
		return time.Time{}, false
	}
	s := text(t)
	if len(s) > 100 {
		return time.Time{}, false
	}
	out, err := time.Parse(time.RFC3339, s)
	return out, err == nil
}

// toDate reads a date; one without a zone is in UTC. What is none is the zero time.
func toDate(layout, s string) time.Time {
	t, _ := time.Parse(layout, s)
	return t
}

func mustToDate(layout, s string) (time.Time, error) { return time.Parse(layout, s) }

// duration writes seconds as 1m35s. Unlike sprig's it takes any number.
func duration(seconds any) string {
	n, _ := whole(seconds)
	return (time.Duration(n) * time.Second).String()
}

// lasting reads a duration, or the time since a moment.
func (i *instance) lasting(x any) time.Duration {
	switch x := x.(type) {
	case time.Duration:
		return x
	case time.Time:
		return i.env.Now.Sub(x)
	case string:
		d, _ := time.ParseDuration(x)
		return d
	}
	n, _ := whole(x)
	return time.Duration(n)
}

// rounded writes a duration's largest unit: 2y, 3mo, 4d, 5h, 6m, 7s.
func rounded(d time.Duration) string {
	const day = 24 * time.Hour
	d = d.Abs()
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{365 * day, "y"}, {30 * day, "mo"}, {day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d > u.length {
			return strconv.Itoa(int(d/u.length)) + u.name
		}
	}
	return "0s"
}
