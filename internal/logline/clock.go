package logline

import "time"

// clock words times as slog does, in RFC 3339 with milliseconds. It keeps the last one, since the next is mostly of the
// same second.
type clock struct {
	second   int64
	location *time.Location
	text     []byte
}

// millis is where the milliseconds are in a time.
const millis = len("2006-01-02T15:04:05.")

// append appends a time.
func (c *clock) append(b []byte, t time.Time) []byte {
	if second, location := t.Unix(), t.Location(); second != c.second || location != c.location || c.text == nil {
		c.text = t.AppendFormat(c.text[:0], "2006-01-02T15:04:05.000Z07:00")
		c.second, c.location = second, location
	}
	at := len(b) + millis
	b = append(b, c.text...)
	ms := t.Nanosecond() / int(time.Millisecond)
	b[at], b[at+1], b[at+2] = byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10)
	return b
}
