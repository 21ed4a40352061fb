package logline

import (
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// Fields are the fields of one line, in the order in which they are added. Keys are words: they are written as they
// are.
type Fields struct {
	asText bool
	line   []byte      // where it is text: the line so far
	attrs  []slog.Attr // where it is not: the fields so far
	clock  clock
}

// String adds a text.
func (f *Fields) String(key, value string) {
	if !f.asText {
		f.attrs = append(f.attrs, slog.String(key, value))
		return
	}
	f.key(key)
	f.line = appendQuoted(f.line, value)
}

// Bytes adds a text, which is not kept.
func (f *Fields) Bytes(key string, value []byte) {
	if !f.asText {
		f.attrs = append(f.attrs, slog.String(key, string(value)))
		return
	}
	f.key(key)
	f.line = appendQuoted(f.line, value)
}

// Int adds a number.
func (f *Fields) Int(key string, value int) {
	if !f.asText {
		f.attrs = append(f.attrs, slog.Int(key, value))
		return
	}
	f.key(key)
	f.line = strconv.AppendInt(f.line, int64(value), 10)
}

// Bool adds a yes or no.
func (f *Fields) Bool(key string, value bool) {
	if !f.asText {
		f.attrs = append(f.attrs, slog.Bool(key, value))
		return
	}
	f.key(key)
	f.line = strconv.AppendBool(f.line, value)
}

// Duration adds a span of time.
func (f *Fields) Duration(key string, value time.Duration) {
	if !f.asText {
		f.attrs = append(f.attrs, slog.Duration(key, value))
		return
	}
	f.key(key)
	f.line = append(f.line, value.String()...)
}

// key begins a field of a text.
func (f *Fields) key(key string) {
	f.line = append(f.line, ' ')
	f.line = append(f.line, key...)
	f.line = append(f.line, '=')
}

// begin makes f the fields of a text, and writes what every line has.
func (f *Fields) begin(t time.Time, level slog.Level, msg string) {
	f.asText = true
	if !t.IsZero() {
		f.line = append(f.line, "time="...)
		f.line = f.clock.append(f.line, t)
		f.line = append(f.line, ' ')
	}
	f.line = append(f.line, "level="...)
	f.line = append(f.line, level.String()...)
	f.String("msg", msg)
}

// free holds Fields to be used again.
var free = sync.Pool{New: func() any { return &Fields{line: make([]byte, 0, 1024)} }}

// mostKept is the longest line whose memory is kept.
const mostKept = 16 << 10

func take() *Fields { return free.Get().(*Fields) }

func (f *Fields) release() {
	if cap(f.line) > mostKept {
		return
	}
	clear(f.attrs) // they hold what was logged
	f.asText, f.line, f.attrs = false, f.line[:0], f.attrs[:0]
	free.Put(f)
}
