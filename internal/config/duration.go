package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

var (
	errNoDuration = errors.New("not a duration")
	errNoUnit     = errors.New("a duration without a unit")
)

// ParseDuration reads a duration as Go writes it, with days as well: "90s", "1h30m", "4d", "1d12h". "0" alone
// needs no unit. It may be negative; at most it is 100,000 days. The error says only that it is none.
func ParseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	if strings.Trim(s, "0123456789") == "" && s != "" {
		return 0, errNoUnit
	}
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, errNoDuration
		}
		return d, nil
	}
	n, err := strconv.ParseInt(days, 10, 32)
	if err != nil || n > 100_000 || n < -100_000 {
		return 0, errNoDuration
	}
	d := time.Duration(n) * day
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || more >= day || n < 0 {
		return 0, errNoDuration
	}
	return d + more, nil
}

// showDuration writes a duration as short as it can be read: 30d, 12h, 1h30m, 10ms.
func showDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
