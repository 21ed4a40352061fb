package smtpwire

import (
	"strconv"
	"strings"
)

// Enhanced is an enhanced status code (RFC 3463), class.subject.detail. The zero value is none.
type Enhanced struct {
	Class, Subject, Detail uint16
}

// String returns the code with dots between, or "" for none.
func (e Enhanced) String() string {
	if e.Class == 0 {
		return ""
	}
	return string(e.Append(make([]byte, 0, 12)))
}

// Append appends the code as String has it.
func (e Enhanced) Append(b []byte) []byte {
	if e.Class == 0 {
		return b
	}
	b = strconv.AppendUint(b, uint64(e.Class), 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, uint64(e.Subject), 10)
	b = append(b, '.')
	return strconv.AppendUint(b, uint64(e.Detail), 10)
}

// ParseEnhanced reads a code such as 5.1.1, alone or at the start of a text that goes on with a space; rest is
// what follows. Subject and detail have three digits at most (RFC 3463 section 2).
func ParseEnhanced(s string) (e Enhanced, rest string, ok bool) {
	code, rest, _ := strings.Cut(s, " ")
	if len(code) < 5 || code[1] != '.' || (code[0] != '2' && code[0] != '4' && code[0] != '5') {
		return Enhanced{}, s, false
	}
	subject, detail, found := strings.Cut(code[2:], ".")
	if !found {
		return Enhanced{}, s, false
	}
	sub, ok1 := shortNumber(subject)
	det, ok2 := shortNumber(detail)
	if !ok1 || !ok2 {
		return Enhanced{}, s, false
	}
	return Enhanced{uint16(code[0] - '0'), sub, det}, rest, true
}

// looseEnhanced reads a code as servers write it too: behind spaces or a #, in brackets, followed by punctuation. A
// code that is overlooked would leave only the reply code to say what is meant.
func looseEnhanced(s string) Enhanced {
	s = strings.TrimLeft(s, " \t#([<")
	end := 0
	for end < len(s) && (s[end] == '.' || '0' <= s[end] && s[end] <= '9') {
		end++
	}
	if end < len(s) && !strings.ContainsRune(" \t:;,)]>-", rune(s[end])) {
		return Enhanced{}
	}
	e, _, _ := ParseEnhanced(strings.TrimSuffix(s[:end], "."))
	return e
}

// shortNumber reads one to three digits.
func shortNumber(s string) (n uint16, ok bool) {
	if len(s) < 1 || len(s) > 3 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint16(s[i]-'0')
	}
	return n, true
}

// Reply is an SMTP reply (RFC 5321 section 4.2). The zero value is no reply.
type Reply struct {
	Code     int      // 200 to 599
	Enhanced Enhanced // of the first line that has one
	Lines    []string // each line's text, code and separator left out; at least one
}

// Class returns the first digit of the code: 2, 3, 4 or 5, and 0 for no reply.
func (r Reply) Class() int { return r.Code / 100 }

// IsZero reports whether r is no reply.
func (r Reply) IsZero() bool { return r.Code == 0 }

// Text returns the lines joined by spaces, an enhanced status code that repeats the first line's left out
// from all of them.
func (r Reply) Text() string {
	if r.Enhanced.Class == 0 {
		return strings.Join(r.Lines, " ")
	}
	var b strings.Builder
	for i, line := range r.Lines {
		if e, rest, ok := ParseEnhanced(line); ok && e == r.Enhanced {
			line = rest
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

// String returns the reply on one line: code, enhanced status code, text.
func (r Reply) String() string {
	if r.IsZero() {
		return ""
	}
	s := strconv.Itoa(r.Code)
	if e := r.Enhanced.String(); e != "" {
		s += " " + e
	}
	if t := r.Text(); t != "" {
		s += " " + t
	}
	return s
}

// Wire returns the lines of the reply as they are on the connection, without line ends.
func (r Reply) Wire() []string {
	wire := make([]string, len(r.Lines))
	for i, line := range r.Lines {
		sep := "-"
		if i == len(r.Lines)-1 {
			sep = " "
		}
		wire[i] = strconv.Itoa(r.Code) + sep + line
	}
	return wire
}
