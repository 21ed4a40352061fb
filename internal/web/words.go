package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// thin separates groups of three digits: a narrow space that no line breaks at.
const thin = "\u202f"

// Number writes a whole number with thin separators: 1 204 530.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	head := (len(s)-1)%3 + 1
	var b strings.Builder
	b.WriteString(sign + s[:head])
	for i := head; i < len(s); i += 3 {
		b.WriteString(thin + s[i:i+3])
	}
	return b.String()
}

// Plural writes a number with its word: "1 entry", "12 entries".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Rate writes how many a second, in about three digits: 0.04, 3.2, 1 204.
func Rate(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case a == 0:
		return "0"
	case a < 0.005:
		return "< 0.01"
	case a < 1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case a < 100:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return Number(int64(math.Round(f)))
}

// Percent writes a share of 1: 97.3 %. All and nothing are said of nothing less.
func Percent(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case f <= 0:
		return "0 %"
	case f >= 1:
		return "100 %"
	}
	return strconv.FormatFloat(min(max(f*100, 0.1), 99.9), 'f', 1, 64) + " %"
}

// Duration writes a time span in its two largest units: 350 ms, 4.2 s, 2 min 5 s, 3 h, 4 d 2 h.
func Duration(d time.Duration) string {
	if d < 0 {
		return "−" + Duration(-d)
	}
	switch {
	case d < time.Microsecond:
		return "0 s"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', 1, 64), ".0") + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return two(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
	return two(int(d.Hours())/24, "d", int(d.Hours())%24, "h")
}

func two(a int, unitA string, b int, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

// about writes a time span in its largest unit alone, as people say it; static/app.js says the same.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}

// inFull writes a time span as people say it, in one unit, rounded up: "1 second", "8 minutes".
func inFull(d time.Duration) string {
	if d <= time.Minute {
		return Plural(int64(max(d+time.Second-1, time.Second)/time.Second), "second", "seconds")
	}
	return Plural(int64((d+time.Minute-1)/time.Minute), "minute", "minutes")
}

// rounded is a time that is left, to the unit that people say it in: what was told to last 90 days has 90 left, not 89 and 23 hours.
func rounded(d time.Duration) time.Duration {
	switch {
	case d < time.Minute:
		return d.Round(time.Second)
	case d < 48*time.Hour:
		return d.Round(time.Minute)
	}
	return d.Round(time.Hour)
}

// relative says when something was, or will be, seen from now.
func relative(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d >= time.Second:
		return about(d) + " ago"
	case d > -time.Second:
		return "now"
	default:
		return "in " + about(rounded(-d))
	}
}
