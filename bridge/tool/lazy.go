package tool

// lazy holds what is made from a Tool on first use: its parsed templates and
// its argument checks.
type lazy struct{}
