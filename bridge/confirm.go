package bridge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// confirm returns what to answer in place of a call that a person has to confirm
// first: the question, or that there is no yes; nil when it may be sent.
func (b *Bridge) confirm(c Call, plan *request.Plan, t *tool.Tool, args tool.Args) *result.Result {
	if c.Approved || !b.o.Set.Confirm(t) {
		return nil
	}
	refused := &callError{kind: result.NotConfirmed, message: "the profile's policy requires a person to confirm " + t.Name,
		hint: "ask the person to type: " + b.command(t.Name, c.Arguments)}
	if !c.CanAsk {
		return b.failed(refused)
	}
	id := b.confirmation(c, t, args)
	switch answer, asked := c.Answers[id]; {
	case !asked:
		return &result.Result{Questions: []result.Question{{ID: id, Confirm: true, Message: b.mask.String(b.describe(plan, t, args))}}}
	case answer.Action == result.Accept && answer.Confirmed:
		return nil
	case answer.Action == result.Cancel:
		refused.message = "the person was asked to confirm " + t.Name + " and gave no answer; nothing was sent"
	case answer.Action == result.Accept:
		refused.message = "the person was asked to confirm " + t.Name + " and did not tick the box; nothing was sent"
		refused.hint = "do not call it again unless the person asks for it"
	default:
		refused.message = "the person was asked to confirm " + t.Name + " and said no; nothing was sent"
		refused.hint = "do not call it again unless the person asks for it"
	}
	return b.failed(refused)
}

// confirmation names what a person says yes to: this tool with these arguments, as
// this account, as the profile is now. With anything else the old yes is not found.
func (b *Bridge) confirmation(c Call, t *tool.Tool, args tool.Args) string {
	h := sha256.New()
	write := func(parts ...string) {
		for _, p := range parts {
			fmt.Fprintf(h, "%d:%s", len(p), p)
		}
	}
	write(b.o.Profile, b.o.Account, b.o.Set.Version(), t.Name)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		write(name, string(args[name]))
	}
	write("", string(c.Meta[request.MetaHeaders]), string(c.Meta[request.MetaQuery]))
	return "confirm-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// describe says what is about to be sent. The words of the question are ours; what
// the model chose stands behind them and cannot hide or add a line.
func (b *Bridge) describe(plan *request.Plan, t *tool.Tool, args tool.Args) string {
	text := "Allow this call? " + shown(t.Name, 128) + " of " + shown(b.o.Profile, 200)
	if b.o.Account != "" && b.o.Account != credential.DefaultAccount {
		text += ", as " + shown(b.o.Account, 100)
	}
	if !plan.Direct {
		text += "\n" + shown(plan.Method+" "+plan.URL, 600)
	}
	given, err := json.Marshal(args)
	if err == nil && len(args) > 0 {
		text += "\narguments: " + shown(string(given), 1500)
	}
	return text + "\nTick the box to allow it."
}

// shown makes text fit for one line of a question: nothing in it is invisible or
// turns the reading direction, and what is left out is said.
func shown(s string, most int) string {
	s = strings.NewReplacer("\n", "\uFFFD", "\t", "\uFFFD").Replace(plaintext.Show(s))
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return fmt.Sprintf("%s … (and %d characters more)", string(r[:most]), len(r)-most)
}
