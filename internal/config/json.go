package config

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// maxDepth is how deep lists and objects may stand in each other in JSON; destinations need three.
const maxDepth = 8

// readJSON makes a tree of a JSON object. It returns nil, and adds the problem, where the text is none.
func readJSON(p *problems, spec []byte) *node {
	d := json.NewDecoder(bytes.NewReader(spec))
	d.UseNumber()
	j := &jsonReader{problems: p, decoder: d}
	root := j.value(0)
	switch {
	case root == nil:
		return nil
	case root.kind != isTable:
		p.add(-1, "", "%s is not a JSON object; write for example {\"destinations\": [\"mx.example.com:25\"]}", root.show())
		return nil
	}
	if _, err := d.Token(); err != io.EOF {
		p.add(-1, "", "something follows the JSON object; remove it")
		return nil
	}
	return root
}

type jsonReader struct {
	*problems
	decoder *json.Decoder
}

// value reads one value; it returns nil, and adds the problem, where there is none.
func (j *jsonReader) value(depth int) *node {
	token, err := j.decoder.Token()
	if err != nil {
		return j.broken()
	}
	if depth > maxDepth {
		j.add(-1, "", "lists and objects stand too deep in each other; write plain ones")
		return nil
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return j.object(depth)
		}
		return j.list(depth)
	case string:
		return &node{kind: isText, off: -1, text: v}
	case bool:
		if v {
			return &node{kind: isTruth, off: -1, text: "true"}
		}
		return &node{kind: isTruth, off: -1, text: "false"}
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return &node{kind: isOther, off: -1, text: v.String()}
		}
		return &node{kind: isWhole, off: -1, text: v.String()}
	}
	return &node{kind: isOther, off: -1, text: "null"}
}

func (j *jsonReader) list(depth int) *node {
	n := &node{kind: isList, off: -1}
	for j.decoder.More() {
		item := j.value(depth + 1)
		if item == nil {
			return nil
		}
		n.items = append(n.items, item)
	}
	if _, err := j.decoder.Token(); err != nil {
		return j.broken()
	}
	return n
}

func (j *jsonReader) object(depth int) *node {
	n := &node{kind: isTable, off: -1}
	for j.decoder.More() {
		token, err := j.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return j.broken()
		}
		v := j.value(depth + 1)
		if v == nil {
			return nil
		}
		if _, ok := n.find(name); ok {
			j.add(-1, bare(name), "it is there twice; remove one of the two")
			continue
		}
		n.put(entry{name, -1, v})
	}
	if _, err := j.decoder.Token(); err != nil {
		return j.broken()
	}
	return n
}

func (j *jsonReader) broken() *node {
	j.add(-1, "", "the settings are not JSON; write for example {\"destinations\": [\"mx.example.com:25\"]}")
	return nil
}
