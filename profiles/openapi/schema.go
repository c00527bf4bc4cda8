package openapi

import (
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

const (
	// maxLevels is the depth to which schemas are written out: one more than package
	// bridge/tool lists, so that it sees that there is more.
	maxLevels = 33
	// maxNodes is how many schemas are written out for one operation, fewNodes how many
	// when nobody knows yet how deep they go, and maxTotal how many for a whole
	// document, before its operations have to do with little.
	maxNodes = 20_000
	fewNodes = 5_000
	maxTotal = 1_000_000
	// maxSchema is how many bytes the schemas of one operation may have. Package
	// bridge/tool brings them down to what clients take.
	maxSchema      = 192 << 10
	maxCut         = 32 << 10 // of one operation that is too large: what a model can read
	maxSchemas     = 24 << 20 // of all operations, before these have to do with little
	maxDescription = 500      // bytes, of a schema
)

const (
	deeper    = "Nested more deeply than is shown here."
	fileHint  = "The path of a local file (absolute, ~/… or file:///…) in a folder that the profile allows, or its bytes as data:TYPE;base64,… or base64."
	bytesHint = "Base64."
)

// converted is a schema written out, with what must be known to use it elsewhere.
type converted struct {
	n      *doc.Node
	size   int // bytes of its JSON, about
	height int // levels of schemas
	low    int // the lowest place on the stack that it leads back to
}

// converter writes schemas of a document out as JSON Schema 2020-12: references and
// allOf resolved, what only answers need left out. Nodes it returns may be shared
// and must not be changed.
type converter struct {
	r     *reader
	cache map[cacheKey]converted
	stack []node // what is being written out, by reference
	files bool   // bytes may come from files: the body is multipart or raw

	levels int // of this attempt
	nodes  int // left in this attempt
	total  int // of all attempts
	bytes  int // of all schemas that operations have got
	deep   int // operations whose schemas had to be cut
	cuts   int // places at which something was left out
}

// cacheKey is a schema with how many levels it had room for; room 0 stands for a
// schema that had enough.
type cacheKey struct {
	n     node
	files bool
	room  int
}

func (c *converter) init(r *reader) {
	c.r, c.cache = r, map[cacheKey]converted{}
}

// short reports that the document has had its room.
func (c *converter) short() bool { return c.total > maxTotal || c.bytes > maxSchemas }

// begin starts an attempt at so many levels, with so many schemas.
func (c *converter) begin(levels, nodes int) {
	c.levels, c.nodes, c.cuts, c.stack = levels, nodes, 0, c.stack[:0]
}

// over reports that the attempt had not enough room.
func (c *converter) over() bool { return c.nodes < 0 }

// none is the schema that says nothing.
func none(low int) converted {
	return converted{&doc.Node{Kind: doc.Table}, 2, 1, low}
}

// far is the low of what leads back to nothing.
const far = 1 << 30

// schema writes out one schema at a level.
func (c *converter) schema(n node, level int) converted {
	c.nodes--
	c.total++
	if c.nodes < 0 {
		c.cuts++
		return none(far)
	}
	switch n.kind() {
	case falsehood:
		return converted{table1("not", &doc.Node{Kind: doc.Table}), 10, 1, far}
	case table:
	default:
		return none(far)
	}
	k := cacheKey{n, c.files, 0}
	if ref, ok := n.ref(); ok && bare(n) {
		to, reason := c.target(n)
		if reason != "" {
			c.r.warn(n.at(), reason)
			return none(far)
		}
		if at := c.open(to); at >= 0 {
			return c.again(ref, at)
		}
		k.n = to
	}
	if known, ok := c.cache[k]; ok && level+known.height-1 <= c.levels {
		return known
	}
	if k.room = c.levels - level + 1; k.room > 0 {
		if known, ok := c.cache[k]; ok {
			c.cuts++
			return known
		}
	}
	return c.fresh(n, k, level)
}

// fresh writes out what is not in the cache, or is too deep there.
func (c *converter) fresh(n node, k cacheKey, level int) converted {
	cuts, base := c.cuts, len(c.stack)
	if level > c.levels {
		c.cuts++
		return c.shallow(n)
	}
	a := &parts{c: c, low: far}
	a.add(n, false)
	out := a.write(level)
	c.stack = c.stack[:base]
	if out.low >= base {
		out.low = far // it leads back to nothing outside of itself
	}
	if out.low != far || c.over() {
		return out // other places would get something else
	}
	if c.cuts == cuts {
		k.room = 0
	}
	c.cache[k] = out
	return out
}

// shallow says only of which type a schema is.
func (c *converter) shallow(n node) converted {
	out := describeTable(deeper)
	if to, reason := c.target(n); reason == "" && to.get("type").isText() && to.get("type").str() != "object" {
		out.Members = append([]doc.Member{{Key: "type", Value: textNode(to.get("type").str())}}, out.Members...)
	}
	return converted{out, 80, 1, far}
}

func describeTable(description string) *doc.Node { return table1("description", textNode(description)) }

// again stands for a schema inside of itself.
func (c *converter) again(ref string, at int) converted {
	return converted{&doc.Node{Kind: doc.Table, Members: []doc.Member{
		{Key: "type", Value: textNode("object")},
		{Key: "description", Value: textNode("See " + lastToken(ref) + " above.")},
	}}, 60, 1, at}
}

// target follows the reference of a schema. One that only the enclosing schema's
// $defs can satisfy is looked up there.
func (c *converter) target(n node) (node, string) {
	to, reason := c.r.resolve(n)
	if reason == "" {
		return to, ""
	}
	ref, _ := n.ref()
	for _, place := range []string{"#/$defs/", "#/definitions/"} {
		name, ok := strings.CutPrefix(ref, place)
		if !ok {
			continue
		}
		for i := len(c.stack) - 1; i >= 0; i-- {
			if found := c.stack[i].get(place[2 : len(place)-1]).pointer("/" + name); found.exists() {
				return c.r.resolve(found)
			}
		}
	}
	return to, reason
}

// open returns where on the stack a schema is being written out, or -1.
func (c *converter) open(n node) int {
	for i := len(c.stack) - 1; i >= 0; i-- {
		if c.stack[i] == n {
			return i
		}
	}
	return -1
}

// bare reports a reference without anything beside it that counts.
func bare(n node) bool {
	for k := range n.members {
		if s := k.text(); s != "$ref" && !strings.HasPrefix(s, "x-") {
			return false
		}
	}
	return true
}

// lastToken is the name at the end of a reference.
func lastToken(ref string) string {
	ref = strings.TrimSuffix(ref, "/")
	if i := strings.LastIndexAny(ref, "/#"); i >= 0 {
		ref = ref[i+1:]
	}
	if decoded, err := url.PathUnescape(ref); err == nil {
		ref = decoded
	}
	return cut(strings.NewReplacer("~1", "/", "~0", "~").Replace(ref), 60)
}

// value copies a value that is no schema: a default, one of an enum.
func (c *converter) value(n node) *doc.Node {
	c.nodes--
	c.total++
	if c.nodes < 0 {
		return &doc.Node{}
	}
	switch n.kind() {
	case truth, falsehood:
		return &doc.Node{Kind: doc.Bool, Bool: n.isTrue()}
	case number:
		return &doc.Node{Kind: doc.Number, Text: n.text()}
	case text:
		return textNode(n.str())
	case list:
		out := &doc.Node{Kind: doc.List}
		for item := range n.items {
			out.Items = append(out.Items, c.value(item))
		}
		return out
	case table:
		out := &doc.Node{Kind: doc.Table}
		for k, v := range n.members {
			out.Members = append(out.Members, doc.Member{Key: k.text(), Value: c.value(v)})
		}
		return out
	}
	return &doc.Node{}
}

func textNode(s string) *doc.Node { return &doc.Node{Kind: doc.String, Text: s} }

func table1(key string, v *doc.Node) *doc.Node {
	return &doc.Node{Kind: doc.Table, Members: []doc.Member{{Key: key, Value: v}}}
}

// cut shortens text to about most bytes, at a blank where there is one near.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = strings.ToValidUTF8(s[:most-3], "")
	if i := strings.LastIndexAny(s, " \n"); i > len(s)*3/4 {
		s = s[:i]
	}
	return strings.TrimRight(s, " \n,;:") + "…"
}
