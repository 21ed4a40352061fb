package logline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// field is one field of a line, for both ways of writing it.
type field struct {
	attr slog.Attr
	add  func(*Fields)
}

// texts are values in which everything that slog treats in its own way comes up often.
var texts = rapid.OneOf(
	rapid.StringMatching(`[a-z0-9.@:-]{0,30}`),
	rapid.StringMatching(`[a-z =\\\x7f]{0,12}`),
	rapid.StringOf(rapid.RuneFrom([]rune("a\"\\= \n\t\x00\x1f\x7f\u0080\u00a0é\u200b\u2028\u2029\ufeff\ufffd漢😀\U0010ffff<>&'`"))),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
	rapid.String(),
)

// fields draws one of any kind.
func fields(t *rapid.T) field {
	key := rapid.SampledFrom([]string{"front", "domain", "code", "took", "reply"}).Draw(t, "key")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		v := texts.Draw(t, "string")
		return field{slog.String(key, v), func(f *Fields) { f.String(key, v) }}
	case 1:
		v := texts.Draw(t, "bytes")
		return field{slog.String(key, v), func(f *Fields) { f.Bytes(key, []byte(v)) }}
	case 2:
		v := rapid.Int().Draw(t, "int")
		return field{slog.Int(key, v), func(f *Fields) { f.Int(key, v) }}
	case 3:
		v := rapid.Bool().Draw(t, "bool")
		return field{slog.Bool(key, v), func(f *Fields) { f.Bool(key, v) }}
	}
	v := time.Duration(rapid.Int64().Draw(t, "duration") >> rapid.IntRange(0, 63).Draw(t, "shorter"))
	return field{slog.Duration(key, v), func(f *Fields) { f.Duration(key, v) }}
}

// times draws one of a few seconds of a few zones, so that one often follows another of the same second.
func times(t *rapid.T) time.Time {
	if rapid.IntRange(0, 20).Draw(t, "no time") == 0 {
		return time.Time{}
	}
	zone := rapid.SampledFrom([]*time.Location{time.UTC, time.Local, time.FixedZone("", 5*3600+1800), time.FixedZone("", -3600)}).Draw(t, "zone")
	second := rapid.SampledFrom([]int64{-1, 0, 1774745999, 1774746000}).Draw(t, "second")
	return time.Unix(second, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
}

// A line is what slog's handlers make of the same fields, to the octet, whichever handler it goes through.
func TestLinesAreThoseOfSlog(t *testing.T) {
	var got, want bytes.Buffer
	level := slog.LevelDebug
	options := &slog.HandlerOptions{Level: level}
	pairs := map[string]struct{ got, want slog.Handler }{
		"text":      {NewTextHandler(&got, level), slog.NewTextHandler(&want, options)},
		"slog text": {slog.NewTextHandler(&got, options), slog.NewTextHandler(&want, options)},
		"json":      {slog.NewJSONHandler(&got, options), slog.NewJSONHandler(&want, options)},
		"with":      {NewTextHandler(&got, level).WithAttrs([]slog.Attr{slog.Int("a", 1)}), slog.NewTextHandler(&want, options).WithAttrs([]slog.Attr{slog.Int("a", 1)})},
		"in group":  {NewTextHandler(&got, level).WithGroup("g"), slog.NewTextHandler(&want, options).WithGroup("g")},
	}
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SliceOfN(rapid.Custom(fields), 0, 20).Draw(t, "fields")
		when, level, msg := times(t), slog.Level(rapid.IntRange(-5, 9).Draw(t, "level")), texts.Draw(t, "msg")
		for name, pair := range pairs {
			got.Reset()
			want.Reset()
			Log(context.Background(), pair.got, when, level, msg, func(f *Fields) {
				for _, field := range line {
					field.add(f)
				}
			})
			record := slog.NewRecord(when, level, msg, 0)
			for _, field := range line {
				record.AddAttrs(field.attr)
			}
			pair.want.Handle(context.Background(), record)
			if got.String() != want.String() {
				t.Fatalf("%s:\n%q\nslog:\n%q", name, got.String(), want.String())
			}
		}
	})
}

// What is logged through slog is slog's, and the level holds for it.
func TestTheRestIsSlog(t *testing.T) {
	var got, want bytes.Buffer
	level := new(slog.LevelVar)
	for _, to := range []struct {
		out *bytes.Buffer
		log *slog.Logger
	}{
		{&got, slog.New(NewTextHandler(&got, level))},
		{&want, slog.New(slog.NewTextHandler(&want, &slog.HandlerOptions{Level: level}))},
	} {
		level.Set(slog.LevelInfo)
		to.log.Debug("not logged")
		to.log.With("a", "b c").WithGroup("g").Info("one", "err", errors.New("no"), "pair", []int{1, 2})
		level.Set(slog.LevelDebug)
		to.log.Debug("two", slog.Group("h", "x", time.Second))
	}
	withoutTime := func(b *bytes.Buffer) (lines [][]byte) {
		for line := range bytes.Lines(b.Bytes()) {
			_, rest, _ := bytes.Cut(line, []byte(" "))
			lines = append(lines, rest)
		}
		return lines
	}
	if g, w := withoutTime(&got), withoutTime(&want); len(g) != 2 || !bytes.Equal(bytes.Join(g, nil), bytes.Join(w, nil)) {
		t.Errorf("%q\nslog: %q", g, w)
	}
}

// A handler that keeps a record has it as it was, whatever is logged after it.
func TestARecordMayBeKept(t *testing.T) {
	var kept keeper
	for _, v := range []string{"one", "two"} {
		Log(context.Background(), &kept, time.Now(), slog.LevelInfo, "msg", func(f *Fields) {
			for range 8 {
				f.String("value", v)
			}
		})
	}
	for i, want := range []string{"one", "two"} {
		kept.records[i].Attrs(func(a slog.Attr) bool {
			if a.Value.String() != want {
				t.Errorf("record %d has %v; want %s", i, a, want)
			}
			return true
		})
	}
}

// keeper is a handler that keeps what comes.
type keeper struct {
	slog.Handler
	records []slog.Record
}

func (k *keeper) Handle(_ context.Context, r slog.Record) error {
	k.records = append(k.records, r)
	return nil
}

func BenchmarkLog(b *testing.B) {
	h := NewTextHandler(io.Discard, slog.LevelInfo)
	b.ReportAllocs()
	for b.Loop() {
		Log(b.Context(), h, time.Now(), slog.LevelInfo, "decision", func(f *Fields) {
			f.String("domain", "example.com")
			f.String("reply", "550 5.1.1 no such user")
			f.Int("code", 550)
			f.Duration("took", 1234)
		})
	}
}
