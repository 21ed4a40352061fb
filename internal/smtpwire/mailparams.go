package smtpwire

import (
	"bytes"
	"math"
)

// Body is what BODY says of the octets of a message (RFC 6152, RFC 3030). The zero value is no BODY.
type Body uint8

// The bodies.
const (
	BodyNone   Body = iota
	Body7Bit        // 7BIT
	Body8Bit        // 8BITMIME
	BodyBinary      // BINARYMIME
)

// String returns the value of BODY, "" for none.
func (b Body) String() string {
	switch b {
	case Body7Bit:
		return "7BIT"
	case Body8Bit:
		return "8BITMIME"
	case BodyBinary:
		return "BINARYMIME"
	}
	return ""
}

// MailParams are the parameters of MAIL, as far as they are known.
type MailParams struct {
	Size     int64  // SIZE, octets; -1: none (RFC 1870). What no int64 holds is math.MaxInt64
	Body     Body   // BODY
	SMTPUTF8 bool   // RFC 6531
	Ret      string // RET as it came, FULL or HDRS in any case; "" none (RFC 3461 section 4.3)
	EnvID    string // ENVID as it came, xtext of at most 100 octets when decoded; "" none (section 4.4)
}

// RcptParams are the parameters of RCPT, as far as they are known.
type RcptParams struct {
	Notify string // NOTIFY as it came, by the rules of RFC 3461 section 4.1; "" none
	ORcpt  string // ORCPT as it came, a type, a semicolon and xtext, at most 500 octets; "" none (section 4.2)
}

// ParseMailParams reads the parameters of MAIL. AUTH is taken and left out: what it says, RFC 4954 section 5 lets
// only those believe who trust the client. The error is a *ParamError.
func ParseMailParams(rest []byte) (MailParams, error) {
	p := MailParams{Size: -1}
	err := eachParam(rest, func(keyword, value []byte, hasValue bool) (known int, reason string) {
		return p.take(keyword, value, hasValue)
	})
	if err != nil {
		return MailParams{Size: -1}, err
	}
	return p, nil
}

// take reads one parameter.
func (p *MailParams) take(keyword, value []byte, hasValue bool) (known int, reason string) {
	switch {
	case isWord(keyword, "SIZE"):
		n, ok := number(value)
		if !ok {
			return 0, "its value is no number of at most 20 digits"
		}
		p.Size = n
		return 0, ""
	case isWord(keyword, "BODY"):
		for b := Body7Bit; b <= BodyBinary; b++ {
			if isWord(value, b.String()) {
				p.Body = b
				return 1, ""
			}
		}
		return 1, "its value is none of 7BIT, 8BITMIME and BINARYMIME"
	case isWord(keyword, "SMTPUTF8"):
		if hasValue {
			return 2, "it has no value"
		}
		p.SMTPUTF8 = true
		return 2, ""
	case isWord(keyword, "RET"):
		if !isWord(value, "FULL") && !isWord(value, "HDRS") {
			return 3, "its value is neither FULL nor HDRS"
		}
		p.Ret = string(value)
		return 3, ""
	case isWord(keyword, "ENVID"):
		if n, ok := xtext(value, false); !ok || n > 100 {
			return 4, "its value is no xtext of at most 100 octets"
		}
		p.EnvID = string(value)
		return 4, ""
	case isWord(keyword, "AUTH"):
		if !hasValue {
			return 5, "it needs a value"
		}
		return 5, ""
	}
	return -1, "not known"
}

// ParseRcptParams reads the parameters of RCPT. The error is a *ParamError.
func ParseRcptParams(rest []byte) (RcptParams, error) {
	var p RcptParams
	err := eachParam(rest, func(keyword, value []byte, _ bool) (known int, reason string) {
		switch {
		case isWord(keyword, "NOTIFY"):
			if !isNotify(value) {
				return 0, "its value is neither NEVER nor a list of SUCCESS, FAILURE and DELAY"
			}
			p.Notify = string(value)
			return 0, ""
		case isWord(keyword, "ORCPT"):
			if !isORcpt(value) {
				return 1, "its value is no type, semicolon and xtext of at most 500 octets"
			}
			p.ORcpt = string(value)
			return 1, ""
		}
		return -1, "not known"
	})
	if err != nil {
		return RcptParams{}, err
	}
	return p, nil
}

// isNotify reports whether b is a value of NOTIFY (RFC 3461 section 4.1).
func isNotify(b []byte) bool {
	if isWord(b, "NEVER") {
		return true
	}
	for more := true; more; {
		var one []byte
		one, b, more = bytes.Cut(b, []byte(","))
		if !isWord(one, "SUCCESS") && !isWord(one, "FAILURE") && !isWord(one, "DELAY") {
			return false
		}
	}
	return true
}

// isORcpt reports whether b is a value of ORCPT (RFC 3461 section 4.2). An address of the type utf-8 may have octets
// above ASCII (RFC 6533 section 3).
func isORcpt(b []byte) bool {
	kind, address, ok := bytes.Cut(b, []byte(";"))
	if !ok || !isKeyword(kind) || len(b) > 500 {
		return false
	}
	n, ok := xtext(address, isWord(kind, "UTF-8"))
	return ok && n > 0
}

// xtext returns how many octets b has when decoded (RFC 3461 section 4), and whether it is xtext. What decodes to a
// control character is none: it would end up in the header fields of a delivery report.
func xtext(b []byte, aboveASCII bool) (n int, ok bool) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '+':
			if i+2 >= len(b) {
				return 0, false
			}
			high, ok1 := hexDigit(b[i+1])
			low, ok2 := hexDigit(b[i+2])
			if !ok1 || !ok2 || isControl(high<<4|low) {
				return 0, false
			}
			i += 2
		case c <= ' ' || c == '=' || c == 0x7f || c > 0x7f && !aboveASCII:
			return 0, false
		}
		n++
	}
	return n, len(b) > 0
}

// hexDigit reads a digit of xtext, which has capitals only.
func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// number reads 1 to 20 digits (RFC 1870 section 5). One that no int64 holds is math.MaxInt64.
func number(b []byte) (n int64, ok bool) {
	if len(b) < 1 || len(b) > 20 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if digit := int64(c - '0'); n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
		} else {
			n = n*10 + digit
		}
	}
	return n, true
}
