package web

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestNumbersAndTimesInWords(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Number(0): "0", Number(999): "999", Number(1204): "1_204", Number(12040): "12_040", Number(-1234567): "−1_234_567", Number(math.MinInt64): "−9_223_372_036_854_775_808",
		Plural(1, "entry", "entries"): "1 entry", Plural(0, "entry", "entries"): "0 entries", Plural(12040, "entry", "entries"): "12_040 entries",
		Rate(0.0001): "< 0.01", Rate(0.04): "0.04", Rate(3.24): "3.2", Rate(1204.4): "1_204", Rate(math.NaN()): "–",
		Percent(.99999): "99.9 %", Percent(1): "100 %", Percent(.00001): "0.1 %", Percent(.5): "50.0 %", Percent(math.Inf(1)): "–",
		Duration(0): "0 s", Duration(34 * time.Millisecond): "34 ms", Duration(4200 * time.Millisecond): "4.2 s", Duration(59999 * time.Millisecond): "59 s",
		Duration(125 * time.Second): "2 min 5 s", Duration(3 * time.Hour): "3 h", Duration(95*time.Hour + 57*time.Minute): "3 d 23 h", Duration(-time.Minute): "−1 min",
		relative(now.Add(-3*time.Minute), now): "3 min ago", relative(now, now): "now", relative(now.Add(47*time.Hour+time.Minute), now): "in 47 h", relative(now.Add(90*24*time.Hour-time.Second), now): "in 90 d",
		Duration(rounded(96*time.Hour - time.Second)): "4 d", Duration(rounded(95 * time.Minute)): "1 h 35 min", relative(now.Add(30*time.Minute-time.Millisecond), now): "in 30 min",
		inFull(time.Millisecond): "1 second", inFull(59 * time.Second): "59 seconds", inFull(7*time.Minute + time.Second): "8 minutes", inFull(15 * time.Minute): "15 minutes", relative(now.Add(-9*24*time.Hour), now): "9 d ago",
	} {
		if got != strings.ReplaceAll(want, "_", thin) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTheExactTimeIsThereBesideTheRelativeOne(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	s := newTestShell(t, nil)
	s.now = func() time.Time { return now }
	got := s.ago(now.Add(-3 * time.Minute).In(time.FixedZone("", 3600)))
	if want := `<time datetime="2026-11-27T11:57:00Z" title="2026-11-27 11:57:00 UTC" data-ago>3 min ago</time>`; string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := s.ago(time.Time{}); !strings.Contains(string(got), "never") {
		t.Error(got)
	}
}

func TestWhatHidesOrReordersIsWrittenOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain <b>": "plain <b>", "żółw@例え.jp": "żółw@例え.jp", "a\x00b": "a⟨U+0000⟩b", "\u202eexe": "⟨U+202E⟩exe", "a\u200bb": "a⟨U+200B⟩b", "\xffx": "⟨FF⟩x",
		"a\u00a0b": "a⟨U+00A0⟩b", "\ufeff": "⟨U+FEFF⟩", "l\u2028m": "l⟨U+2028⟩m", "\u3164": "⟨U+3164⟩", "\U000e0041": "⟨U+E0041⟩", "a\x7f": "a⟨U+007F⟩", "\ufffd": "\ufffd", "tab\t": "tab⟨U+0009⟩", "e\u0301": "e\u0301",
		Number(1204530) + " came": "1\u202f204\u202f530 came", "a\u202f1": "a⟨U+202F⟩1", "1\u202fa": "1⟨U+202F⟩a", "\u202f1": "⟨U+202F⟩1", "1\u202f": "1⟨U+202F⟩",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := visibleHTML("<\u202e&"); got != `&lt;<span class="odd">⟨U+202E⟩</span>&amp;` {
		t.Error(got)
	}
}

func TestCommandsInATextStandOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "run `callout <x>`, then `y`": "run <code>callout &lt;x&gt;</code>, then <code>y</code>", "`a": "`a", "it`s `a` `b": "it<code>s </code>a<code> </code>b",
		"`\u202e`": `<code><span class="odd">⟨U+202E⟩</span></code>`,
	} {
		if got := string(commands(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAStateShowsByWordAndSign(t *testing.T) {
	for verdict, want := range map[string][2]string{"valid": {"✓", "valid"}, "invalid": {"✕", "invalid"}, "unknown": {"?", "unknown"}} {
		got := string(badge(verdicts, verdict))
		if !strings.Contains(got, ">"+want[0]+"</span>"+want[1]+"</span>") {
			t.Errorf("%s: %s", verdict, got)
		}
	}
	if got := badge(verdicts, "<new>"); !strings.Contains(string(got), "&lt;new&gt;") {
		t.Error(got)
	}
}
