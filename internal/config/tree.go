package config

import (
	"strconv"
	"strings"
)

// kind is what a value is.
type kind uint8

const (
	isText kind = iota + 1
	isWhole
	isTruth
	isList
	isTable
	isOther // a fraction, a date, a time, or null: nothing here takes one
)

// made says how a table or a list came to be, which decides what may be added to it (TOML 1.0, "Table",
// "Inline Table", "Array of Tables").
type made uint8

const (
	asValue  made = iota // {…} or […]: whole as it stands
	onTheWay             // by the header of a table inside it
	byDots               // by a dotted key
	byHeader             // by its own header
)

// node is a value and where it was written.
type node struct {
	kind  kind
	made  made
	off   int            // in octets from the start of the document, -1 if it has no place
	text  string         // what a text says; anything else plain as it was written
	items []*node        // of a list
	keys  []entry        // of a table, in their order
	index map[string]int // of keys, once there are many
}

// entry is one key of a table.
type entry struct {
	name string
	off  int
	node *node
}

// manyKeys is the size from which a table is worth an index; nearly all stay below.
const manyKeys = 16

func (n *node) find(name string) (entry, bool) {
	if n.index != nil {
		i, ok := n.index[name]
		if !ok {
			return entry{}, false
		}
		return n.keys[i], true
	}
	for _, e := range n.keys {
		if e.name == name {
			return e, true
		}
	}
	return entry{}, false
}

// put adds a key that the table does not have yet.
func (n *node) put(e entry) {
	n.keys = append(n.keys, e)
	switch {
	case n.index != nil:
		n.index[e.name] = len(n.keys) - 1
	case len(n.keys) == manyKeys:
		n.index = make(map[string]int, 2*manyKeys)
		for i, k := range n.keys {
			n.index[k.name] = i
		}
	}
}

// show names the value in a message.
func (n *node) show() string {
	switch n.kind {
	case isText:
		return show(n.text)
	case isList:
		return "a list"
	case isTable:
		return "a table"
	}
	return strings.Trim(show(n.text), `"`)
}

// whole returns a whole number; ok is false where it does not fit.
func (n *node) whole() (value int64, ok bool) {
	digits := n.text
	if len(digits) < 2 || digits[0] != '0' {
		value, err := strconv.ParseInt(strings.ReplaceAll(digits, "_", ""), 10, 64)
		return value, err == nil
	}
	value, err := strconv.ParseInt(digits, 0, 64) // 0x, 0o, 0b
	return value, err == nil
}
