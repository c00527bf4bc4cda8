package doc

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxAliased is how many nodes aliases and merge keys may add to a document.
const maxAliased = 1_000_000

// ParseYAML reads the first document of a YAML stream. Aliases are shared nodes
// and merge keys are applied. Keys are text: 200 becomes "200". Repeated keys
// (the last one wins), keys that are lists or tables (left out), further
// documents and repaired text are warnings. Everything else that is not YAML, more
// than [MaxDepth] levels, an alias inside itself, and aliases that stand for more
// than a million nodes are an *Error with its position.
func ParseYAML(file string, data []byte) (*Node, []Warning, error) {
	var w warnings
	n, err := parseYAML(file, decodeText(file, data, &w), &w)
	if err != nil {
		return nil, w.all(), err
	}
	return n, w.all(), nil
}

func parseYAML(file, text string, w *warnings) (*Node, error) {
	if err := tooDeepYAML(file, text); err != nil {
		return nil, err
	}
	if crowded(text) {
		return nil, &Error{Pos: Pos{file, 1, 1}, Message: TooMany}
	}
	root, more, err := readYAML(text)
	if err != nil {
		return nil, yamlError(file, text, err)
	}
	y := yamlReader{file: file, warn: w, done: map[*yaml.Node]*anchored{}, seen: map[string]int{}}
	if root == nil || root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return &Node{Kind: Null, Pos: Pos{file, 1, 1}}, nil
	}
	n, _, failure := y.convert(root.Content[0], 0)
	if failure != nil {
		return nil, failure
	}
	if more {
		w.add(n.Pos, "the file holds several YAML documents: only the first is read")
	}
	return n, nil
}

// readYAML runs the library. It panics on a few broken documents, which must not
// end the process.
func readYAML(text string) (root *yaml.Node, more bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("not readable as YAML: %v", r)
		}
	}()
	d := yaml.NewDecoder(strings.NewReader(text))
	var first yaml.Node
	if err := d.Decode(&first); errors.Is(err, io.EOF) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	var second yaml.Node
	return &first, !errors.Is(d.Decode(&second), io.EOF), nil
}

// extent is how large a node is with its aliases written out.
type extent struct{ nodes, height int }

// anchored is a converted node that aliases may stand for; node is nil while it
// is being converted.
type anchored struct {
	node *Node
	extent
}

type yamlReader struct {
	arena
	file    string
	warn    *warnings
	done    map[*yaml.Node]*anchored
	seen    map[string]int
	aliased int
}

func (y *yamlReader) pos(n *yaml.Node) Pos { return Pos{y.file, n.Line, n.Column} }

func (y *yamlReader) fail(n *yaml.Node, message string) *Error {
	return &Error{Pos: y.pos(n), Message: message}
}

func (y *yamlReader) convert(n *yaml.Node, depth int) (*Node, extent, *Error) {
	if depth > MaxDepth {
		return nil, extent{}, y.fail(n, "more than "+strconv.Itoa(MaxDepth)+" levels of nesting")
	}
	if n.Kind == yaml.AliasNode {
		return y.alias(n, depth)
	}
	var entry *anchored
	if n.Anchor != "" {
		entry = &anchored{}
		y.done[n] = entry
	}
	out, size, err := y.plain(n, depth)
	if err == nil && entry != nil {
		*entry = anchored{out, size}
	}
	return out, size, err
}

func (y *yamlReader) plain(n *yaml.Node, depth int) (*Node, extent, *Error) {
	switch n.Kind {
	case yaml.SequenceNode:
		return y.list(n, depth)
	case yaml.MappingNode:
		return y.table(n, depth)
	}
	return y.scalar(n), extent{1, 0}, nil
}

func (y *yamlReader) alias(n *yaml.Node, depth int) (*Node, extent, *Error) {
	target := y.done[n.Alias]
	if target == nil || target.node == nil {
		return nil, extent{}, y.fail(n, "the alias stands inside what it stands for")
	}
	if y.aliased += target.nodes; y.aliased > maxAliased {
		return nil, extent{}, y.fail(n, "aliases stand for more than "+strconv.Itoa(maxAliased)+" nodes")
	}
	if depth+target.height > MaxDepth {
		return nil, extent{}, y.fail(n, "more than "+strconv.Itoa(MaxDepth)+" levels of nesting")
	}
	out := y.node(target.node.Kind, y.pos(n))
	at := out.Pos
	*out = *target.node
	out.Pos = at
	return out, target.extent, nil
}

func (y *yamlReader) list(n *yaml.Node, depth int) (*Node, extent, *Error) {
	out := y.node(List, y.pos(n))
	size := extent{1, 0}
	if len(n.Content) > 0 {
		out.Items = make([]*Node, 0, len(n.Content))
	}
	for _, c := range n.Content {
		item, e, err := y.convert(c, depth+1)
		if err != nil {
			return nil, extent{}, err
		}
		out.Items = append(out.Items, item)
		size = size.with(e)
	}
	return out, size, nil
}

func (e extent) with(child extent) extent {
	return extent{e.nodes + child.nodes, max(e.height, child.height+1)}
}

func (y *yamlReader) table(n *yaml.Node, depth int) (*Node, extent, *Error) {
	out := y.node(Table, y.pos(n))
	size := extent{1, 0}
	var merges []*yaml.Node
	members := make([]Member, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			y.warn.add(y.pos(n.Content[i]), "a key that is not text: left out")
			continue
		}
		v, e, err := y.convert(value, depth+1)
		if err != nil {
			return nil, extent{}, err
		}
		members = append(members, Member{key.Value, y.pos(n.Content[i]), v})
		size = size.with(e)
	}
	out.Members = uniqueMembers(members, y.seen, y.warn)
	for _, m := range merges {
		e, err := y.merge(out, m, depth)
		if err != nil {
			return nil, extent{}, err
		}
		size = size.with(e)
	}
	return out, size, nil
}

// merge adds the members of a merge key's tables that out does not have.
func (y *yamlReader) merge(out *Node, value *yaml.Node, depth int) (extent, *Error) {
	from, size, err := y.convert(value, depth)
	if err != nil {
		return extent{}, err
	}
	tables := []*Node{from}
	if from.Kind == List {
		tables = from.Items
	}
	have := make(map[string]bool, len(out.Members))
	for _, m := range out.Members {
		have[m.Key] = true
	}
	for _, t := range tables {
		if t.Kind != Table {
			return extent{}, y.fail(value, "a merge key needs a table or a list of tables")
		}
		for _, m := range t.Members {
			if !have[m.Key] {
				have[m.Key] = true
				out.Members = append(out.Members, m)
			}
		}
	}
	return size, nil
}

func (y *yamlReader) scalar(n *yaml.Node) *Node {
	out := y.node(String, y.pos(n))
	out.Text = n.Value
	switch n.ShortTag() {
	case "!!null":
		out.Kind, out.Text = Null, ""
	case "!!bool":
		if word := strings.ToLower(n.Value); word == "true" || word == "false" {
			out.Kind, out.Text, out.Bool = Bool, "", word == "true"
		}
	case "!!int", "!!float":
		if numberJSON(n.Value) != "null" {
			out.Kind = Number
		}
	}
	return out
}
