package config

import (
	"bytes"
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"
)

// readTOML makes a tree of the document. whole is false where the syntax is broken, so that the rest of the
// document could not be read. Keys that are set twice are problems too, but the tree goes on.
//
// The tree is made from the parser's expressions and not by decoding into a map, because decoding forgets where
// a value was written, and takes a [table] as readily as a [[table]].
func readTOML(p *problems) (root *node, whole bool) {
	data := p.doc.data
	data, _ = bytes.CutPrefix(data, []byte("\ufeff")) // Windows editors begin a file so
	p.doc.data = data
	t := &tomlReader{problems: p, root: &node{kind: isTable, made: byHeader}}
	t.table = t.root
	t.parser.Reset(data)
	for !p.full() && t.parser.NextExpression() {
		t.expression(t.parser.Expression())
	}
	if broken, ok := errors.AsType[*unstable.ParserError](t.parser.Error()); ok {
		off := int(t.parser.Range(broken.Highlight).Offset)
		p.add(off, "", "%s", syntaxMend(data, off, broken.Message))
		return t.root, false
	}
	return t.root, true
}

type tomlReader struct {
	*problems
	parser unstable.Parser
	root   *node
	table  *node // the one of the last header
}

func (t *tomlReader) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.KeyValue:
		t.keyValue(t.table, e)
	case unstable.Table, unstable.ArrayTable:
		t.header(e)
	}
}

// header makes the table of a [header] or [[header]], which the key-values after it belong to.
func (t *tomlReader) header(e *unstable.Node) {
	at := t.root
	t.table = &node{kind: isTable} // takes what follows a header that is wrong
	for part := e.Key(); part.Next(); {
		name, off := string(part.Node().Data), int(part.Node().Raw.Offset)
		if part.IsLast() {
			t.table = t.open(at, name, off, e.Kind == unstable.ArrayTable)
			return
		}
		child, ok := at.find(name)
		switch {
		case !ok:
			child.node = &node{kind: isTable, made: onTheWay, off: off}
			at.put(entry{name, off, child.node})
		case child.node.made == asValue:
			t.twice(name, off, child)
			return
		case child.node.kind == isList:
			child.node = child.node.items[len(child.node.items)-1]
		}
		at = child.node
	}
}

// open returns the table that a header names: a new one, one that was made on the way to another, or the next
// item of a list.
func (t *tomlReader) open(at *node, name string, off int, list bool) *node {
	fresh := &node{kind: isTable, made: byHeader, off: off}
	old, ok := at.find(name)
	switch {
	case !ok && list:
		at.put(entry{name, off, &node{kind: isList, made: byHeader, off: off, items: []*node{fresh}}})
	case !ok:
		at.put(entry{name, off, fresh})
	case list && old.node.kind == isList && old.node.made == byHeader:
		old.node.items = append(old.node.items, fresh)
	case !list && old.node.kind == isTable && old.node.made == onTheWay:
		old.node.made, old.node.off = byHeader, off
		return old.node
	default:
		t.twice(name, off, old)
	}
	return fresh
}

// keyValue adds a possibly dotted key to a table.
func (t *tomlReader) keyValue(at *node, e *unstable.Node) {
	for part := e.Key(); part.Next(); {
		name, raw := string(part.Node().Data), part.Node().Raw
		off := int(raw.Offset)
		child, ok := at.find(name)
		switch {
		case part.IsLast() && ok:
			t.twice(name, off, child)
		case part.IsLast():
			at.put(entry{name, off, t.value(e.Value(), t.afterEquals(off+int(raw.Length)))})
		case !ok:
			next := &node{kind: isTable, made: byDots, off: off}
			at.put(entry{name, off, next})
			at = next
		case child.node.made != byDots:
			t.twice(name, off, child)
			return
		default:
			at = child.node
		}
	}
}

// afterEquals returns where the value begins whose key ends at off: the parser does not say it of a list.
func (t *tomlReader) afterEquals(off int) int {
	for off < len(t.doc.data) && (t.doc.data[off] == ' ' || t.doc.data[off] == '\t' || t.doc.data[off] == '=') {
		off++
	}
	return off
}

// value makes the node of a value; off is where it begins, as well as the caller knows.
func (t *tomlReader) value(v *unstable.Node, off int) *node {
	if v.Raw.Length > 0 {
		off = int(v.Raw.Offset)
	}
	n := &node{off: off}
	switch v.Kind {
	case unstable.String:
		n.kind, n.text = isText, string(v.Data)
	case unstable.Integer:
		n.kind, n.text = isWhole, string(v.Data)
	case unstable.Bool:
		n.kind, n.text = isTruth, string(v.Data)
	case unstable.Array:
		n.kind = isList
		for item := v.Children(); item.Next(); {
			n.items = append(n.items, t.value(item.Node(), off))
		}
	case unstable.InlineTable:
		n.kind = isTable
		for item := v.Children(); item.Next(); {
			t.keyValue(n, item.Node())
		}
	default:
		n.kind, n.text = isOther, string(v.Data)
	}
	return n
}

// twice says that a key or table is there already.
func (t *tomlReader) twice(name string, off int, old entry) {
	line := t.doc.position(old.off).Line
	t.add(off, bare(name), "it is in line %d already; put both together there", line)
}
