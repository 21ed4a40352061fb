package gateway

import (
	"strconv"

	"callout/internal/smtpwire"
)

// mostText is how many octets of a reply's text are passed on: a line has 512 (RFC 5321 section 4.5.3.1.5).
const mostText = 400

// reply appends a reply of one line to what is to be written. enhanced is "" where there is none (RFC 2034 section 4:
// greeting, EHLO).
func (c *session) reply(code int, enhanced, text string) {
	c.out = strconv.AppendInt(c.out, int64(code), 10)
	c.out = append(c.out, ' ')
	if enhanced != "" {
		c.out = append(c.out, enhanced...)
		c.out = append(c.out, ' ')
	}
	c.out = append(c.out, text...)
	c.out = append(c.out, "\r\n"...)
	c.count(code)
}

// count counts a reply, and ends the session of a client that makes nothing but errors.
func (c *session) count(code int) {
	if code < 500 {
		return
	}
	if c.errors++; c.errors == c.MaxErrors {
		c.metrics.tooManyErrors.Inc()
		c.farewell("4.7.0", "too many errors, closing")
	}
}

// An answer is a reply as it is put together before its turn comes.
type answer struct {
	code     int
	enhanced smtpwire.Enhanced
	text     string
	hop      string // the next hop that is behind it, for the log; "" where it has none
	because  string // and what that said, or what went wrong with it; "" for nothing
}

// say appends an answer.
func (c *session) say(a answer) {
	c.out = a.append(c.out)
	c.count(a.code)
}

// append appends an answer as a line.
func (a answer) append(b []byte) []byte { return append(a.words(b), "\r\n"...) }

// words appends an answer without its line end.
func (a answer) words(b []byte) []byte {
	b = strconv.AppendInt(b, int64(a.code), 10)
	b = append(b, ' ')
	if a.enhanced.Class != 0 {
		b = a.enhanced.Append(b)
		b = append(b, ' ')
	}
	return append(b, a.text...)
}

// ours makes an answer in our own words.
func ours(code int, subject, detail uint16, text string) answer {
	return answer{code: code, enhanced: smtpwire.Enhanced{Class: uint16(code / 100), Subject: subject, Detail: detail}, text: text}
}

// after returns the answer with the trouble that it was given after.
func (a answer) after(err error) answer {
	if err != nil {
		a.because = err.Error()
	}
	return a
}

// theirs makes an answer of a next hop's reply, with its text or else with words of ours. An enhanced code is needed
// where there is none, since ENHANCEDSTATUSCODES is announced (RFC 2034 section 4), and must be of the reply's class.
// A hop that says 421 closes its own connection; the client's stays open, so that it is told 451.
func theirs(r smtpwire.Reply, text string) answer {
	a := answer{code: r.Code, enhanced: r.Enhanced, text: text}
	if r.Class() != 2 {
		a.because = r.String()
	}
	if class := r.Class(); r.Code == 421 || class != 2 && class != 4 && class != 5 {
		a.code = 451
	}
	if int(a.enhanced.Class) != a.code/100 {
		a.enhanced = smtpwire.Enhanced{Class: uint16(a.code / 100)}
	}
	if a.text == "" {
		a.text = oneLine(r.Text())
	}
	return a
}

// oneLine returns a text as one line of printable ASCII, with ? for what is not.
func oneLine(text string) string {
	b := []byte(text[:min(len(text), mostText)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}
