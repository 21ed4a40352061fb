package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// spec is the settings of a domain: the JSON object that operate.Desk.PutDomain takes, key by key. What a form has no field for
// stays in it as it was.
type spec map[string]json.RawMessage

func parseSpec(text []byte) (spec, error) {
	s := spec{}
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("it is something else")
	}
	return s, nil
}

// twice returns a key that a JSON object has more than once, of which a reader would take the last; "" for none.
func twice(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	seen := spec{}
	for _, err := d.Token(); err == nil && d.More(); {
		key, _ := d.Token()
		name, _ := key.(string)
		if _, again := seen[name]; again {
			return name
		}
		var value json.RawMessage
		err = d.Decode(&value)
		seen[name] = value
	}
	return ""
}

// word returns a key as a form's select has it: the text, or true or false; "" where it is not set.
func (s spec) word(key string) string {
	var text string
	if raw, ok := s[key]; ok && json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	return text
}

// setWord sets a key to what word returns, or takes it out.
func (s spec) setWord(key, word string) {
	switch word {
	case "":
		delete(s, key)
	case "true", "false":
		s[key] = json.RawMessage(word)
	default:
		s.set(key, word)
	}
}

func (s spec) set(key string, value any) {
	s[key], _ = json.Marshal(value) // texts and lists of them: there is no error
}

// lines returns a list of names, or of groups of names, as lines, a group on one with commas.
func (s spec) lines(key string) string {
	var items []json.RawMessage
	if json.Unmarshal(s[key], &items) != nil {
		return ""
	}
	lines := make([]string, 0, len(items))
	for _, item := range items {
		var one string
		var group []string
		switch {
		case json.Unmarshal(item, &one) == nil:
			lines = append(lines, one)
		case json.Unmarshal(item, &group) == nil:
			lines = append(lines, strings.Join(group, ", "))
		}
	}
	return strings.Join(lines, "\n")
}

// setGroups sets a key to hosts in the order of their priority: each line is one, or several of equal priority with commas.
func (s spec) setGroups(key, text string) {
	var all []any
	for line := range strings.Lines(text) {
		switch group := names(line); len(group) {
		case 0:
		case 1:
			all = append(all, group[0])
		default:
			all = append(all, group)
		}
	}
	s.setList(key, all)
}

// setNames sets a key to names that stand on lines, or between commas.
func (s spec) setNames(key, text string) {
	var all []any
	for line := range strings.Lines(text) {
		for _, name := range names(line) {
			all = append(all, name)
		}
	}
	s.setList(key, all)
}

func (s spec) setList(key string, all []any) {
	if len(all) == 0 {
		delete(s, key)
		return
	}
	s.set(key, all)
}

// names cuts a line at its commas.
func names(line string) []string {
	var all []string
	for name := range strings.SplitSeq(line, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// without returns the keys but these, as an indented object; "" where there are none.
func (s spec) without(keys []string) string {
	rest := maps.Clone(s)
	for _, key := range keys {
		delete(rest, key)
	}
	if len(rest) == 0 {
		return ""
	}
	text, _ := json.MarshalIndent(rest, "", "  ") // it was read from JSON: there is no error
	return string(text)
}

// add takes over the keys of an object; those that have a field of their own are refused.
func (s spec) add(text string, taken []string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	more, err := parseSpec([]byte(text))
	if err != nil {
		return fmt.Errorf("it is not one JSON object (%s); write for example {\"valid_ttl\": \"48h\"}", jsonProblem(err, text))
	}
	if key := twice(text); key != "" {
		return fmt.Errorf("%q is there twice; write it once", key)
	}
	for _, key := range slices.Sorted(maps.Keys(more)) {
		if slices.Contains(taken, key) {
			return fmt.Errorf("%q has a field of its own on this page; leave it out here", key)
		}
		s[key] = more[key]
	}
	return nil
}

// jsonProblem says what is wrong with JSON, and in which line.
func jsonProblem(err error, text string) string {
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := text[:min(int(wrong.Offset), len(text))]
		return fmt.Sprintf("line %d: %v", strings.Count(before, "\n")+1, err)
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "it is something else"
	}
	return err.Error()
}

// text is the settings as they are stored.
func (s spec) text() []byte {
	text, _ := json.Marshal(s) // it was read from JSON, or written by set: there is no error
	return text
}
