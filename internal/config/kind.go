package config

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"callout/internal/domains"
)

// takes says what a key takes: in words, and as what reads it.
type takes struct {
	words   string        // for the documentation
	example string        // for a mend, where the default says too little
	read    func(reading) // checks the value and puts it where it belongs
}

// reading is one value on its way to where it belongs.
type reading struct {
	*problems
	key   *key
	label string // what the key is called in problems
	node  *node
	to    target
}

// target is where values go.
type target struct {
	file     *fileReader       // nil for the settings of one domain
	settings *domains.Settings // of the file, or of the domain
	domain   *domains.Domain   // nil for the file
	later    *later            // what can't be judged before the keys beside it are known
}

// fail says what is wrong with the value, at its place.
func (r reading) fail(format string, args ...any) { r.add(r.node.off, r.label, format, args...) }

// failItem says what is wrong with one value of the list, at its place.
func (r reading) failItem(item *node, format string, args ...any) {
	r.add(item.off, r.label, format, args...)
}

// is reports whether the value is of a kind, and says so where it is not.
func (r reading) is(k kind, what string) bool {
	if r.node.kind == k {
		return true
	}
	example := r.key.takes.example
	if example == "" {
		example = r.key.def
	}
	if k == isList && r.node.kind == isText {
		example = "[" + r.node.show() + "]"
	}
	r.fail("%s is not %s; write for example %s", r.node.show(), what, example)
	return false
}

// truth takes true and false.
func truth(at func(target) *bool) takes {
	return takes{words: "true or false", read: func(r reading) {
		if r.node.kind != isTruth {
			r.fail("%s is neither true nor false; write one of them, without quotes", r.node.show())
			return
		}
		*at(r.to) = r.node.text == "true"
	}}
}

// whole takes a whole number within bounds.
func whole(least, most int, at func(target) *int) takes {
	words := fmt.Sprintf("a whole number from %d to %d", least, most)
	return takes{words: words, read: func(r reading) {
		if !r.is(isWhole, "a whole number") {
			return
		}
		n, ok := r.node.whole()
		if !ok || n < int64(least) || n > int64(most) {
			r.fail("%s is out of range; write %s", r.node.show(), words)
			return
		}
		if at != nil {
			*at(r.to) = int(n)
		}
	}}
}

// choice takes one of a few words.
func choice(set func(to target, word string), words ...string) takes {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	last := len(quoted) - 1
	list := strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	return takes{words: list, read: func(r reading) {
		for _, w := range words {
			if r.node.kind == isText && r.node.text == w {
				set(r.to, w)
				return
			}
		}
		r.fail("%s is not possible; write %s", r.node.show(), list)
	}}
}

// text takes what parse accepts. parse returns the normalised text; its error names the value.
func text(words string, parse func(string) (string, error), at func(target) *string) takes {
	return takes{words: words, read: func(r reading) {
		if !r.is(isText, "text") {
			return
		}
		s, err := parse(r.node.text)
		if err != nil {
			r.fail("%s", err)
			return
		}
		*at(r.to) = s
	}}
}

// duration takes a duration within bounds.
func duration(least, most time.Duration, at func(*domains.Settings) *time.Duration) takes {
	words := "a duration from " + showDuration(least) + " to " + showDuration(most)
	return takes{words: words, read: func(r reading) { r.duration(words, least, most, at(r.to.settings)) }}
}

// durationOrOff is duration that takes "0" as well.
func durationOrOff(least, most time.Duration, at func(*domains.Settings) *time.Duration) takes {
	words := wordsOrOff(least, most)
	return takes{words: words, read: func(r reading) { r.durationOrOff(words, least, most, at(r.to.settings)) }}
}

func wordsOrOff(least, most time.Duration) string {
	return "\"0\", or a duration from " + showDuration(least) + " to " + showDuration(most)
}

func (r reading) durationOrOff(words string, least, most time.Duration, to *time.Duration) {
	if r.node.kind == isText {
		if d, err := ParseDuration(r.node.text); err == nil && d == 0 {
			*to = 0
			return
		}
	}
	r.duration(words, least, most, to)
}

func (r reading) duration(words string, least, most time.Duration, to *time.Duration) {
	if r.node.kind == isWhole {
		r.noUnit()
		return
	}
	if !r.is(isText, "a duration") {
		return
	}
	d, err := ParseDuration(r.node.text)
	switch {
	case err == errNoUnit:
		r.noUnit()
	case err != nil:
		r.fail("%s is not a duration; write for example %s", r.node.show(), r.key.def)
	case d < 0:
		r.fail("%s is negative; write %s", r.node.show(), words)
	case d < least:
		r.fail("%s is too short; write %s", r.node.show(), words)
	case d > most:
		r.fail("%s is too long; write %s", r.node.show(), words)
	default:
		*to = d
	}
}

func (r reading) noUnit() {
	n := r.node.text
	if len(n) > 9 || strings.Trim(n, "0123456789") != "" {
		r.fail("%s has no unit; write for example %s", r.node.show(), r.key.def)
		return
	}
	r.fail("%s has no unit; write \"%ss\", \"%sm\" or \"%sh\"", r.node.show(), n, n, n)
}

// none takes what says no more than the default of a key that this version does not have; each of allowed is
// a value as the file has it. lacks says what is missing.
func none(k kind, lacks string, allowed ...string) takes {
	names := map[kind]string{isText: "text", isList: "a list", isTruth: "true or false"}
	words := "in this version only " + strings.Join(allowed, " or ")
	return takes{words: words, example: allowed[0], read: func(r reading) {
		if !r.is(k, names[k]) {
			return
		}
		if k == isList && !r.textsOnly() {
			return
		}
		written := r.node.text
		switch {
		case k == isText:
			written = strconv.Quote(written)
		case k == isList && len(r.node.items) == 0:
			written = "[]"
		}
		for _, a := range allowed {
			if written == a {
				return
			}
		}
		r.fail("this version does not have %s yet; leave the key out", lacks)
	}}
}

// textsOnly reports whether a list holds nothing but text, and says where it does not.
func (r reading) textsOnly() bool {
	for _, item := range r.node.items {
		if item.kind != isText {
			r.failItem(item, "%s is not text; write a list of texts, for example [\"a\", \"b\"]", item.show())
			return false
		}
	}
	return true
}

// logLevel is the slog level of a word of log.level.
func logLevel(word string) slog.Level {
	switch word {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}
